"""Lays pictures over their originals where that was asked for, beside the turns of a process."""

from __future__ import annotations

import asyncio

import structlog

from conversations import threads
from conversations.actions import pixel_locks

log = structlog.get_logger(__name__)


class Locking:
    """What this process is at. Several processes do not disturb each other: one of them claims each lock."""

    def __init__(self) -> None:
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def look(self) -> None:
        """Begin with what is due; return at once."""
        for lock_id in await threads.pages.run(pixel_locks.due):
            if lock_id not in self._tasks:
                self._tasks[lock_id] = asyncio.create_task(self._settle(lock_id))

    async def _settle(self, lock_id: int) -> None:
        try:
            await threads.pictures.run(pixel_locks.settle, lock_id)
        except Exception:  # the sweep finds it again
            log.exception("pixel_lock_failed", lock=lock_id)
        finally:
            del self._tasks[lock_id]

    def stop(self) -> None:
        """Leave what is not done to the next process: it claims it when the time of ours is over."""
        for task in list(self._tasks.values()):
            task.cancel()
