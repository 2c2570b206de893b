"""Does imports beside the turns of a process, one at a time."""

from __future__ import annotations

import asyncio
import contextlib
from threading import Event

import structlog

from conversations import threads
from conversations.imports import job

log = structlog.get_logger(__name__)

EVERY = 2.0
"""Seconds between two looks for an import to do."""
SWEEP = 600.0


class Importer:
    """Several processes do not disturb each other: each claims what it does."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._stopped = Event()

    def start(self) -> None:
        self._stopped.clear()
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """End soon: an import that runs stops where it is, and the next process goes on with it."""
        self._stopped.set()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        swept = 0.0
        while True:
            await asyncio.sleep(EVERY)
            try:
                if (due := await threads.imports.run(job.due)) is not None:
                    await threads.imports.run(job.run, due, self._stopped.is_set)
                if loop.time() - swept > SWEEP:
                    swept = loop.time()
                    await threads.imports.run(job.sweep)
            except Exception as error:  # a database that is away for a while
                log.warning("importer_failed", error=type(error).__name__)
