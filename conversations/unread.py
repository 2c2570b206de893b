"""What each member has not read: the facts that say something, behind the position that the member has come to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from conversations.models import Fact, Item, Membership, Notice, User
from conversations.models.conversation import MembershipQuerySet

MOST_SEEN = 8
"""People that are named of those who have seen a message."""


@dataclass(frozen=True)
class News:
    """How much of a conversation a person has not read."""

    user_id: int
    conversation_id: str
    count: int


def said_by_others(membership: Membership) -> QuerySet[Fact]:
    """Return the facts by which others, people and models, said something to a member; newest last."""
    facts = Fact.objects.filter(conversation=membership.conversation_id, said=True)
    return facts.filter(Q(person=None) | ~Q(person=membership.user_id)).order_by("position")


def first_new(membership: Membership) -> dict[str, Any] | None:
    """Return what was said first since the member was here, as a page names it; None where there is nothing new.

    Who was never here reads from the beginning, and needs no mark for it.
    """
    if not membership.read_position:
        return None
    fact = said_by_others(membership).filter(position__gt=membership.read_position).first()
    if fact is None:
        return None
    answer = fact.kind == Fact.Kind.RESPONSE_UPDATED
    return {"turn": fact.response_id, "note": fact.note_id, "answer": answer}


def seen_by(item: Item, *, but: User) -> tuple[list[User], int]:
    """Return who has come as far as a message or a note, the first of them, and how many they are.

    Its author and `but` are left out.
    """
    fact = _saying(item)
    if fact is None:
        return [], 0
    seen = _come_to(fact).exclude(user__in=[but.pk, fact.person_id])
    return [row.user for row in seen.select_related("user").order_by("id")[:MOST_SEEN]], seen.count()


def readers(item: Item) -> list[int] | None:
    """Return the ids of those who have come as far as an item; None where it is not known when it was said."""
    fact = _saying(item)
    return None if fact is None else list(_come_to(fact).order_by("id").values_list("user", flat=True))


def _saying(item: Item) -> Fact | None:
    """Return the fact by which an item came to its readers: an answer comes by its end."""
    facts = Fact.objects.filter(conversation=item.conversation_id, said=True).order_by("position")
    if item.direction == Item.Direction.NOTE:
        return facts.filter(note=item).first()
    by_a_model = item.direction == Item.Direction.OUTPUT
    return facts.filter(response=item.response_id, person__isnull=by_a_model).first()


def _come_to(fact: Fact) -> QuerySet[Membership]:
    return Membership.objects.filter(conversation=fact.conversation_id, read_position__gte=fact.position)


def newest_fact() -> int:
    """Return the id of the newest fact of all conversations."""
    return Fact.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def news(users: Iterable[int], *, since: int, known: int) -> tuple[int, list[News]]:
    """Return the id of the newest fact, and what those after `since` mean for these people.

    Where none is newer than `since` there is nothing to tell; `known` was the newest at the last look. Who has muted a
    conversation is not told.
    """
    newest = newest_fact()
    if newest == since == known:
        return newest, []
    said = Fact.objects.filter(pk__gt=since, said=True).values("conversation")
    return newest, _counted(Membership.objects.filter(user__in=users, conversation__in=said))


def read_since(users: Iterable[int], moment: dt.datetime) -> list[News]:
    """Return what is left unread of the conversations that these people have read in since `moment`."""
    return _counted(Membership.objects.filter(user__in=users, read_at__gt=moment))


def _counted(rows: MembershipQuerySet) -> list[News]:
    rows = rows.filter(conversation__deleted_at=None, muted_at=None).with_unread()
    return [News(row.user_id, row.conversation_id, row.unread) for row in rows]


def notices_of(users: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Return how many notices wait for each of these people, and the newest of them; who has none is left out."""
    rows = Notice.objects.unread().filter(user__in=users).order_by().values_list("user")
    return {user: (count, newest) for user, count, newest in rows.annotate(Count("pk"), Max("pk"))}
