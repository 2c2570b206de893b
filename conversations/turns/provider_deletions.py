"""Works off the outbox of deletions at the provider: again and again, with growing pauses, until it is gone there."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from conversations import threads
from conversations.models import Deletion, ProviderDeletion
from conversations.models.audit import AuditEntry, record
from conversations.moderation import certificates
from conversations.turns.provider import provider
from conversations.upstream.errors import ResponseNotFound, UpstreamError

log = structlog.get_logger(__name__)

AT_ONCE = 8
BATCH = 40
LEASE = timedelta(seconds=120)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=6)
MOST_ATTEMPTS = 12
"""Some two days. What is not deleted by then is for a person to look at."""
State = ProviderDeletion.State


async def work_off(*, once: bool = False) -> tuple[int, int, int]:
    """Delete at the provider what is due; with `once` each thing is tried one time. Return done, waiting, given up."""
    began = timezone.now()
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(row: ProviderDeletion) -> None:
        async with limit:
            await _delete(row)

    while due := await threads.keeper.run(_claim, began if once else timezone.now()):
        await asyncio.gather(*(one(row) for row in due))
    return await threads.keeper.run(_numbers)


def _claim(at: dt.datetime) -> list[ProviderDeletion]:
    """Take the next that were due at `at`, for a while: a crashed worker's come up again, and no two take the same."""
    with transaction.atomic():
        rows = ProviderDeletion.objects.filter(state=State.WAITING, next_at__lte=at)
        due = list(rows.select_for_update(skip_locked=True).order_by("next_at")[:BATCH])
        ProviderDeletion.objects.filter(pk__in=[row.pk for row in due]).update(next_at=timezone.now() + LEASE)
    return due


async def _delete(row: ProviderDeletion) -> None:
    if row.endpoint and row.endpoint != settings.SALON_ENDPOINT:
        await threads.keeper.run(_missed, row, "another provider")
        return
    try:
        client = await provider()
        delete = client.delete_response if row.kind == ProviderDeletion.Kind.RESPONSE else client.delete_file
        gone = await delete(row.provider_id)
    except ResponseNotFound:
        gone = True
    except UpstreamError as error:
        await threads.keeper.run(_missed, row, f"{type(error).__name__} {error.status or ''}".strip())
        return
    await (threads.keeper.run(_done, row) if gone else threads.keeper.run(_missed, row, "not deleted"))


def _done(row: ProviderDeletion, state: str = State.DONE) -> None:
    with transaction.atomic():
        rows = ProviderDeletion.objects.filter(pk=row.pk, state=State.WAITING)
        if rows.update(state=state, done_at=timezone.now(), attempts=row.attempts + 1, problem=""):
            _certify(row)


def _missed(row: ProviderDeletion, problem: str) -> None:
    attempts, now = row.attempts + 1, timezone.now()
    log.info("provider_deletion_missed", row=row.pk, kind=row.kind, attempts=attempts, problem=problem)
    if row.kept_until is not None and row.kept_until <= now:
        _done(row, State.EXPIRED)
        return
    pause = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE) * random.uniform(0.8, 1.2)  # noqa: S311
    dead = attempts >= MOST_ATTEMPTS
    with transaction.atomic():
        ProviderDeletion.objects.filter(pk=row.pk, state=State.WAITING).update(
            attempts=attempts, problem=problem[:80], next_at=now + pause, state=State.DEAD if dead else State.WAITING
        )
        if dead:
            _certify(row)
            record(
                "provider.delete",
                actor=None,
                object=(row.kind, row.provider_id),
                outcome=AuditEntry.Outcome.FAILURE,
                details={"count": attempts},
            )


def _certify(row: ProviderDeletion) -> None:
    if row.deletion_id is not None:
        certificates.issue_if_complete(Deletion.objects.select_for_update().get(pk=row.deletion_id))


def _numbers() -> tuple[int, int, int]:
    count = {state: ProviderDeletion.objects.filter(state=state).count() for state in State.values}
    return count[State.DONE] + count[State.EXPIRED], count[State.WAITING], count[State.DEAD]
