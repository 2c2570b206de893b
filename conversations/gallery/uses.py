"""Where a picture that somebody sent is used: in which messages, and for which pictures that were made of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Q

from conversations.access import Access
from conversations.models import Conversation, File, Item, PixelLock
from conversations.moderation import taking

MOST = 100


@dataclass(frozen=True)
class Uses:
    items: list[Item] = field(default_factory=list)
    """Messages that carry it: they go with it."""
    foreign: list[Item] = field(default_factory=list)
    """Those of them that the person may not delete."""
    pictures: list[File] = field(default_factory=list)
    """Made from it with a mask, which stay as they are only with it."""

    @property
    def may_delete(self) -> bool:
        return bool(self.items) and not self.foreign and not self.pictures


def uses_of(access: Access, file: File) -> Uses:
    """Return where an upload is used in its conversation, and what of that the person may not take away."""
    items = list(taking.holders(access.conversation, file)[:MOST])
    foreign = [item for item in items if not (access.membership.is_owner or item.author_id == access.user.pk)]
    if not access.membership.may_write:
        foreign = items
    return Uses(items, foreign, _made_with(access.conversation, file))


def _made_with(conversation: Conversation, file: File) -> list[File]:
    locks = PixelLock.objects.filter(Q(original=file) | Q(mask=file), response__conversation=conversation)
    made = File.objects.filter(
        conversation=conversation,
        purpose=File.Purpose.RESULT,
        response__in=locks.values("response"),
        hidden_at=None,
        purged_at=None,
    )
    return list(made.order_by("number", "pk")[:MOST])
