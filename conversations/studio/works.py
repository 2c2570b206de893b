"""The list of a person's works, read by keyset, each with its newest picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import BadRequest
from django.db.models import OuterRef, Q, Subquery

from conversations.lists import CURSOR, EPOCH, cursor_of
from conversations.models import Conversation, File, Membership, User

PAGE = 24


@dataclass(frozen=True)
class Works:
    rows: Sequence[Membership]
    """Each with its `conversation`, and `cover`: the id of a file."""
    more_url: str = ""


def works(user: User, *, before: str = "") -> Works:
    """Return what `user` has in the studio, the most recently used first; `before` is where the page before ended."""
    rows = Membership.objects.filter(
        user=user,
        conversation__kind=Conversation.Kind.WORK,
        conversation__deleted_at=None,
        conversation__position__gt=0,
        archived_at=None,
    )
    if before:
        found = CURSOR.fullmatch(before)
        if found is None:
            raise BadRequest("This page of the list does not exist.")
        moment = EPOCH + EPOCH.resolution * int(found[1])
        rows = rows.filter(Q(activity_at__lte=moment), Q(activity_at__lt=moment) | Q(id__lt=int(found[2])))
    pictures = File.objects.filter(
        conversation=OuterRef("conversation"),
        purpose=File.Purpose.RESULT,
        media_type__startswith="image/",
        purged_at=None,
    )
    cover = Subquery(pictures.order_by("-created_at", "-id").values("pk")[:1])
    page = list(rows.annotate(cover=cover).select_related("conversation").order_by("-activity_at", "-id")[: PAGE + 1])
    more = f"?before={cursor_of(page[PAGE - 1])}" if len(page) > PAGE else ""
    return Works(page[:PAGE], more)
