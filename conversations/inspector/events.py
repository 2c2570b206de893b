"""The events of an answer as they were logged, with the provider's numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, Sum

from conversations.inspector.answer import since
from conversations.inspector.request import readable
from conversations.models import Response, StreamChunk
from conversations.shown import shown_item

CHUNKS = 60
"""Rows of the log that are read for one page."""
LONGEST = 4_000
"""Characters of one event that are shown."""


@dataclass
class Row:
    """One event, or deltas of one kind that follow one another."""

    kind: str
    first: int | None
    last: int | None
    seconds: float
    count: int = 1
    content: str = ""

    @property
    def numbers(self) -> str:
        if self.first is None:
            return "" if self.count == 1 else f"× {self.count}"
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    following: str
    """The cursor of the next page, "" at the end."""
    total: int
    gaps: int


def events(response: Response, *, after: str = "") -> Page:
    """Return a page of the log, which is empty where it was pruned; `after` is the cursor of the page before."""
    log = StreamChunk.objects.filter(response=response)
    total = log.aggregate(total=Sum("count"))["total"] or 0
    chunks = log.order_by("epoch", "sequence")
    if after:
        epoch, sequence = _cursor(after)
        chunks = chunks.filter(Q(epoch__gt=epoch) | Q(epoch=epoch, sequence__gt=sequence))
    page = list(chunks[: CHUNKS + 1])
    rows: list[Row] = []
    gaps, last = 0, None
    for chunk in page[:CHUNKS]:
        seconds = since(response, chunk.created_at)
        for event in chunk.events:
            number = event.get("sequence_number")
            number = number if isinstance(number, int) else None
            gaps += number is not None and last is not None and number > last + 1
            last = number if number is not None else last
            _add(rows, event, number, seconds)
    following = f"{page[CHUNKS - 1].epoch}:{page[CHUNKS - 1].sequence}" if len(page) > CHUNKS else ""
    return Page(rows, following, total, gaps)


def _add(rows: list[Row], event: dict[str, Any], number: int | None, seconds: float) -> None:
    kind = str(event.get("type", ""))
    before = rows[-1] if rows else None
    if kind.endswith(".delta") and before is not None and before.kind == kind:
        before.last, before.count = number, before.count + 1
        return
    rows.append(Row(kind, number, number, seconds, content="" if kind.endswith(".delta") else _content(event)))


def _content(event: dict[str, Any]) -> str:
    shown = {name: value for name, value in event.items() if name not in {"type", "sequence_number", "response"}}
    if isinstance(item := shown.get("item"), dict):
        shown["item"] = shown_item(item)
    text = json.dumps(readable(shown), ensure_ascii=False, indent=2) if shown else ""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _cursor(text: str) -> tuple[int, int]:
    """Return the epoch and sequence of a cursor; an unreadable one begins at the beginning."""
    parts = text.split(":")
    if len(parts) == 2 and all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        return int(parts[0]), int(parts[1])
    return -1, -1
