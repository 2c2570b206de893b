"""Purges what is due, in batches that are short, can be interrupted anywhere, and begun again."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Length, Now
from django.utils import timezone

from conversations import contents
from conversations.models import Branch, Conversation, Deletion, File, ProviderDeletion, Response
from conversations.models.audit import record
from conversations.models.file import lock_content
from conversations.moderation import certificates, holds, tombstones
from conversations.moderation.registry import CONTENT, Derived

log = structlog.get_logger(__name__)

FIRST, MOST = 50, 2_000
"""Rows that are deleted at once: of a kind of which nothing is known yet, and at the most."""
MOST_CHARACTERS = 500_000
"""Of the large column of a batch's rows."""
KEPT_AT_PROVIDER = dt.timedelta(days=31)
"""The API keeps stored responses for thirty days; one more for clocks."""
FIRST_FILES, MOST_FILES = 4, 20
"""Likewise. Bytes are deleted one by one, in an object store each with a request."""
QUICK, SLOW = 0.03, 0.08
"""Seconds. What took less than the one is deleted in larger numbers next, what took more than the other in smaller.
A batch begins nothing more after the first of them."""
BREATH = 0.01
"""Seconds between two batches, at least: those who chat come first."""


@dataclass
class Report:
    """What a run has done."""

    purged: int = 0
    held: int = 0
    running: int = 0
    failed: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    """Seconds that the longest transaction took."""


@dataclass
class Pace:
    """How many rows of each kind a batch takes, learnt from how long that took: a fact is gone at once, a message has
    its words in the index of the search."""

    sizes: dict[int, int] = field(default_factory=dict)
    """Stage of the registry -> rows."""
    stage: int = 0
    """Of the registry: what stands before it in the list is deleted, and is not looked for in each batch."""
    longest: float = 0.0

    def size(self, stage: int) -> int:
        return self.sizes.get(stage, FIRST_FILES if CONTENT[stage].model is File else FIRST)

    def tell(self, stage: int, seconds: float) -> None:
        size, most = self.size(stage), MOST_FILES if CONTENT[stage].model is File else MOST
        if seconds < QUICK:
            self.sizes[stage] = min(size * 2, most)
        elif seconds > SLOW:
            self.sizes[stage] = max(int(size * SLOW / seconds / 2), 1)


def due(now: dt.datetime, *, ignore_grace: bool = False) -> QuerySet[Deletion]:
    """Return the deletions that are to be purged at `now`, or with `ignore_grace` all that were hidden before it."""
    ready = Q(hidden_at__lte=now) if ignore_grace else Q(purge_after__lte=now)
    return Deletion.objects.pending().filter(ready | Q(state=Deletion.State.PURGING)).order_by("pk")


def purge_due(now: dt.datetime, *, ignore_grace: bool = False, stopped: Callable[[], bool] = lambda: False) -> Report:
    """Purge what is due, one conversation after the other; `stopped` is asked between the batches."""
    report, pace, last = Report(), Pace(), 0
    while not stopped() and (deletion := due(now, ignore_grace=ignore_grace).filter(pk__gt=last).first()):
        last = deletion.pk
        try:
            outcome = _purge(deletion.pk, pace, report, stopped)
        except Exception as error:  # an object store that is away: the others go on, and this one next time
            log.warning("purge_failed", deletion=deletion.pk, error=type(error).__name__)
            outcome = "failed"
        if outcome:
            setattr(report, outcome, getattr(report, outcome) + 1)
    report.longest = pace.longest
    return report


def _purge(deletion_id: int, pace: Pace, report: Report, stopped: Callable[[], bool]) -> str:
    pace.stage = 0
    while not stopped():
        began = time.perf_counter()
        outcome = batch(deletion_id, MOST, report.counts, pace)
        took = time.perf_counter() - began
        pace.longest = max(pace.longest, took)
        if outcome is not None:
            return outcome
        time.sleep(max(BREATH, took / 2))
    return ""


def batch(deletion_id: int, size: int, counts: Counter[str], pace: Pace | None = None) -> str | None:
    """Delete up to `size` rows of one conversation in one transaction, and no more than `pace` has time for.

    Return None where more is left, else what became of it: "purged", "held" (nothing was deleted by this batch), or
    "running" (a runner still writes). The hold is asked for here, under the lock that a new hold has to wait for.
    """
    pace, began = pace or Pace(), time.perf_counter()
    with transaction.atomic():
        holds.lock_for_purging()
        deletion = Deletion.objects.select_for_update().pending().filter(pk=deletion_id).first()
        if deletion is None:
            return ""
        conversation = Conversation.objects.select_for_update().filter(pk=deletion.conversation_id).first()
        if conversation is not None:
            if holds.is_held(conversation):
                return "held"
            if Response.objects.running().filter(conversation=conversation, lease_until__gt=Now()).exists():
                return "running"
        if deletion.state == Deletion.State.HIDDEN:
            deletion.state, deletion.purge_began_at = Deletion.State.PURGING, timezone.now()
        if not _delete(deletion, size, counts, pace, began):
            deletion.save(update_fields=["state", "purge_began_at", "counts"])
            return None
        _finish(deletion)
    return "purged"


def _delete(deletion: Deletion, size: int, counts: Counter[str], pace: Pace, began: float) -> bool:
    """Delete what there is time for, one kind after the other; return whether nothing is left."""
    first = pace.stage
    # From where the last batch was, and once more from the beginning: somebody may have written meanwhile
    for stage in [*range(first, len(CONTENT)), *range(first)]:
        derived, pace.stage = CONTENT[stage], stage
        most, now = min(size, pace.size(stage)), time.perf_counter()
        deleted, is_all = _delete_some(derived, deletion, most)
        if deleted:
            pace.tell(stage, time.perf_counter() - now)
            _count(deletion, derived.kind, deleted)
            counts[derived.kind] += deleted
            size -= deleted
        if deleted and (not is_all or size <= 0 or time.perf_counter() - began > QUICK):
            return False
    return True


