"""How far people have read: gathered from the sockets of this process and written every few seconds, together."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping

import structlog
from django.db import transaction
from django.utils import timezone

from conversations import threads
from conversations.models import Membership

log = structlog.get_logger(__name__)

EVERY = 3.0
"""Seconds between two writes."""
Marks = dict[tuple[int, str], int]
"""By person and conversation: the position of the last fact that they were shown."""


class ReadMarks:
    """Of one process; its methods belong to the event loop."""

    def __init__(self) -> None:
        self.marks: Marks = {}
        self._task: asyncio.Task[None] | None = None

    def note(self, user_id: int, conversation_id: str, position: int) -> None:
        """Somebody has read up to a position."""
        mark = (user_id, conversation_id)
        self.marks[mark] = max(position, self.marks.get(mark, 0))
        if self._task is None or self._task.done() or self._task.get_loop() is not asyncio.get_running_loop():
            self._task = asyncio.get_running_loop().create_task(self._write_later())

    async def _write_later(self) -> None:
        while self.marks:
            await asyncio.sleep(EVERY)
            await self.flush()

    async def flush(self) -> None:
        """Write what is known now. What a database that is away does not take is lost: a page says more soon."""
        marks, self.marks = self.marks, {}
        try:
            await threads.writer.run(write, marks)
        except Exception as error:
            log.warning("read_positions_unwritten", error=type(error).__name__)


def write(marks: Mapping[tuple[int, str], int]) -> None:
    """Move read positions on, never back. Who reads the same up to the same place costs one statement together."""
    together: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for (user_id, conversation_id), position in marks.items():
        together[conversation_id, position].append(user_id)
    with transaction.atomic():
        for (conversation_id, position), users in sorted(together.items()):
            rows = Membership.objects.filter(conversation=conversation_id, user__in=users, read_position__lt=position)
            rows.update(read_position=position, read_at=timezone.now())


readmarks = ReadMarks()
