"""A call's arguments as a person reads them before agreeing: the exact values, by name."""

from __future__ import annotations

import json
from typing import Any

MOST_NAMED = 50


def named_arguments(arguments: str) -> list[tuple[str, str]] | None:
    """Return the names and values of a JSON object, each value as its exact JSON; None for what is no such object.

    Then the text is shown as it is. So is one in which a name stands twice: readers differ in which of them counts.
    """
    try:
        pairs = json.loads(arguments, object_pairs_hook=_Pairs, parse_float=_Verbatim, parse_int=_Verbatim)
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, _Pairs) or len(pairs) > MOST_NAMED or len({name for name, _ in pairs}) < len(pairs):
        return None
    try:
        return [(_visible(name), _shown(value)) for name, value in pairs]
    except (ValueError, RecursionError):
        return None


class _Pairs(list[Any]):
    pass


class _Verbatim(str):
    """A number as it was written: 149.00 is not shown as 149.0."""


def _shown(value: Any) -> str:
    if isinstance(value, _Verbatim):
        return str(value)
    if isinstance(value, _Pairs):
        if len({name for name, _ in value}) < len(value):
            raise ValueError
        return "{" + ", ".join(f"{_shown(name)}: {_shown(inner)}" for name, inner in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return _visible(json.dumps(value, ensure_ascii=False))


def _visible(text: str) -> str:
    """Return `text` with what nobody sees, or what turns the direction of writing, as its escape."""
    return "".join(letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in text)
