"""Fields that several models share."""

import json
from typing import Any

import msgspec
from django.db import models
from django.db.models import Value

EMPTY_OBJECT = Value("{}")
"""For `db_default`: code that does not know the column yet may go on inserting rows."""


class VerbatimJSONField(models.TextField):  # type: ignore[type-arg]  # not subscriptable at run time
    """JSON kept as the text that it is: order of keys, numbers and `\\u0000` stay as the provider sent them.

    A jsonb column would reorder keys and refuse NUL. Nothing is ever searched inside these columns.
    """

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        return None if value is None or value == "" else json.loads(value)

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> str | None:
        if value is None:
            return "" if not self.null else None
        try:
            return msgspec.json.encode(value).decode()
        except UnicodeEncodeError:
            return json.dumps(value)  # half a surrogate pair: kept as its escape

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj)) or ""


def plain(text: str) -> str:
    """Return `text` as every database can store it: without NUL, and with U+FFFD for half a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