def _count(deletion: Deletion, kind: str, number: int) -> None:
    deletion.counts = {**deletion.counts, kind: deletion.counts.get(kind, 0) + number}


def _delete_some(derived: Derived, deletion: Deletion, size: int) -> tuple[int, bool]:
    """Delete up to `size` rows of one kind; return how many, and whether there were no more."""
    if derived.model is File:
        files = list(File.objects.filter(conversation=deletion.conversation_id)[:size])
        return delete_files(files, deletion), len(files) < size
    ids, is_all = _some(derived, deletion.conversation_id, size)
    if not ids:
        return 0, True
    if derived.model is Response:
        _part_from_others(ids, deletion)
    if derived.model is Branch:
        Conversation.objects.filter(branch__in=ids).update(branch=None)
    rows: Any = derived.model._default_manager.filter(pk__in=ids)
    deleted: int = rows._raw_delete(rows.db)  # what belongs to them is registered, and went before
    return deleted, is_all


def _some(derived: Derived, conversation_id: str, size: int) -> tuple[list[Any], bool]:
    """Return the next rows to delete: `size` of them, or fewer where they are large; and whether these are all."""
    ids = list(derived.rows(conversation_id).values_list("pk", flat=True)[:size])
    if not derived.weight:
        return ids, len(ids) < size
    weighed = derived.model._default_manager.filter(pk__in=ids).values_list("pk", Length(derived.weight))
    weights, total = dict(weighed), 0
    for number, pk in enumerate(ids):
        total += weights.get(pk) or 0
        if number and total > MOST_CHARACTERS:
            return ids[:number], False
    return ids, len(ids) < size


def _part_from_others(ids: list[int], deletion: Deletion) -> None:
    """Have responses deleted at the provider too, and take away what refers to them."""
    delete_at_provider(Response.objects.filter(pk__in=ids), deletion)
    Branch.objects.filter(head__in=ids).update(head=None)
    Response.objects.filter(previous_response__in=ids).update(previous_response=None)
    Response.objects.filter(input_from__in=ids).update(input_from=None)


def delete_at_provider(responses: QuerySet[Response], deletion: Deletion) -> None:
    """Put those of the responses that the provider may still keep into the outbox, in the caller's transaction."""
    now = timezone.now()
    kept = responses.filter(store=True, provider_deleted_at=None).exclude(provider_id="")
    # `provider_expires_at` is also set where we only no longer name a response, so its age is asked too
    kept = kept.filter(
        Q(provider_expires_at=None) | Q(provider_expires_at__gt=now) | Q(queued_at__gt=now - KEPT_AT_PROVIDER)
    )
    at_provider = [
        ProviderDeletion(
            deletion=deletion,
            endpoint=endpoint,
            kind=ProviderDeletion.Kind.RESPONSE,
            provider_id=provider_id,
            kept_until=max(expires, queued_at + KEPT_AT_PROVIDER) if expires else None,
        )
        for endpoint, provider_id, expires, queued_at in kept.values_list(
            "endpoint", "provider_id", "provider_expires_at", "queued_at"
        )
    ]
    ProviderDeletion.objects.bulk_create(at_provider, ignore_conflicts=True)


def delete_files(files: list[File], deletion: Deletion | None) -> int:
    """Delete these files with the bytes that nobody else has, here and at the provider. Call it in a transaction.

    The bytes go before the commit: killed between the two, the rows are still there and the next run ends it.
    """
    files = [*files, *File.objects.filter(preview_of__in=files).exclude(pk__in=[file.pk for file in files])]
    forget_at_provider(files, deletion)
    digests = sorted({file.sha256 for file in files if file.sha256})
    for digest in digests:  # one order for all, so that none waits in a circle
        lock_content(digest)
    File.objects.filter(pk__in=[file.pk for file in files]).delete()
    for digest in digests:
        contents.drop_if_unused(digest, deletion)
    return len(files)


def drop_bytes(file: File, deletion: Deletion | None) -> None:
    """Delete the bytes of a file where no other file has them. The caller has locked the content and left the row."""
    if file.sha256:
        contents.drop_if_unused(file.sha256, deletion)


def forget_at_provider(files: list[File], deletion: Deletion | None) -> None:
    """Put the files that the provider may still have into the outbox."""
    from django.conf import settings

    now = timezone.now()
    ProviderDeletion.objects.bulk_create(
        [
            ProviderDeletion(
                deletion=deletion,
                endpoint=settings.SALON_ENDPOINT,
                kind=ProviderDeletion.Kind.FILE,
                provider_id=file.provider_id,
                kept_until=file.provider_expires_at,
            )
            for file in files
            if file.provider_id and (file.provider_expires_at is None or file.provider_expires_at > now)
        ],
        ignore_conflicts=True,
    )


def _finish(deletion: Deletion) -> None:
    deletion.state, deletion.purged_at = Deletion.State.PURGED, timezone.now()
    deletion.save(update_fields=["state", "purge_began_at", "purged_at", "counts"])
    tombstones.write(deletion)
    certificates.issue_if_complete(deletion)
    record(
        "conversation.purge",
        actor=deletion.requested_by,
        object=("conversation", deletion.conversation_id),
        details={"deletion": deletion.pk, "kind": deletion.cause, "counts": deletion.counts}
        | ({"rule": deletion.rule_id} if deletion.rule_id else {}),
    )
