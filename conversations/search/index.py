"""The full-text index behind one function: FTS5 of SQLite, or a GIN index of PostgreSQL.

Both are kept by the database itself (triggers; an index over an expression), so there is no second writer to forget.
SQLite folds accents too, PostgreSQL only case.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import QuerySet

from conversations.models import Conversation, Item
from conversations.search.query import WORD, Query

VECTOR = "to_tsvector('simple', regexp_replace(left(conversations_item.text, 200000), '[^[:alnum:]]+', ' ', 'g'))"
"""What PostgreSQL's index is over. Words are split as FTS5 does: its own parser takes `a.b` for the name of a host."""
BATCH = 500
MOST_LOOKED_AT = 20_000
"""Hits of everybody that SQLite goes through, newest first, for those that one person may see."""


def newest(
    items: QuerySet[Item],
    query: Query,
    *,
    visible: QuerySet[Conversation],
    limit: int,
    below: int | None,
    conversations: Sequence[str] | None,
) -> tuple[list[Item], bool]:
    """Return up to `limit` of `items` that have the words of `query`, newest first, with ids below `below`.

    Only those in `visible` are returned: what the asker may see. `conversations` are all ids of these where they are
    few: the index then looks there only. The second value is False where older ones were not looked at.
    """
    if below is not None:
        items = items.filter(pk__lt=below)
    items = items.order_by("-pk")
    if query.terms and connection.vendor == "sqlite":
        return _newest_of_sqlite(items, _match(query, conversations), visible=visible, limit=limit, below=below)
    items = items.filter(conversation__in=visible.values("pk"))
    if query.terms:
        has_them = f"{VECTOR} @@ to_tsquery('simple', %s)"
        items = items.extra(where=[has_them], params=[_tsquery(query)])  # noqa: S610  # the words are a parameter
    return list(items[:limit]), True


def _newest_of_sqlite(
    items: QuerySet[Item], match: str, *, visible: QuerySet[Conversation], limit: int, below: int | None
) -> tuple[list[Item], bool]:
    """Go through the hits from the newest on, because a list of all of them takes as long as there are many.

    Who sees thousands of conversations would have SQLite look for each hit in each of them, so it is asked by the hit.
    """
    found: list[Item] = []
    looked_at, last = 0, below if below is not None else 2**63 - 1
    while looked_at < MOST_LOOKED_AT:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rowid FROM conversations_search WHERE conversations_search MATCH %s AND rowid < %s"
                " ORDER BY rowid DESC LIMIT %s",
                [match, last, BATCH],
            )
            ids = [row[0] for row in cursor.fetchall()]
        found += items.filter(pk__in=_seen(ids, visible))[: limit - len(found)]
        if len(found) == limit or len(ids) < BATCH:
            return found, True
        looked_at, last = looked_at + BATCH, ids[-1]
    return found, False


def _seen(ids: Sequence[int], visible: QuerySet[Conversation]) -> list[int]:
    """Return those of the items that are in a visible conversation."""
    places = list(Item.objects.filter(pk__in=ids).values_list("pk", "conversation_id"))
    seen = set(visible.filter(pk__in={place for _, place in places}).values_list("pk", flat=True))
    return [pk for pk, place in places if place in seen]


def _match(query: Query, conversations: Sequence[str] | None) -> str:
    """Return the query in FTS5's language. Words hold letters and digits only, so quoting cannot be left."""
    terms = [_quoted(" ".join(words)) for words in query.terms]
    if query.begun:
        terms[-1] += "*"
    match = f"text : ({' AND '.join(terms)})"
    if conversations is not None:
        ids = [" ".join(WORD.findall(conversation)) for conversation in conversations] or [""]
        match = f"({match}) AND conversation_id : ({' OR '.join(map(_quoted, ids))})"
    for words in query.without:
        match = f"({match}) NOT text : {_quoted(' '.join(words))}"
    return match


def _quoted(words: str) -> str:
    return f'"{words}"'


def _tsquery(query: Query) -> str:
    """Return the query in PostgreSQL's language."""
    terms = [_phrase(words) for words in query.terms]
    if query.begun:
        terms[-1] += ":*"
    return " & ".join([*(f"({term})" for term in terms), *(f"!({_phrase(words)})" for words in query.without)])


def _phrase(words: Sequence[str]) -> str:
    return " <-> ".join(f"'{word}'" for word in words)
