"""Search over everything that one may see: conversations by their titles, messages by their words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from conversations.markup import Piece
from conversations.models import Conversation, File, Item, Membership, Tag, User
from conversations.search.excerpt import excerpt
from conversations.search.index import newest
from conversations.search.query import Query

PAGE = 30
FEW_CONVERSATIONS = 300
MOST_TITLES = 5
ANSWERED = {"salon", "model"}
"""Words for who is no person, in `from:`."""


@dataclass(frozen=True)
class Hit:
    item: Item
    pieces: list[Piece]

    @property
    def is_answer(self) -> bool:
        return self.item.direction == Item.Direction.OUTPUT


@dataclass(frozen=True)
class Found:
    hits: list[Hit]
    titles: list[Conversation]
    more: int | None
    """The id below which the next page begins."""
    whole: bool
    """Whether everything was looked at."""


def find(user: User, query: Query, *, below: int | None = None) -> Found:
    """Return a page of the newest messages and answers that `user` may see and that fit, with titles on the first."""
    visible = _placed(Conversation.objects.visible_to(user), user, query)
    items: QuerySet[Item] = Item.objects.present().filter(response__deleted_at=None)
    items = _filtered(items, query).exclude(text="")
    items = items.select_related("author", "conversation", "response")
    few = list(visible.values_list("pk", flat=True)[: FEW_CONVERSATIONS + 1])
    found, whole = newest(
        items,
        query,
        visible=visible,
        limit=PAGE + 1,
        below=below,
        conversations=few if len(few) <= FEW_CONVERSATIONS else None,
    )
    hits = [Hit(item, excerpt(item.text, query)) for item in found[:PAGE]]
    titles = _titles(visible, query) if below is None else []
    return Found(hits, titles, more=found[PAGE - 1].pk if len(found) > PAGE else None, whole=whole)


def _placed(visible: QuerySet[Conversation], user: User, query: Query) -> QuerySet[Conversation]:
    for name in query.tags:
        visible = visible.filter(Exists(Tag.objects.filter(conversation=OuterRef("pk"), name=name)))
    for name in query.folders:
        own = Membership.objects.filter(user=user, conversation=OuterRef("pk"), folder__name__iexact=name)
        visible = visible.filter(Q(folder__name__iexact=name) | Q(Exists(own)))
    return visible


def _filtered(items: QuerySet[Item], query: Query) -> QuerySet[Item]:
    for name in query.people:
        person = Q(author__name__icontains=name) | Q(author__email__istartswith=name)
        items = items.filter(Q(direction=Item.Direction.OUTPUT) if name.lower() in ANSWERED else person)
    for title in query.titles:
        items = items.filter(conversation__title__icontains=title)
    if query.has_image:
        pictures = File.objects.filter(response=OuterRef("response"), media_type__startswith="image/")
        items = items.filter(Exists(pictures))
    if query.after:
        items = items.filter(created_at__gte=_midnight(query.after))
    if query.before:
        items = items.filter(created_at__lt=_midnight(query.before))
    return items


def _titles(visible: QuerySet[Conversation], query: Query) -> list[Conversation]:
    words = [word for words in query.terms for word in words]
    if not words:
        return []
    for word in words:
        visible = visible.filter(title__icontains=word)
    return list(visible.order_by("-activity_at")[:MOST_TITLES])


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
