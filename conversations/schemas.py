"""JSON schemas as the API's strict mode takes them: made so where that changes nothing, refused with a path otherwise.

The rules are those of the API's guide to structured outputs. They bound what a schema can cost as well: a pattern or a
reference is never followed here, only looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_PROPERTIES = 5000
MOST_DEPTH = 10
MOST_CHARACTERS = 120_000
"""Of all names, choices and constants together."""
MOST_CHOICES = 1000
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
RESERVED = frozenset({"text", "json_object"})
"""Other formats, which are chosen from the same list."""
TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
COMMON = {"type", "title", "description", "enum", "const", "default", "examples", "$comment"}
OF_TYPE: dict[str, set[str]] = {
    "string": {"pattern", "format", "minLength", "maxLength"},
    "number": {"multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"},
    "array": {"items", "minItems", "maxItems"},
    "object": {"properties", "required", "additionalProperties"},
    "boolean": set(),
    "null": set(),
}
OF_TYPE["integer"] = OF_TYPE["number"]
BESIDE = {"$defs", "definitions", "anyOf", "$ref", "$schema", "$id"}
NEVER = {
    "allOf": "Write the properties into one object.",
    "oneOf": "Use anyOf.",
    "not": "Say what is allowed instead.",
    "if": "Use anyOf.",
    "then": "Use anyOf.",
    "else": "Use anyOf.",
    "dependentRequired": "Make the property required, and let it be null.",
    "dependentSchemas": "Use anyOf.",
    "patternProperties": "Use a list of objects with a name and a value.",
    "unevaluatedProperties": "Leave it out.",
    "propertyNames": "Leave it out.",
    "prefixItems": "Use an object with a property for each place.",
    "contains": "Leave it out.",
    "uniqueItems": "Leave it out.",
}


class BadSchema(Exception):
    """A schema that strict mode does not take. `sentence` names the place and what to do."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(what)
        self.sentence = f"At {where}: {what}" if where else what


@dataclass
class _Sum:
    root: dict[str, Any]
    properties: int = 0
    characters: int = 0
    choices: int = 0
    references: list[tuple[str, str]] = field(default_factory=list)


def strict(given: Any) -> dict[str, Any]:
    """Return the schema with what strict mode wants and nobody has to think about: closed objects, all required.

    Only what is absent is added; what says the contrary is refused. Raise `BadSchema`.
    """
    if not isinstance(given, dict):
        raise BadSchema("", "A schema is a JSON object, such as {“type”: “object”, “properties”: {…}}.")
    if given.get("type") != "object":
        raise BadSchema("", "The answer must be an object: give the schema “type”: “object”, and put a list inside it.")
    if unknown := [name for name in ("$ref", "enum", "const") if name in given]:
        raise BadSchema("", f"The answer itself cannot be “{unknown[0]}”: put it into a property.")
    if "anyOf" in given:
        raise BadSchema("", "The answer itself cannot be “anyOf”: put it into a property.")
    total = _Sum(given)
    made = _strict(given, "", 0, total)
    for name, most, what in (
        (total.properties, MOST_PROPERTIES, "properties"),
        (total.choices, MOST_CHOICES, "choices"),
        (total.characters, MOST_CHARACTERS, "characters in names and choices"),
    ):
        if name > most:
            raise BadSchema("", f"This schema has {name:,} {what}; {most:,} are the most.")
    for where, reference in total.references:
        if not _resolves(reference, given):
            raise BadSchema(where, f"“{reference}” names nothing. Write #, or #/$defs/ and a name that is there.")
    return made


def _strict(schema: Any, where: str, depth: int, total: _Sum) -> dict[str, Any]:
    if schema is True or schema == {}:
        raise BadSchema(where, "Say what stands here: give it a “type”.")
    if not isinstance(schema, dict):
        raise BadSchema(where, "A schema is a JSON object.")
    if depth > MOST_DEPTH * 2:  # each level of nesting is two steps of ours
        raise BadSchema(where, f"This is nested more than {MOST_DEPTH} levels deep. Make it flatter.")
    made = dict(schema)
    _check_words(schema, where)
    for name in ("$defs", "definitions"):
        if name in schema:
            made[name] = _each(schema[name], f"{where}.{name}".lstrip("."), depth, total)
    if isinstance(reference := schema.get("$ref"), str):
        total.references.append((where, reference))
        return made
    if "anyOf" in schema:
        made["anyOf"] = _alternatives(schema["anyOf"], where, depth, total)
    _count_choices(schema, where, total)
    kinds = _kinds(schema, where)
    if "object" in kinds:
        _close(made, where, depth, total)
    if "array" in kinds:
        if "items" not in schema:
            raise BadSchema(where, "A list needs “items”: what stands in it.")
        made["items"] = _strict(schema["items"], f"{where}.items".lstrip("."), depth + 1, total)
    return made


