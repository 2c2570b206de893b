"""What people have put on messages and answers, as pages and frames show it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Window
from django.db.models.functions import RowNumber

from conversations.models import Bookmark, Conversation, Item, Reaction, User

MOST_NAMES = 12
"""People who are named with a reaction, the first of them; all are counted."""
PAGE = 30
EXCERPT = 280


def on_page(user: User, page: dict[str, Any]) -> dict[str, Any]:
    """Return what is on the turns and notes of a page as `user` sees it. Two queries, however long the page is."""
    answers = [turn["id"] for turn in page["turns"]]
    items = [item["id"] for turn in page["turns"] for item in turn["input"]] + [note["id"] for note in page["notes"]]
    marked = Bookmark.objects.filter(user=user).filter(_on(answers, items))
    return {
        "reactions": reactions(answers=answers, items=items, user=user),
        "bookmarks": [{"item": row.item_id, "response": row.response_id} for row in marked],
    }


def reactions(
    *, answers: Collection[int], items: Collection[int], user: User | None = None, emoji: str = ""
) -> list[dict[str, Any]]:
    """Return the reactions to answers and messages, each emoji once, with how many and who; `mine` is of `user`."""
    rows = Reaction.objects.filter(_on(answers, items), removed_at=None)
    if emoji:
        rows = rows.filter(emoji=emoji)
    alike = ["response", "item", "emoji"]
    ranked = rows.annotate(
        rank=Window(RowNumber(), partition_by=alike, order_by="id"), count=Window(Count("id"), partition_by=alike)
    )
    wanted = ranked.filter(Q(rank__lte=MOST_NAMES) | Q(user=user)).select_related("user").order_by("id")
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in wanted:
        one = {"item": row.item_id, "response": row.response_id, "emoji": row.emoji, "count": row.count}
        shown = found.setdefault(tuple(one.values()), one | {"names": [], "mine": False})
        if len(shown["names"]) < MOST_NAMES:
            shown["names"].append(row.user.display_name)
        shown["mine"] = shown["mine"] or (user is not None and row.user_id == user.pk)
    return list(found.values())


def reaction(row: Reaction) -> dict[str, Any]:
    """Return what the fact of a reaction tells everybody: how many now have this emoji there, and whose has changed."""
    on = [[pk] if pk else [] for pk in (row.response_id, row.item_id)]
    now = reactions(answers=on[0], items=on[1], emoji=row.emoji)
    none: dict[str, Any] = {
        "item": row.item_id,
        "response": row.response_id,
        "emoji": row.emoji,
        "count": 0,
        "names": [],
    }
    shown = {name: value for name, value in (now[0] if now else none).items() if name != "mine"}
    return shown | {"person": row.user_id, "on": row.removed_at is None}


def _on(answers: Collection[int], items: Collection[int]) -> Q:
    return Q(response__in=answers) | Q(item__in=items)


@dataclass(frozen=True)
class Bookmarked:
    """A bookmark as its owner's list shows it."""

    bookmark: Bookmark
    author: User | None
    """None: the model."""
    branch: int | None
    turn: int | None
    words: str


def bookmark_list(user: User, *, below: int | None = None) -> tuple[list[Bookmarked], int | None]:
    """Return a page of what `user` has marked and may still see, newest first, and the id below which the next begins.

    Three queries, however many there are.
    """
    rows = Bookmark.objects.filter(user=user, conversation__in=Conversation.objects.visible_to(user).values("pk"))
    rows = rows.filter(
        Q(item=None) | Q(item__deleted_at=None, item__hidden_at=None), Q(response=None) | Q(response__deleted_at=None)
    )
    if below is not None:
        rows = rows.filter(pk__lt=below)
    related = ("conversation", "response", "item__author", "item__response")
    page = list(rows.select_related(*related).order_by("-id")[: PAGE + 1])
    words = _said([row.response_id for row in page if row.response_id is not None])
    found = []
    for row in page[:PAGE]:
        turn = row.response or (row.item.response if row.item else None)
        found.append(
            Bookmarked(
                bookmark=row,
                author=row.item.author if row.item else None,
                branch=turn.branch_id if turn else None,
                turn=turn.pk if turn else None,
                words=_short(row.item.text) if row.item else words.get(row.response_id or 0, ""),
            )
        )
    return found, page[PAGE - 1].pk if len(page) > PAGE else None


def _said(responses: Sequence[int]) -> dict[int, str]:
    """Return the beginnings of the first messages of these answers."""
    rows = Item.objects.present().filter(response__in=responses, direction=Item.Direction.OUTPUT, type="message")
    said = rows.order_by("-index").values_list("response_id", "text")
    return {response: _short(text) for response, text in said if response is not None}


def _short(text: str) -> str:
    return " ".join(text[: 4 * EXCERPT].split())[:EXCERPT]
