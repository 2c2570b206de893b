"""Folds stream events into output items, by the table that the browser's reducer uses too (`stream_events.json`).

The table says for each event type what happens inside `output[output_index]`: one rule, or several in a row. `none`
names events that are known and change no item. Types that the table does not name are treated like those, so an event
that a provider adds tomorrow is kept in the log, passed on, and breaks nothing here.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Rule = dict[str, Any]
TABLE: dict[str, Rule | list[Rule]] = json.loads((Path(__file__).parent / "stream_events.json").read_text())
RULES: dict[str, list[Rule]] = {kind: rule if isinstance(rule, list) else [rule] for kind, rule in TABLE.items()}
MISSING = object()
MOST_INDEX = 10_000
"""An index above this is a provider's error or an attack on memory; the event is left out."""


class Output:
    """The output items of a response as far as its stream has come."""

    def __init__(self, items: Iterable[dict[str, Any]] = ()) -> None:
        self.slots: list[dict[str, Any] | None] = list(items)
        self._texts: dict[tuple[Any, ...], tuple[dict[str, Any] | list[Any], Any, list[str]]] = {}
        """Strings that grow, as their pieces: joined when somebody looks, so that n deltas cost n and not n squared."""

    def apply(self, event: dict[str, Any]) -> None:
        """Apply one event. Never raises on what a provider sends: what does not fit is left out."""
        index = event.get("output_index")
        if not isinstance(index, int) or not _is_index(index):
            return
        for rule in RULES.get(event.get("type", ""), ()):
            self._apply(rule, index, event)

    def _apply(self, rule: Rule, index: int, event: dict[str, Any]) -> None:
        if rule["op"] == "none":
            return
        if rule["op"] == "append":
            piece = _field(event, rule["from"])
            path = self._path(rule, event)
            if isinstance(piece, str) and all(isinstance(part, str | int) for part in path):
                self._append((index, *path), piece)
            return
        self._join()
        if rule["op"] == "status":
            self._item(index)["status"] = rule["status"]
            return
        if (value := _field(event, rule["from"])) is MISSING:
            return
        value = copy.deepcopy(value)
        path = self._path(rule, event)
        if not path:
            if isinstance(value, dict):
                self._grow(index)
                self.slots[index] = value
            return
        if (place := self._place((index, *path))) is not None:
            container, key = place
            container[key] = value

    def items(self) -> list[dict[str, Any]]:
        """Return a copy of the items, in order; one that a later item overtook is empty until it begins."""
        self._join()
        return [copy.deepcopy(item) if item is not None else {} for item in self.slots]

    def _append(self, path: tuple[Any, ...], piece: str) -> None:
        if (known := self._texts.get(path)) is not None:
            known[2].append(piece)
        elif (place := self._place(path)) is not None:
            container, key = place
            text = container[key] if isinstance(container, list) else container.get(key)
            self._texts[path] = (container, key, [text if isinstance(text, str) else "", piece])

    def _join(self) -> None:
        for container, key, pieces in self._texts.values():
            container[key] = "".join(pieces)
        self._texts.clear()

    def _item(self, index: int) -> dict[str, Any]:
        self._grow(index)
        item = self.slots[index]
        if item is None:
            item = self.slots[index] = {}
        return item

    def _grow(self, index: int) -> None:
        self.slots.extend([None] * (index + 1 - len(self.slots)))

    @staticmethod
    def _path(rule: dict[str, Any], event: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(event.get(part[1:]) if part.startswith("$") else part for part in rule["at"])

    def _place(self, path: tuple[Any, ...]) -> tuple[Any, Any] | None:
        """Return the container and key that `path` leads to, making containers on the way, or None where it cannot."""
        if not all(isinstance(part, str) or _is_index(part) for part in path):
            return None
        container: Any = self._item(path[0])
        for part, following in zip(path[1:], [*path[2:], None], strict=True):
            if isinstance(part, int) != isinstance(container, list):
                return None
            if isinstance(container, list):
                container.extend([None] * (part + 1 - len(container)))
            if following is None:
                return container, part
            inner = container[part] if isinstance(container, list) else container.get(part)
            if inner is None:
                inner = container[part] = [] if isinstance(following, int) else {}
            elif not isinstance(inner, dict | list):
                return None
            container = inner
        return None


def _field(event: dict[str, Any], name: str) -> Any:
    """Return a field of an event, MISSING where there is none; `delta.stdout` and `output.0` are one inside another."""
    if "." not in name:
        return event.get(name, MISSING)
    value: Any = event
    for step in name.split("."):
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return MISSING
    return value


def _is_index(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_INDEX
