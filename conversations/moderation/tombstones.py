"""What was purged, by id alone, in a file beside the database: a restored backup does not know of it."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from conversations import events
from conversations.models import Conversation, Deletion, Fact
from conversations.models.audit import record


def path() -> Path:
    return Path(settings.DATA) / "tombstones.jsonl"


def write(deletion: Deletion) -> None:
    """Add a line, on the disk before the purge commits. Written twice after a crash, it says the same twice."""
    if deletion.purged_at is None:
        return
    line = json.dumps({"conversation": deletion.conversation_id, "purged_at": deletion.purged_at.isoformat()}) + "\n"
    with path().open("a", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def read(source: Path) -> Iterator[str]:
    """Yield the conversations that a file of tombstones names. A line that was cut by a crash is passed over."""
    if not source.exists():
        return
    with source.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                yield str(json.loads(line)["conversation"])
            except (ValueError, KeyError, TypeError):
                continue


def replay(source: Path) -> int:
    """Hide again what was purged and came back with a backup, due at once; return how many there were.

    Both the file and the rows of the database are read: whichever is newer knows more.
    """
    known = set(read(source))
    known |= set(
        Deletion.objects.filter(state=Deletion.State.PURGED, parts="").values_list("conversation_id", flat=True)
    )
    replayed = 0
    for conversation_id in sorted(known):
        replayed += _hide_again(conversation_id, timezone.now())
    return replayed


def _hide_again(conversation_id: str, now: dt.datetime) -> bool:
    if not Conversation.objects.filter(pk=conversation_id).exists():
        return False
    with transaction.atomic():
        conversation = events.lock(conversation_id)
        pending = Deletion.objects.pending().filter(conversation_id=conversation_id, parts="")
        if pending.update(purge_after=now):
            return True
        if conversation.deleted_at is None:
            conversation.deleted_at = now
            events.record(conversation, Fact.Kind.CONVERSATION_DELETED, changed=["deleted_at"])
        deletion = Deletion.objects.create(
            conversation_id=conversation_id,
            cause=Deletion.Cause.TOMBSTONE,
            owner_id=conversation.created_by_id,
            hidden_at=now,
            purge_after=now,
        )
        record(
            "conversation.delete",
            actor=None,
            object=conversation,
            details={"deletion": deletion.pk, "kind": "tombstone"},
        )
    return True
