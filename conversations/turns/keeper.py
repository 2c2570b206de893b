"""What happens by itself with what was deleted: rules are applied, purges run, the provider is asked to forget."""

from __future__ import annotations

import asyncio
import contextlib
from threading import Event

import structlog
from django.utils import timezone

from conversations import threads
from conversations.models import ProviderDeletion
from conversations.moderation import certificates, deletion, items, parts, purging, responses, sanctions
from conversations.moderation.compaction import compact
from conversations.notices import delivery
from conversations.turns import provider_deletions

log = structlog.get_logger(__name__)

EVERY = 5.0
"""Seconds between two looks at the outbox of deletions at the provider."""
LETTERS = 60.0
"""Seconds between two looks at the letters that are due."""
PURGES = 600.0
"""Seconds between two purges, and after the start until the first."""


class Keeper:
    """Runs beside the turns of a process. Several do not disturb each other: each step locks what it touches."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._stopped = Event()

    def start(self) -> None:
        self._stopped.clear()
        self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """End soon: a purge stops after the batch that it is at."""
        self._stopped.set()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        purged = written = loop.time()
        while True:
            await asyncio.sleep(EVERY)
            try:
                await threads.keeper.run(sanctions.end_due)
                await threads.keeper.run(delivery.push_due)
                if loop.time() - written > LETTERS:
                    written = loop.time()
                    await threads.keeper.run(delivery.mail_due)
                if await threads.keeper.run(due_at_provider):
                    await provider_deletions.work_off(once=True)
                if loop.time() - purged > PURGES:
                    purged = loop.time()
                    await threads.keeper.run(self.purge)
            except Exception as error:  # a database that is away for a while
                log.warning("keeper_failed", error=type(error).__name__)

    def purge(self) -> None:
        """Do what `manage.py purge` does here: rules, parts, what is due; then leave nothing readable in the files."""
        now = timezone.now()
        hidden = deletion.apply_rules(now)
        taken = sum(parts.purge_parts(now).values())
        taken += items.purge_items(now, stopped=self._stopped.is_set)
        taken += responses.purge_responses(now, stopped=self._stopped.is_set)
        report = purging.purge_due(now, stopped=self._stopped.is_set)
        certificates.issue_missing()
        if report.purged or taken:
            log.info("purged", hidden=hidden, parts=taken, purged=report.purged, held=report.held, failed=report.failed)
            compact(stopped=self._stopped.is_set)


def due_at_provider() -> bool:
    """Return whether anything of ours is to be deleted at the provider now."""
    waiting = ProviderDeletion.objects.filter(state=ProviderDeletion.State.WAITING)
    return waiting.filter(next_at__lte=timezone.now()).exists()