def _check_words(schema: dict[str, Any], where: str) -> None:
    for name, advice in NEVER.items():
        if name in schema:
            raise BadSchema(where, f"Strict mode does not take “{name}”. {advice}")
    known = COMMON | BESIDE | set().union(*OF_TYPE.values())
    if unknown := sorted(schema.keys() - known):
        raise BadSchema(where, f"“{unknown[0]}” is no word of JSON Schema that strict mode takes. Leave it out.")
    if "pattern" in schema:
        try:
            re.compile(schema["pattern"])
        except (re.error, TypeError, RecursionError, OverflowError):
            raise BadSchema(where, "“pattern” is not a regular expression.") from None
    if "format" in schema and schema["format"] not in FORMATS:
        raise BadSchema(where, f"“format” is one of {', '.join(FORMATS)}.")
    for name in ("minLength", "maxLength", "minItems", "maxItems"):
        if name in schema and (type(schema[name]) is not int or schema[name] < 0):
            raise BadSchema(where, f"“{name}” is a whole number, at least 0.")
    for name in OF_TYPE["number"]:
        if name in schema and type(schema[name]) not in {int, float}:
            raise BadSchema(where, f"“{name}” is a number.")


def _kinds(schema: dict[str, Any], where: str) -> list[str]:
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    for kind in kinds:
        if kind not in TYPES:
            raise BadSchema(where, f"“type” is one of {', '.join(TYPES)}.")
    if not kinds and not schema.keys() & {"anyOf", "enum", "const"}:
        raise BadSchema(where, "Say what stands here: give it a “type”.")
    for name in schema.keys() - COMMON - BESIDE:
        if kinds and not any(name in OF_TYPE[kind] for kind in kinds):
            raise BadSchema(where, f"“{name}” does not fit the type {' or '.join(kinds)}. Leave it out.")
    return kinds


def _close(made: dict[str, Any], where: str, depth: int, total: _Sum) -> None:
    properties = made.get("properties", {})
    if made.setdefault("additionalProperties", False) is not False:
        raise BadSchema(where, "Other properties cannot be allowed: set “additionalProperties” to false.")
    made["properties"] = _each(properties, f"{where}.properties".lstrip("."), depth, total)
    required = made.setdefault("required", list(properties))
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        raise BadSchema(where, "“required” is a list of names.")
    if optional := [name for name in properties if name not in required]:
        raise BadSchema(
            where,
            f"Every property must be required, and “{optional[0]}” is not. "
            "Add it to “required”; where it may be missing, let its type be null too.",
        )
    if unknown := [name for name in required if name not in properties]:
        raise BadSchema(where, f"“required” names “{unknown[0]}”, which is no property.")
    total.properties += len(properties)


def _each(schemas: Any, where: str, depth: int, total: _Sum) -> dict[str, Any]:
    if not isinstance(schemas, dict):
        raise BadSchema(where, "This is an object: names, and a schema for each.")
    total.characters += sum(map(len, schemas))
    return {name: _strict(inner, f"{where}.{name}", depth + 1, total) for name, inner in schemas.items()}


def _alternatives(schemas: Any, where: str, depth: int, total: _Sum) -> list[dict[str, Any]]:
    here = f"{where}.anyOf".lstrip(".")
    if not isinstance(schemas, list) or not schemas:
        raise BadSchema(here, "“anyOf” is a list of schemas, at least one.")
    return [_strict(inner, f"{here}[{index}]", depth + 1, total) for index, inner in enumerate(schemas)]


def _count_choices(schema: dict[str, Any], where: str, total: _Sum) -> None:
    if "enum" not in schema:
        return
    choices = schema["enum"]
    if not isinstance(choices, list) or not choices:
        raise BadSchema(where, "“enum” is a list of choices, at least one.")
    total.choices += len(choices)
    total.characters += sum(len(choice) for choice in choices if isinstance(choice, str))


def _resolves(reference: str, root: dict[str, Any]) -> bool:
    if not reference.startswith("#"):
        return False
    found: Any = root
    for key in reference[1:].strip("/").split("/") if reference != "#" else ():
        name = key.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or name not in found:
            return False
        found = found[name]
    return isinstance(found, dict)


def unwrapped(given: Any) -> Any:
    """Return the schema from what people copy together with it: the API's `format`, or its older `json_schema`."""
    if isinstance(given, dict):
        for name in ("format", "json_schema", "schema"):
            if isinstance(given.get(name), dict) and "properties" not in given:
                return unwrapped(given[name])
    return given


def whole_format(given: Any) -> dict[str, Any]:
    """Return a `text.format` as the API takes it, its schema strict; raise `BadSchema`."""
    if not isinstance(given, dict) or given.get("type") not in {"text", "json_object", "json_schema"}:
        raise BadSchema("", "A format is a name, or an object with a “type”: text, json_object or json_schema.")
    if given["type"] != "json_schema":
        return {"type": given["type"]}
    name = given.get("name", "answer")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise BadSchema("name", "A name has up to 64 letters, digits, “_” and “-”, and no blanks.")
    return {"type": "json_schema", "name": name, "schema": strict(given.get("schema")), "strict": True}


def form_of(options: Mapping[str, Any]) -> str:
    """Return what an answer is asked for as: the name of a schema, `json_object`, or "" for words."""
    text = options.get("text")
    wanted = text.get("format") if isinstance(text, dict) else None
    if not isinstance(wanted, dict) or wanted.get("type") not in {"json_object", "json_schema"}:
        return ""
    return str(wanted.get("name") or "answer")[:64] if wanted["type"] == "json_schema" else "json_object"
