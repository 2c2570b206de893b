"""Statements that Django compiles once for each connection, and that then run with other values.

Compiling a query costs ten times what the database needs to answer it. That is nothing for a page, and most of the time
between a message and the model's first word when many are sent at once. Only what every turn does is prepared here;
elsewhere an ordinary queryset reads better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.expressions import DatabaseDefault
from django.db.models.sql import UpdateQuery

R = TypeVar("R")

MOST_ROWS = 50
"""In one statement: databases bound the number of its parameters."""


class Given(Expression):
    """Stands in a prepared query for a value that is given when it runs."""

    def __init__(self, name: str, field: Field[Any, Any] | None = None) -> None:
        super().__init__()
        self.name = name
        self.column = field

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def prepared(self, value: Any, connection: Any) -> Any:
        if self.column is not None:
            return self.column.get_db_prep_save(value, connection)
        return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


class Select(Generic[R]):
    """A queryset, made with `Given`s by `make` when a connection first needs it. Call it to get its rows."""

    def __init__(self, make: Callable[[], QuerySet[Any, R]]) -> None:
        self._make = make

    def __call__(self, **values: Any) -> list[R]:
        connection = connections[DEFAULT_DB_ALIAS]
        run = _statement(connection, self, lambda: self._compiled(connection))
        found: list[R] = run(values)
        return found

    def first(self, **values: Any) -> R | None:
        found = self(**values)
        return found[0] if found else None

    def _compiled(self, connection: Any) -> Callable[[dict[str, Any]], list[R]]:
        rows: Any = self._make()
        compiler = rows.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        rows.query.get_compiler = lambda *arguments, **named: compiler
        iterable = rows._iterable_class

        def run(values: dict[str, Any]) -> list[R]:
            bound = _bound(parameters, values, connection)
            compiler.as_sql = lambda *arguments, **named: (sql, bound)
            return list(iterable(rows))

        return run


class Update:
    """An update of these columns in a queryset that `make` makes. Call it to run it and to get the number of rows."""

    def __init__(self, make: Callable[[], QuerySet[Any]], *columns: str) -> None:
        self._make = make
        self._columns = columns

    def __call__(self, **values: Any) -> int:
        connection = connections[DEFAULT_DB_ALIAS]
        count: int = _statement(connection, self, lambda: self._compiled(connection))(values)
        return count

    def _compiled(self, connection: Any) -> Callable[[dict[str, Any]], int]:
        rows = self._make()
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values({name: Given(name, rows.model._meta.get_field(name)) for name in self._columns})
        sql, parameters = query.get_compiler(connection=connection).as_sql()

        def run(values: dict[str, Any]) -> int:
            with connection.cursor() as cursor:
                cursor.execute(sql, _bound(parameters, values, connection))
                return int(cursor.rowcount)

        return run


def insert(rows: Sequence[Model], **computed: Expression) -> None:
    """Insert new rows of one model and give them their ids, as `bulk_create` does.

    `computed` are the columns whose values the database computes; these expressions live as long as the process.
    """
    for start in range(0, len(rows), MOST_ROWS):
        _insert(rows[start : start + MOST_ROWS], computed)


def _insert(rows: Sequence[Model], computed: dict[str, Expression]) -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    key = (type(rows[0]), len(rows), *((name, id(expression)) for name, expression in computed.items()))
    insertion = _statement(connection, key, lambda: Insertion(type(rows[0]), len(rows), computed, connection))
    insertion.run(rows, connection)


class Insertion:
    """The statement that inserts this number of rows."""

    def __init__(self, model: type[Model], count: int, computed: dict[str, Expression], connection: Any) -> None:
        quote, query = connection.ops.quote_name, model._default_manager.all().query
        compiler = query.get_compiler(connection=connection)
        fields = model._meta.concrete_fields
        self.fields = [field for field in fields if not field.primary_key and field.name not in computed]
        columns, places = [quote(field.column) for field in self.fields], ["%s"] * len(self.fields)
        self.computed = computed  # kept, so that none of them becomes another object's id
        self.constants: list[Any] = []
        """Parameters of the computed columns, after those of the row."""
        for name, expression in computed.items():
            sql, parameters = compiler.compile(expression.resolve_expression(query, allow_joins=False, for_save=True))
            columns += [quote(field.column) for field in fields if field.name == name]
            places.append(sql)
            self.constants += parameters
        row = f"({', '.join(places)})"
        self.sql = " ".join(
            [
                connection.ops.insert_statement(),
                quote(model._meta.db_table),
                f"({', '.join(columns)})",
                f"VALUES {', '.join([row] * count)}",
                f"RETURNING {quote(model._meta.pk.column)}",
            ]
        )

    def run(self, rows: Sequence[Model], connection: Any) -> None:
        values: list[Any] = []
        for row in rows:
            values += [field.get_db_prep_save(_value(field, row), connection) for field in self.fields]
            values += self.constants
        with connection.cursor() as cursor:
            cursor.execute(self.sql, values)
            ids = cursor.fetchall()
        for row, (pk,) in zip(rows, ids, strict=True):
            row.pk, row._state.adding, row._state.db = pk, False, DEFAULT_DB_ALIAS


def _value(field: Any, row: Model) -> Any:
    value: Any = field.pre_save(row, True)
    if isinstance(value, DatabaseDefault):
        default: Any = value
        value = default.expression.value  # a literal, for nothing else is a default of ours
        setattr(row, field.attname, value)
    return value


def _statement(connection: Any, key: object, compile_it: Callable[[], Any]) -> Any:
    """Return what `compile_it` once returned for this connection: its thread alone uses it."""
    known: dict[object, Any] = vars(connection).setdefault("prepared", {})
    if key not in known:
        known[key] = compile_it()
    return known[key]


def _bound(parameters: Iterable[Any], values: dict[str, Any], connection: Any) -> list[Any]:
    return [
        parameter.prepared(values[parameter.name], connection) if isinstance(parameter, Given) else parameter
        for parameter in parameters
    ]
