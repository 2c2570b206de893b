"""The full-text index behind one function: FTS5 of SQLite, or a GIN index of PostgreSQL.

Both are kept by the database itself (triggers; an index over an expression), so there is no second writer to forget.
SQLite folds accents too, PostgreSQL only case.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from conversations.models import Conversation, Item
from conversations.search.query import WORD, Query

VECTOR = "to_tsvector('simple', regexp_replace(left(conversations_item.text, 200000), '[^[:alnum:]]+', ' ', 'g'))"
"""What PostgreSQL's index is over. Words are split as FTS5 does: its own parser takes `a.b` for the name of a host."""
BATCH = 500
MOST_LOOKED_AT = 20_000
"""Hits of everybody that are gone through, newest first, for those that one person may see."""
NEWEST = 2**63 - 1
READ = 1_000
WINDOW = 10_000
WIDER = 4
"""Of the newest ids PostgreSQL reads so many; then it asks its index about so many, and each time about more."""
PATIENCE = 1.0
"""Seconds after which no wider window is begun. Only phrases of frequent words that never stand together take it."""
BY_READING = "SET LOCAL enable_bitmapscan = off"
BY_INDEX = "SET LOCAL enable_indexscan = off; SET LOCAL enable_seqscan = off; SET LOCAL work_mem = '64MB'"


def newest(
    items: QuerySet[Item],
    query: Query,
    *,
    visible: QuerySet[Conversation],
    limit: int,
    below: int | None,
    conversations: Sequence[str] | None,
    batch: int = BATCH,
    most: int = MOST_LOOKED_AT,
) -> tuple[list[Item], bool]:
    """Return up to `limit` of `items` that have the words of `query`, newest first, with ids below `below`.

    Only those in `visible` are returned: what the asker may see. `conversations` are all ids of these where they are
    few: the index then looks there only. The second value is False where older ones were not looked at. Who wants few
    of the hits has `most` of them gone through in large batches: of each one query finds them, and three sift them.

    The hits are gone through from the newest on, because a list of all of them takes as long as there are many; and
    who sees thousands of conversations would have the database look for each hit in each of them, so it is asked by
    the hit.
    """
    items = items.order_by("-pk")
    if not query.terms:
        items = items.filter(conversation__in=visible.values("pk"))
        return list((items if below is None else items.filter(pk__lt=below))[:limit]), True
    batches = _batches_of_postgresql if connection.vendor == "postgresql" else _batches_of_sqlite
    found: list[Item] = []
    looked_at = 0
    for ids, whole in batches(query, below or NEWEST, conversations, batch):
        seen = _seen(ids, visible)
        found += items.filter(_among(seen))[: limit - len(found)] if seen else []
        if len(found) == limit:
            return found, True
        looked_at += len(ids)
        if looked_at >= most or not whole:
            return found, False
    return found, True


def _batches_of_sqlite(
    query: Query, last: int, conversations: Sequence[str] | None, batch: int
) -> Iterator[tuple[list[int], bool]]:
    """Yield the ids of hits below `last`, newest first, and True: nothing is left out."""
    match = _match(query, conversations)
    while True:
        ids = _ids(
            "SELECT rowid FROM conversations_search WHERE conversations_search MATCH %s AND rowid < %s"
            " ORDER BY rowid DESC LIMIT %s",
            [match, last, batch],
        )
        yield ids, True
        if len(ids) < batch:
            return
        last = ids[-1]


def _batches_of_postgresql(
    query: Query, last: int, conversations: Sequence[str] | None, batch: int
) -> Iterator[tuple[list[int], bool]]:
    """Yield the ids of hits below `last`, newest first, and False where it took too long to go on.

    How rare a word is, PostgreSQL guesses badly: it would walk back through all messages for one that nobody said, and
    gather all places of one that everybody says. So it is told how: a few messages are read, the rest is asked of the
    index, whose bitmap is joined with that of a window, or of the conversations.
    """
    values: list[Any] = [_tsquery(query)]
    where = f"{VECTOR} @@ to_tsquery('simple', %s)"
    if conversations is not None:
        where, values = f"{where} AND conversation_id = ANY(%s)", [*values, list(conversations)]
    statement = f"SELECT id FROM conversations_item WHERE {where} AND id < %s AND id >= %s ORDER BY id DESC LIMIT %s"  # noqa: S608  # all values are parameters
    [top] = _ids("SELECT COALESCE(MAX(id), 0) FROM conversations_item", [])
    last, window, began = min(last, top + 1), READ, time.monotonic()
    while last > 0:
        low = last - window if conversations is None else 0
        with transaction.atomic():
            _run(BY_READING if window == READ and conversations is None else BY_INDEX)
            ids = _ids(statement, [*values, last, low, batch])
        patient = time.monotonic() - began < PATIENCE
        yield ids, patient
        if len(ids) == batch:
            last = ids[-1]
        else:
            last, window = low, WINDOW if window == READ else window * WIDER


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _ids(statement: str, values: Sequence[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]


def _seen(ids: Sequence[int], visible: QuerySet[Conversation]) -> list[int]:
    """Return those of the items that are in a visible conversation."""
    places = list(Item.objects.filter(_among(ids)).values_list("pk", "conversation_id")) if ids else []
    seen = set(visible.filter(pk__in={place for _, place in places}).values_list("pk", flat=True))
    return [pk for pk, place in places if place in seen]


def _among(ids: Sequence[int]) -> Q:
    """Return what picks out the items of these ids, in one parameter however many they are."""
    if connection.vendor == "postgresql":
        return Q(RawSQL("conversations_item.id = ANY(%s)", [list(ids)], output_field=BooleanField()))
    return Q(pk__in=RawSQL("SELECT value FROM json_each(%s)", [json.dumps(ids)]))


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
