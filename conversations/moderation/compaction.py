"""After a purge: nothing of what was deleted stays readable in the files of a SQLite database.

`secure_delete` overwrites what is deleted. It cannot reach the pages of the write-ahead log, which a checkpoint
empties, and copies that SQLite left behind in pages while it moved rows, which only writing the file anew removes.
"""

from __future__ import annotations

from pathlib import Path

from django.db import DatabaseError, connection

MOST_BYTES = 64 * 1024 * 1024
"""A larger file takes longer to write anew than others should wait for the lock."""


def compact(*, whole: bool = False) -> bool:
    """Empty the write-ahead log, and write the database file anew where that is quick, or always with `whole`.

    Return whether all of it was done: not while somebody reads an old state of it, nor for a large file without
    `whole`. Other databases look after themselves.
    """
    if connection.vendor != "sqlite":
        return True
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
