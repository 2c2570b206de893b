"""Django's SQLite, with the writers of a process in one queue.

SQLite has one writer at a time, and who waits for it polls: 1 ms, 2 ms, up to 100 ms, without an order. With sixty
messages at once the unlucky ones wait for seconds. Here the threads of a process wait for each other at a lock, which
is handed on at once; SQLite's own waiting is left for other processes.
"""

from __future__ import annotations

import threading
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base, operations

from webapp.sqlite3.schema import DatabaseSchemaEditor

WAIT = 20.0
"""Seconds, as SQLite's own timeout in the settings."""
_writer = threading.Lock()


class DatabaseOperations(operations.DatabaseOperations):
    def sql_flush(self, style: Any, tables: Any, **options: Any) -> list[str]:
        """Empty tables that have triggers against it too: who flushes a database means all of it."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            cursor.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%CREATE VIRTUAL TABLE % USING fts5(%'")
            indexes = [self.quote_name(name) for (name,) in cursor.fetchall()]
        flush = super().sql_flush(style, tables, **options)
        return [
            *(f"DROP TRIGGER {self.quote_name(name)}" for name, _ in triggers),
            *flush,
            *(f"INSERT INTO {name} ({name}) VALUES ('rebuild')" for name in indexes),  # noqa: S608  # our own names
            *(sql for _, sql in triggers),
        ]


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations
    SchemaEditorClass = DatabaseSchemaEditor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._writes = False

    def _start_transaction_under_autocommit(self) -> None:
        if not _writer.acquire(timeout=WAIT):
            raise OperationalError("database is locked by another thread")
        self._writes = True
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # not in the stubs
        except BaseException:
            self._let_go()
            raise

    def commit(self) -> None:
        try:
            super().commit()
        finally:
            self._let_go()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self._let_go()

    def close(self) -> None:
        super().close()
        if not self.in_atomic_block:
            self._let_go()

    def _let_go(self) -> None:
        if self._writes:
            self._writes = False
            _writer.release()
