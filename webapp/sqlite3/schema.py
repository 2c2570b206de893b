"""Django's schema editor for SQLite, keeping what hangs on a table when the table is made anew."""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3 import schema


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    def _remake_table(self, model: Any, *args: Any, **options: Any) -> None:
        """Make the table anew with its triggers and the views over it.

        Most changes of a table are a new table under the old name here. SQLite would drop the triggers with the old
        one, without a word, and refuses the new name while a view misses its table.
        """
        table = model._meta.db_table
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT type, name, sql FROM sqlite_master WHERE (type = 'trigger' AND tbl_name = %s)"
                " OR (type = 'view' AND sql LIKE %s) ORDER BY type",
                [table, f"%{table}%"],
            )
            hanging = cursor.fetchall()
        for kind, name, _ in hanging:
            self.execute(f"DROP {kind} {self.quote_name(name)}", params=None)
        super()._remake_table(model, *args, **options)  # type: ignore[misc]  # not in the stubs
        for _, _, sql in hanging:
            self.execute(sql, params=None)
