"""A function's signature as a strict JSON schema, and a model's arguments as the values that the function takes."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

MOST_DEPTH = 5
"""Levels of nesting that strict schemas may have (structured outputs guide)."""


class BadTool(Exception):
    """A function that cannot be a tool; its text says why, for its author."""


class BadArguments(Exception):
    """Arguments that do not fit; its text says why, for the model."""


@dataclass(frozen=True)
class Caller:
    """Who has a tool called, and where. A parameter of this type is filled in here; the model knows nothing of it."""

    user_id: int
    conversation_id: str


class Signature:
    """What a function takes."""

    def __init__(self, function: Callable[..., Any]) -> None:
        """Raise `BadTool` for a function whose parameters are not all typed, named and of types that JSON has."""
        self.caller = ""
        """The name of the parameter that takes the `Caller`."""
        self._defaults: dict[str, Any] = {}
        fields: list[Any] = []
        try:
            hints = typing.get_type_hints(function, include_extras=True)
        except Exception as error:
            raise BadTool(f"Its annotations cannot be read: {error}") from error
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind not in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}:
                raise BadTool(f"The parameter {name} cannot be given by name.")
            if name not in hints:
                raise BadTool(f"The parameter {name} has no type.")
            if hints[name] is Caller:
                self.caller = name
            elif parameter.default is parameter.empty:
                fields.append((name, hints[name]))
            else:
                # Strict schemas know no optional property: null stands for what was not given
                self._defaults[name] = parameter.default
                fields.append((name, hints[name] | None))
        self._struct = msgspec.defstruct("Arguments", fields, forbid_unknown_fields=True, kw_only=True)
        self._nullable = {name for name, hint in hints.items() if type(None) in typing.get_args(hint)}
        try:
            _, definitions = msgspec.json.schema_components([self._struct], ref_template="#/$defs/{name}")
        except (TypeError, msgspec.ValidationError) as error:
            raise BadTool(f"A parameter's type has no JSON schema: {error}") from error
        self.schema = _strict(definitions.pop("Arguments"), depth=0)
        if definitions:
            self.schema["$defs"] = {name: _strict(part, depth=1) for name, part in definitions.items()}

    def values(self, arguments: str) -> dict[str, Any]:
        """Return the keyword arguments that a model's JSON stands for; raise `BadArguments`."""
        try:
            given = msgspec.json.decode(arguments or "{}", type=self._struct)
        except (msgspec.DecodeError, RecursionError) as error:
            raise BadArguments(f"The arguments do not fit: {error}.") from error
        values = {name: getattr(given, name) for name in self._struct.__struct_fields__}
        for name, default in self._defaults.items():
            if values[name] is None and name not in self._nullable:
                values[name] = default
        return values


def _strict(schema: Any, *, depth: int) -> Any:
    """Return a schema as strict mode wants it: every property required, no other allowed, no free objects."""
    if isinstance(schema, list):
        return [_strict(part, depth=depth) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: _part(key, value, depth) for key, value in schema.items() if key not in {"default", "title"}}
    if "enum" in schema and "type" not in schema:
        schema["type"] = "string" if all(isinstance(value, str) for value in schema["enum"]) else "integer"
    if not schema or ("type" not in schema and not schema.keys() & {"$ref", "anyOf", "enum", "const"}):
        raise BadTool("A parameter can be anything. Give it a type that says what it is.")
    if schema.get("type") == "object":
        if "properties" not in schema and schema.get("additionalProperties", True) is not False:
            raise BadTool("A parameter is a free object. Use a dataclass or a msgspec.Struct instead of a dict.")
        schema["properties"] = schema.get("properties", {})
        schema["required"] = list(schema["properties"])
        schema["additionalProperties"] = False
    return schema


def _part(key: str, value: Any, depth: int) -> Any:
    """Return one entry of a schema, made strict. What an enumeration lists is no schema."""
    if key in {"enum", "const"}:
        return value
    if key != "properties":
        return _strict(value, depth=depth)
    if depth > MOST_DEPTH:
        raise BadTool("A parameter is nested too deeply.")
    return {name: _strict(part, depth=depth + 1) for name, part in value.items()}
