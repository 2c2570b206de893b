"""Taking one item away from everybody, or hiding it for a while: from pages, models, programs and the search."""

from __future__ import annotations

import datetime as dt
import json

from django.db.models import Q, QuerySet
from django.utils import timezone

from conversations import events
from conversations.models import Conversation, Fact, File, Item, Response
from conversations.moderation.items import REFERENCE
from conversations.moderation.parts import shorten_finals

REMOVED = "A moderator removed a part of this."


def take(conversation: Conversation, item: Item, *, remark: str = "") -> bool:
    """Delete an item of a conversation that the caller has locked; it is purged after its grace.

    `remark` stays with its turn, for everybody. Return False where it was deleted before.
    """
    now = timezone.now()
    if not Item.objects.filter(pk=item.pk, deleted_at=None).update(deleted_at=now):
        return False
    item.deleted_at = now
    if item.direction == Item.Direction.NOTE:
        events.record(conversation, Fact.Kind.NOTE_DELETED, note=item)
        return True
    _hide_files(conversation, item, now)
    forget_behind(conversation, item)
    shorten_finals({item.response_id or 0})
    response = Response.objects.get(items=item)
    if remark:
        response.remarks = [*(response.remarks or []), remark]
        response.save(update_fields=["remarks"])
    events.record(conversation, Fact.Kind.RESPONSE_UPDATED, response=response)
    return True


def _hide_files(conversation: Conversation, item: Item, at: dt.datetime) -> None:
    """What only this item named is shown nowhere any more; the purge takes it with the item."""
    left = Item.objects.filter(conversation=conversation, deleted_at=None)
    alone = [file_id for file_id in named(item) if not left.filter(payload__contains=file_id).exists()]
    File.objects.filter(conversation=conversation, pk__in=alone).update(hidden_at=at)


def forget_behind(conversation: Conversation, item: Item) -> None:
    """The provider's copies of the item's turn and of those behind it hold it still: they are not named any more."""
    now = timezone.now()
    behind = Response.objects.filter(conversation=conversation, pk__gte=item.response_id or 0)
    behind.filter(Q(provider_expires_at=None) | Q(provider_expires_at__gt=now)).update(provider_expires_at=now)


def hide(conversation: Conversation, item: Item) -> None:
    """Hide an item of a conversation that the caller has locked, with the files that it names."""
    now = timezone.now()
    Item.objects.filter(pk=item.pk, hidden_at=None).update(hidden_at=now)
    File.objects.filter(conversation=conversation, pk__in=named(item)).update(hidden_at=now)
    if item.direction != Item.Direction.NOTE:
        forget_behind(conversation, item)
    _announce(conversation, item.pk)


def show(conversation: Conversation, item: Item) -> None:
    """Show again what was hidden."""
    Item.objects.filter(pk=item.pk).update(hidden_at=None)
    File.objects.filter(conversation=conversation, pk__in=named(item)).update(hidden_at=None)
    _announce(conversation, item.pk)


def named(item: Item) -> set[str]:
    """Return the ids of the files that an item names, with their smaller copies."""
    found = set(REFERENCE.findall(json.dumps(item.payload)))
    return found | set(File.objects.filter(preview_of__in=found).values_list("pk", flat=True))


def _announce(conversation: Conversation, item_id: int) -> None:
    item = Item.objects.select_related("author", "response").get(pk=item_id)
    if item.direction == Item.Direction.NOTE:
        events.record(conversation, Fact.Kind.NOTE_CREATED, note=item)
    else:
        shorten_finals({item.response_id or 0})
        events.record(conversation, Fact.Kind.RESPONSE_UPDATED, response=item.response)


def holder(conversation: Conversation, file: File) -> Item | None:
    """Return the item of a conversation that names a file, the newest where several do."""
    return next(iter(holders(conversation, file)[:1]), None)


def holders(conversation: Conversation, file: File) -> QuerySet[Item]:
    """Return the items of a conversation that name a file, the newest first."""
    rows = Item.objects.present().filter(conversation=conversation, payload__contains=file.pk)
    return rows.select_related("response", "author").order_by("-pk")
