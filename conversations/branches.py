"""What stands beside a turn: other wordings of its message, and other answers to it."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from django.db import connection

from conversations.models import Response

MOST = 50
"""Wordings, and answers, that are listed with a turn."""
Beside = dict[int, list[dict[str, int]]]

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
