"""The tree of responses: the path to one of them, where two part, and what stands beside a turn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from conversations.models import Branch, Conversation, Item, Response

MOST = 50
"""Wordings, and answers, that are listed with a turn."""
Beside = dict[int, list[dict[str, int]]]
PAGE = 30
"""Branches that are listed at once."""
MOST_APART = 2000
"""Turns that two branches are followed back, to where they part."""
EXCERPT = 140

_WORDINGS = """
SELECT * FROM (
    SELECT 'wording', previous_response_id, id, branch_id FROM conversations_response
    WHERE conversation_id = %s AND previous_response_id = %s AND input_from_id IS NULL ORDER BY id DESC LIMIT %s
) AS part
"""
_FIRST_WORDINGS = """
SELECT * FROM (
    SELECT 'wording', CAST(NULL AS bigint), id, branch_id FROM conversations_response
    WHERE conversation_id = %s AND previous_response_id IS NULL AND input_from_id IS NULL ORDER BY id DESC LIMIT %s
) AS part
"""
_ANSWERS = """
SELECT 'answer', id, id, branch_id FROM conversations_response WHERE id = %s
UNION ALL SELECT * FROM (
    SELECT 'answer', input_from_id, id, branch_id FROM conversations_response
    WHERE input_from_id = %s ORDER BY id DESC LIMIT %s
) AS part
"""


def beside(responses: Sequence[Response]) -> tuple[Beside, Beside]:
    """Return, for each of these responses of one conversation, the wordings of its message and the answers to it.

    Both are lists of `id` and `branch`, oldest first: the newest, the response's own and the first answer. One query,
    in which an index leads to each list, however many there are.
    """
    if not responses:
        return {}, {}
    parts, values = [], list[Any]()
    for previous in {response.previous_response_id for response in responses}:
        parts.append(_FIRST_WORDINGS if previous is None else _WORDINGS)
        values += [responses[0].conversation_id, *([] if previous is None else [previous]), MOST]
    for owner in {response.input_owner_id for response in responses}:
        parts.append(_ANSWERS)
        values += [owner, owner, MOST]
    with connection.cursor() as cursor:
        cursor.execute("UNION ALL".join(parts), values)
        rows = sorted(cursor.fetchall(), key=itemgetter(2))
    lists: dict[tuple[str, int | None], list[dict[str, int]]] = {}
    for kind, of, pk, branch in rows:
        lists.setdefault((kind, of), []).append({"id": pk, "branch": branch})
    wordings, answers = {}, {}
    for response in responses:
        own = {"id": response.pk, "branch": response.branch_id}
        to_it = lists.get(("answer", response.input_owner_id), [own])
        worded = next((answer for answer in to_it if answer["id"] == response.input_owner_id), own)
        answers[response.pk] = _including(own, to_it)
        wordings[response.pk] = _including(worded, lists.get(("wording", response.previous_response_id), []))
    return wordings, answers


def _including(shown: dict[str, int], newest: list[dict[str, int]]) -> list[dict[str, int]]:
    return newest if shown in newest else sorted([shown, *newest], key=itemgetter("id"))


def path(start: int, length: int) -> list[int]:
    """Return the ids of up to `length` responses from `start` back along `previous_response`."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE path (id, previous_id, depth) AS (
                SELECT id, previous_response_id, 1 FROM conversations_response WHERE id = %s
                UNION ALL
                SELECT r.id, r.previous_response_id, path.depth + 1
                FROM conversations_response r JOIN path ON r.id = path.previous_id
                WHERE path.depth < %s
            )
            SELECT id FROM path ORDER BY depth
            """,
            [start, length],
        )
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True)
class Row:
    """A branch as it is listed."""

    branch: Branch
    name: str
    words: str
    """The beginning of its newest message."""
    is_main: bool
    is_running: bool


def branch_rows(conversation: Conversation, *, below: int | None = None) -> tuple[list[Row], int | None]:
    """Return a page of the branches, the newest first, and the id below which the next page begins."""
    rows = conversation.branches.exclude(head=None).select_related("created_by", "head").order_by("-id")
    if below is not None:
        rows = rows.filter(id__lt=below)
    page = list(rows[: PAGE + 1])
    shown, more = page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None
    words = _words(branch.head for branch in shown if branch.head is not None)
    running = set(conversation.responses.running().values_list("branch", flat=True))
    newest = number_of(shown[0]) if shown else 0
    return [
        Row(
            branch=branch,
            name=name_of(branch, newest - older),
            words=words.get(branch.head.input_owner_id, "") if branch.head is not None else "",
            is_main=branch.pk == conversation.branch_id,
            is_running=branch.pk in running,
        )
        for older, branch in enumerate(shown)
    ], more


def number_of(branch: Branch) -> int:
    """Return which of its conversation's branches it is, the first being 1."""
    return Branch.objects.filter(conversation=branch.conversation_id, pk__lte=branch.pk).exclude(head=None).count()


def name_of(branch: Branch, number: int) -> str:
    return branch.name or _("Branch %(number)s") % {"number": number}


def _words(heads: Iterable[Response]) -> dict[int, str]:
    owners = [head.input_owner_id for head in heads if head.deleted_at is None]
    asked = Item.objects.present().filter(response__in=owners, direction=Item.Direction.INPUT, role="user")
    return {
        owner: " ".join(text.split())[:EXCERPT]
        for owner, text in asked.order_by("-index").values_list("response_id", "text")
        if owner is not None
    }


@dataclass(frozen=True)
class Parting:
    """Where two branches part: the ids of the turns behind that place on either side, oldest first."""

    left: list[int]
    right: list[int]
    found: bool
    """Whether they part within `MOST_APART` turns; else these are the newest of them."""


def parting(left: Branch, right: Branch) -> Parting:
    """Return where two branches of one conversation part."""
    sides = [path(branch.head_id, MOST_APART) if branch.head_id is not None else [] for branch in (left, right)]
    shared = set(sides[0]) & set(sides[1])
    apart = [[pk for pk in side if pk not in shared][::-1] for side in sides]
    return Parting(left=apart[0], right=apart[1], found=bool(shared) or max(map(len, sides)) < MOST_APART)
