"""A conversation to read: who said what, in order, along one line of its tree. For Markdown, HTML, PDF."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from conversations import catalog
from conversations.branches import path
from conversations.models import Conversation, File, Item, Response

PIECE = 50
"""Turns that are read at once."""
MOST_TURNS = 10_000_000
LONGEST_DATA = 20_000
"""Characters of what went to and from a tool; the rest stands in the export without loss."""
DATA = {
    "arguments": "json",
    "input": "",
    "code": "python",
    "query": "",
    "queries": "json",
    "action": "json",
    "operation": "json",
    "output": "",
    "outputs": "json",
    "results": "json",
    "error": "",
}
"""What a tool was handed and gave back, and the language that it is in."""


@dataclass(frozen=True)
class Part:
    """One piece of what was said. `kind` is text (Markdown), plain, thought, data, picture, file or remark."""

    kind: str
    text: str = ""
    language: str = ""
    file: File | None = None
    item: int = 0
    """The id of the item that it stands in."""


@dataclass
class Entry:
    """What one person or model said at one time."""

    kind: str
    """`person`, `answer` or `note`: a note is for the people only."""
    name: str
    at: dt.datetime | None
    parts: list[Part] = field(default_factory=list)


def transcript(conversation: Conversation, head_id: int | None, *, notes: bool = True) -> Iterator[Entry]:
    """Yield what was said on the line that ends with the response `head_id`, oldest first.

    `notes` says whether what people noted for each other is told too. What was deleted is not, and what runs is told
    as far as it is kept.
    """
    if notes:
        yield from _noted(conversation, None)
    if head_id is None:
        return
    ids = path(head_id, MOST_TURNS)[::-1]
    for start in range(0, len(ids), PIECE):
        yield from told(conversation, ids[start : start + PIECE], notes=notes)


def told(conversation: Conversation, ids: Sequence[int], *, notes: bool) -> Iterator[Entry]:
    """Yield what was said in the turns with these response ids, in this order."""
    rows = Response.objects.filter(conversation=conversation).defer("final", "options", "parameters", "metadata")
    found = rows.in_bulk(ids)
    responses = [found[pk] for pk in ids if pk in found]
    owners = {row.input_owner_id for row in responses}
    items: dict[tuple[int | None, str], list[Item]] = {}
    asked = Item.objects.present().filter(conversation=conversation, response__in={*owners, *found})
    for item in asked.select_related("author").order_by("response_id", "index"):
        items.setdefault((item.response_id, item.direction), []).append(item)
    for row in responses:
        if row.deleted_at is None:
            yield from _asked(items.get((row.input_owner_id, Item.Direction.INPUT), []))
            yield from _answered(row, items.get((row.pk, Item.Direction.OUTPUT), []))
        if notes:
            yield from _noted(conversation, items.get((row.pk, Item.Direction.NOTE), []))


def _noted(conversation: Conversation, notes: Sequence[Item] | None) -> Iterator[Entry]:
    if notes is None:
        opening = Item.objects.present().filter(conversation=conversation, response=None, direction="note")
        notes = list(opening.select_related("author").order_by("index", "pk"))
    for note in notes:
        yield Entry("note", author_of(note), note.created_at, _parts(note))


def _asked(items: Sequence[Item]) -> Iterator[Entry]:
    for item in items:
        if item.role == "developer" or item.role == "system":
            continue
        parts = _parts(item)
        if parts:
            yield Entry("person", author_of(item), item.created_at, parts)


def _answered(row: Response, items: Sequence[Item]) -> Iterator[Entry]:
    parts = [part for item in items for part in _parts(item)]
    if row.error:
        parts.append(Part("remark", str(row.error.get("message") or row.error.get("code") or "")))
    if row.status == Response.Status.CANCELLED:
        parts.append(Part("remark", "Stopped."))
    elif row.status == Response.Status.INCOMPLETE:
        parts.append(Part("remark", "This answer is not complete."))
    if parts:
        yield Entry("answer", catalog.capabilities(row.model).label, row.done_at, parts)


def author_of(item: Item) -> str:
    """Return the name of who wrote an item; what no person wrote has none."""
    return item.author.display_name if item.author is not None else item.author_label


def _parts(item: Item) -> list[Part]:
    payload = item.payload if isinstance(item.payload, dict) else {}
    if item.type == "message":
        return [part for given in _content(payload) for part in _said(item, given)]
    if item.type == "reasoning":
        return [Part("thought", text) for given in _dicts(payload.get("summary")) if (text := _text(given))]
    if item.type == "image_generation_call":
        picture = _picture(item, payload.get("result"), str(payload.get("revised_prompt") or ""))
        return [picture] if picture is not None else []
    name = " ".join(str(payload[key]) for key in ("server_label", "name") if isinstance(payload.get(key), str))
    parts = [Part("remark", f"{item.type.replace('_', ' ')} {name}".strip())]
    return parts + [part for key, language in DATA.items() for part in _data(payload.get(key), language)]


def _content(payload: dict[str, Any]) -> list[dict[str, Any]]:
    content = payload.get("content")
    return [{"type": "input_text", "text": content}] if isinstance(content, str) else _dicts(content)


def _said(item: Item, given: dict[str, Any]) -> Iterator[Part]:
    kind = given.get("type")
    if kind in {"input_text", "output_text", "text"} and _text(given):
        yield Part("text", _text(given))
    elif kind == "refusal":
        yield Part("text", str(given.get("refusal") or ""))
    elif kind == "input_image":
        picture = _picture(item, given.get("image_url"), "")
        if picture is not None:
            yield picture
    elif kind == "input_file":
        yield Part("file", str(given.get("filename") or given.get("file_url") or "file"))


def _picture(item: Item, reference: Any, words: str) -> Part | None:
    if isinstance(reference, str):
        return Part("file", reference[:300])  # an address: nobody here has its bytes
    if not isinstance(reference, dict) or not isinstance(reference.get("$file"), str):
        return None
    file = File.objects.filter(pk=reference["$file"], conversation=item.conversation_id).first()
    if file is None or file.purged_at is not None or file.hidden_at is not None:
        return Part("remark", "This picture is not kept any more.")
    return Part("picture", words or file.name or "Picture", file=file, item=item.pk)


def _data(value: Any, language: str) -> Iterator[Part]:
    if value in (None, "", [], {}):
        return
    text = value if isinstance(value, str) else msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    cut = text if len(text) <= LONGEST_DATA else f"{text[:LONGEST_DATA]}\n…"
    yield Part("data", cut, language if isinstance(value, str) else "json")


def _text(given: dict[str, Any]) -> str:
    text = given.get("text")
    return text if isinstance(text, str) else ""


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
