"""Values of a stranger's records as our own code may rely on them: the right types, or what stands for nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from conversations.imports.writing import since
from conversations.models.fields import plain

MOST_DEPTH = 60
CARRIERS = ("input_image", "input_file", "computer_screenshot")
NAMES = ("file_id", "container_id", "container")
LISTS_OF_OBJECTS = ("content", "summary", "tools", "results", "outputs", "queries", "actions", "annotations")


def text(value: Any, most: int) -> str:
    return plain(value)[:most] if isinstance(value, str) else ""


def number(value: Any, most: int = 2**31 - 1) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value <= most else None


def table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) and depth(value) <= MOST_DEPTH else {}


def choice(value: Any, allowed: Any, otherwise: str) -> str:
    return value if isinstance(value, str) and value in allowed else otherwise


def moment(value: Any, *, to_come: bool = False) -> dt.datetime | None:
    """Return a time with its zone, not later than now unless it may be `to_come`; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        found = dt.datetime.fromisoformat(value)
        if found.tzinfo is None:
            return None
        return found.astimezone(dt.UTC) if to_come else since(found.astimezone(dt.UTC))
    except (ValueError, OverflowError):
        return None


def usage(value: Any) -> dict[str, Any] | None:
    """Return numbers by their names, one level deeper too."""
    if not isinstance(value, dict):
        return None
    kept: dict[str, Any] = {}
    for name, inner in list(value.items())[:50]:
        if number(inner, 2**53) is not None:
            kept[name] = inner
        elif isinstance(inner, dict):
            kept[name] = {key: count for key, count in list(inner.items())[:50] if number(count, 2**53) is not None}
    return kept


def error(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    return {key: word for key, word in value.items() if word is None or isinstance(word, (str, int))} or None


def reason(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) and isinstance(value.get("reason"), (str, type(None))) else None


def fit(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict) or not isinstance(value.get("valid"), bool):
        return None
    return value if isinstance(value.get("problem", ""), (str, type(None))) and depth(value) <= MOST_DEPTH else None


def words(value: Any) -> list[str]:
    return [word for word in value if isinstance(word, str)][:100] if isinstance(value, list) else []


def payload(value: Any) -> dict[str, Any] | None:
    """Return an item as the API forms them, None for what is none: lists hold objects, nothing is nested endlessly."""
    if not isinstance(value, dict) or not isinstance(value.get("type", "message"), str) or depth(value) > MOST_DEPTH:
        return None
    for name in LISTS_OF_OBJECTS:
        inner = value.get(name)
        if isinstance(inner, list) and name != "queries" and not all(isinstance(part, dict) for part in inner):
            return None
    content = value.get("content")
    if value.get("type", "message") == "message" and not isinstance(content, (str, list)):
        return None
    for part in content if isinstance(content, list) else ():
        for name in ("text", "refusal", "type", "filename"):
            if not isinstance(part.get(name, ""), (str, type(None))):
                return None
        notes = part.get("annotations") or []
        if not isinstance(notes, list) or not all(isinstance(note, dict) for note in notes):
            return None
    return value


def at_home(value: Any) -> Any:
    """Return part of an item without what it names at the provider: its one account serves everybody here."""
    if isinstance(value, list):
        return [at_home(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") in CARRIERS and "file_id" in value:
        return {"type": "input_text", "text": "[file]"}
    return {name: at_home(inner) for name, inner in value.items() if not (name in NAMES and isinstance(inner, str))}


def depth(value: Any) -> int:
    """Return how deep a value is nested, without going deeper than matters."""
    level, most = [value], 0
    while level and most <= MOST_DEPTH + 1:
        most += 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, Mapping) else outer if isinstance(outer, list) else ())
            if isinstance(inner, (dict, list))
        ]
    return most
