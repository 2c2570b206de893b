"""Single responses that a client had deleted: what was said in them goes when their grace is over.

The row stays: others follow it, and an answer that was asked for once more has its question there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from conversations.models import (
    Approval,
    Bookmark,
    Conversation,
    Deletion,
    File,
    Item,
    Reaction,
    Response,
    StreamChunk,
    ToolCall,
)
from conversations.models.audit import record
from conversations.moderation import certificates, holds, retention
from conversations.moderation.items import drop
from conversations.moderation.purging import delete_at_provider, delete_files

CHUNK = 200


def due(now: dt.datetime, *, ignore_grace: bool = False) -> QuerySet[Response]:
    """Return the deleted responses of living conversations whose words are still here and should not be."""
    deleted_before = now if ignore_grace else now - retention.grace()
    asked_again = Response.objects.filter(input_from=OuterRef("pk"), deleted_at=None)
    said = Item.objects.filter(response=OuterRef("pk"))
    left = Q(Exists(said.filter(direction=Item.Direction.OUTPUT))) | Q(final__isnull=False)
    left |= Q(Exists(said.filter(direction=Item.Direction.INPUT)), ~Exists(asked_again))
    rows = Response.objects.filter(left, deleted_at__lte=deleted_before, done_at__isnull=False)
    return rows.filter(conversation__deleted_at=None).order_by("pk")


def purge_responses(
    now: dt.datetime, *, ignore_grace: bool = False, stopped: Callable[[], bool] = lambda: False
) -> int:
    """Purge them, each in a transaction of its own; return how many."""
    purged, last = 0, 0
    rows = due(now, ignore_grace=ignore_grace)
    while ids := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:CHUNK]):
        for response_id in ids:
            if stopped():
                return purged
            purged += _purge(response_id, rows)
        last = ids[-1]
    return purged


def _purge(response_id: int, rows: QuerySet[Response]) -> bool:
    with transaction.atomic():
        holds.lock_for_purging()
        response = rows.filter(pk=response_id).first()
        if response is None:
            return False
        conversation = Conversation.objects.select_for_update().get(pk=response.conversation_id)
        if holds.is_held(conversation):
            return False
        assert response.deleted_at is not None
        now = timezone.now()
        deletion = Deletion.objects.create(
            conversation_id=conversation.pk,
            parts="responses",
            state=Deletion.State.PURGED,
            cause=Deletion.Cause.PERSON,
            owner_id=conversation.created_by_id,
            hidden_at=response.deleted_at,
            purge_after=response.deleted_at + retention.grace(),
            purge_began_at=now,
            purged_at=now,
        )
        deletion.counts = _delete(response, deletion)
        deletion.save(update_fields=["counts"])
        certificates.issue_if_complete(deletion)
        details = {"deletion": deletion.pk, "kind": "responses", "counts": deletion.counts, "response": response.pk}
        record("conversation.purge_part", actor=None, object=conversation, details=details)
    return True


def _delete(response: Response, deletion: Deletion) -> dict[str, int]:
    delete_at_provider(Response.objects.filter(pk=response.pk), deletion)
    margin = Q(about_answer__isnull=False) | Q(about__isnull=False)
    items = Item.objects.filter(~Q(direction=Item.Direction.NOTE) | margin, response=response)
    if Response.objects.filter(input_from=response, deleted_at=None).exists():
        of_message = Q(direction=Item.Direction.INPUT) | Q(about__direction=Item.Direction.INPUT)
        items = items.exclude(of_message)
    dropped = drop(list(items), deletion)
    counts: dict[str, Any] = {
        "reactions": Reaction.objects.filter(response=response).delete()[0],
        "bookmarks": Bookmark.objects.filter(response=response).delete()[0],
        "approvals": Approval.objects.filter(response=response).delete()[0],
        "tool_calls": ToolCall.objects.filter(response=response).delete()[0],
        "stream_chunks": StreamChunk.objects.filter(response=response).delete()[0],
        "files": delete_files(list(File.objects.filter(response=response)), deletion) + dropped.get("files", 0),
        "items": dropped.get("items", 0),
    }
    Response.objects.filter(pk=response.pk).update(
        instructions="", options={}, parameters={}, metadata={}, error=None, final=None, remarks=[]
    )
    return {kind: number for kind, number in counts.items() if number} | {"responses": 1}
