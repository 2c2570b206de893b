"""Single messages and answers that somebody deleted: they go after their grace, with files that they alone named."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Sequence

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from conversations.models import Conversation, Deletion, File, Item, Response, StreamChunk
from conversations.models.audit import record
from conversations.moderation import certificates, holds, retention
from conversations.moderation.parts import shorten_finals
from conversations.moderation.purging import delete_at_provider, delete_files

CHUNK = 200
REFERENCE = re.compile(r'"\$file":\s*"(file_\w+)"')


def due(now: dt.datetime, *, ignore_grace: bool = False) -> QuerySet[Item]:
    """Return the deleted items of living conversations that should be gone."""
    deleted_before = now if ignore_grace else now - retention.grace()
    return Item.objects.filter(deleted_at__lte=deleted_before, conversation__deleted_at=None).order_by("pk")


def purge_items(now: dt.datetime, *, ignore_grace: bool = False, stopped: Callable[[], bool] = lambda: False) -> int:
    """Purge them, those of one turn in one transaction; return how many."""
    purged, last = 0, 0
    rows = due(now, ignore_grace=ignore_grace)
    while not stopped():
        item = rows.filter(pk__gt=last).first()
        if item is None:
            break
        last = item.pk
        purged += _purge(item, rows)
    return purged


def _purge(item: Item, rows: QuerySet[Item]) -> int:
    with transaction.atomic():
        holds.lock_for_purging()
        conversation = Conversation.objects.select_for_update().get(pk=item.conversation_id)
        together = list(rows.filter(conversation=conversation, response=item.response_id)[:CHUNK])
        if not together or holds.is_held(conversation):
            return 0
        now = timezone.now()
        deletion = Deletion.objects.create(
            conversation_id=conversation.pk,
            parts="items",
            state=Deletion.State.PURGED,
            cause=Deletion.Cause.PERSON,
            owner_id=conversation.created_by_id,
            hidden_at=min(row.deleted_at or now for row in together),
            purge_after=now,
            purge_began_at=now,
            purged_at=now,
        )
        # What was told of it later holds it at the provider too
        behind = Response.objects.filter(conversation=conversation, pk__gte=item.response_id or 0)
        delete_at_provider(behind, deletion)
        deletion.counts = drop(together, deletion)
        deletion.save(update_fields=["counts"])
        certificates.issue_if_complete(deletion)
        details = {"deletion": deletion.pk, "kind": "items", "counts": deletion.counts}
        record("conversation.purge_part", actor=None, object=conversation, details=details)
    return len(together)


def drop(items: Sequence[Item], deletion: Deletion) -> dict[str, int]:
    """Delete items, the files that no other item of their conversation names, and what repeats them; return counts."""
    if not items:
        return {}
    ids = [item.pk for item in items]
    named = {file_id for item in items for file_id in REFERENCE.findall(json.dumps(item.payload))}
    Item.objects.filter(pk__in=ids).delete()
    alone = [file_id for file_id in named if not _is_named(file_id, items[0].conversation_id)]
    files = delete_files(list(File.objects.filter(pk__in=alone, conversation=items[0].conversation_id)), deletion)
    responses = {item.response_id for item in items if item.response_id}
    StreamChunk.objects.filter(response__in=responses).delete()
    shorten_finals(responses)
    return {"items": len(ids)} | ({"files": files} if files else {})


def _is_named(file_id: str, conversation_id: str) -> bool:
    return Item.objects.filter(Q(payload__contains=file_id), conversation=conversation_id).exists()
