"""After a purge: nothing of what was deleted stays readable in the files of a SQLite database.

`secure_delete` overwrites what is deleted. It cannot reach the pages of the write-ahead log, which a checkpoint
empties, words in the index of the search, which only marks what is deleted until it is merged anew, and copies that
SQLite left behind in pages while it moved rows, which only writing the file anew removes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from django.db import DatabaseError, connection, transaction

MOST_BYTES = 64 * 1024 * 1024
"""A larger file takes longer to write anew than others should wait for the lock."""

INDEX = "conversations_search"
MERGE = "INSERT INTO conversations_search (conversations_search, rank) VALUES ('merge', %s)"
FEWEST_PAGES, MOST_PAGES = 10, 4_000
QUICK, SLOW, BREATH = 0.03, 0.08, 0.01
"""Seconds, as of the purge itself."""


def merge_index(*, stopped: Callable[[], bool] = lambda: False) -> None:
    """Write the index of the search anew, without the words of what was deleted, in short transactions."""
    if connection.vendor != "sqlite" or INDEX not in connection.introspection.table_names():
        return
    pages = -100  # a negative number begins a merge of everything
    while not stopped():
        began = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            before = connection.connection.total_changes
            cursor.execute(MERGE, [pages])
            moved = connection.connection.total_changes - before
        if moved < 2:  # FTS5: nothing was left to merge
            return
        took = time.perf_counter() - began
        pages = abs(pages) * 2 if took < QUICK else abs(pages) // 2 if took > SLOW else abs(pages)
        pages = min(max(pages, FEWEST_PAGES), MOST_PAGES)
        time.sleep(max(BREATH, took / 2))


def compact(*, whole: bool = False, stopped: Callable[[], bool] = lambda: False) -> bool:
    """Empty the write-ahead log, and write the database file anew where that is quick, or always with `whole`.

    Return whether all of it was done: not while somebody reads an old state of it, nor for a large file without
    `whole`. Other databases look after themselves.
    """
    if connection.vendor != "sqlite":
        return True
    merge_index(stopped=stopped)
    with connection.cursor() as cursor:
        size = Path(str(connection.settings_dict["NAME"])).stat().st_size
        small = size <= MOST_BYTES
        try:
            if small or whole:
                cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy = bool(cursor.fetchone()[0])
        except DatabaseError:  # somebody else holds the lock for longer than we wait
            return False
    return not busy and (small or whole)
