"""The events of a response made anew from its end, for a stream whose log is not kept any more.

Everything that was said comes in one piece: an item is added, its parts are, each text in one delta, and all are done.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

encode = msgspec.json.encode

STEPS = {
    "web_search_call": ("in_progress", "searching", "completed"),
    "file_search_call": ("in_progress", "searching", "completed"),
    "image_generation_call": ("in_progress", "generating", "completed"),
    "mcp_list_tools": ("in_progress", "completed"),
    "code_interpreter_call": ("in_progress", "interpreting", "completed"),
}
"""What happens to an item between its beginning and its end, beside what grows in it."""
GROWING = {
    "function_call": ("arguments", "function_call_arguments"),
    "mcp_call": ("arguments", "mcp_call_arguments"),
    "custom_tool_call": ("input", "custom_tool_call_input"),
    "code_interpreter_call": ("code", "code_interpreter_call_code"),
}
"""The field of an item that grows, and the events that tell of it."""
EMPTY: dict[str, Any] = {"arguments": "", "input": "", "code": "", "content": [], "summary": [], "result": None}
TERMINAL = frozenset({"completed", "incomplete", "failed"})


def events(body: dict[str, Any], *, after: int = -1) -> list[bytes]:
    """Return the encoded events of a response that has ended, from the number behind `after` on.

    The terminal one always comes, whatever the client has had: its number goes on from there.
    """
    told = list(_events(body))
    for number, event in enumerate(told):
        event["sequence_number"] = number
    fresh = told[after + 1 :]
    if body["status"] in TERMINAL:
        last = {"type": f"response.{body['status']}", "sequence_number": max(len(told), after + 1), "response": body}
        fresh.append(last)
    return [encode(event) for event in fresh]


def _events(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    begun = {**body, "status": "in_progress", "output": [], "usage": None, "error": None, "incomplete_details": None}
    if "completed_at" in begun:
        begun["completed_at"] = None
    if body.get("background"):
        yield _event("created", response={**begun, "status": "queued"})
        yield _event("queued", response={**begun, "status": "queued"})
    else:
        yield _event("created", response=begun)
    yield _event("in_progress", response=begun)
    for index, item in enumerate(body.get("output") or []):
        yield from _item(item, index)


def _item(item: dict[str, Any], index: int) -> Iterator[dict[str, Any]]:
    kind = item.get("type", "")
    at = {"output_index": index, "item_id": item.get("id", "")}
    status = {"status": "in_progress"} if "status" in item else {}
    added = {**item, **{name: empty for name, empty in EMPTY.items() if name in item}, **status}
    yield _event("output_item.added", output_index=index, item=added)
    steps = [_event(f"{kind}.{step}", **at) for step in STEPS.get(kind, ())]
    if kind in GROWING:
        field, name = GROWING[kind]
        grown = list(_grown(name, field, item.get(field), at))
        steps = [*steps[:1], *grown, *steps[1:]]
    yield from steps
    for place, part in enumerate(item.get("summary") or []):
        yield from _summary(part, {**at, "summary_index": place})
    for place, part in enumerate(item.get("content") or []):
        yield from _part(part, {**at, "content_index": place})
    yield _event("output_item.done", output_index=index, item=item)


def _grown(name: str, field: str, value: Any, at: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if isinstance(value, str):
        yield _event(f"{name}.delta", **at, delta=value)
        yield _event(f"{name}.done", **at, **{field: value})


def _summary(part: dict[str, Any], at: dict[str, Any]) -> Iterator[dict[str, Any]]:
    text = part.get("text", "")
    yield _event("reasoning_summary_part.added", **at, part={**part, "text": ""})
    yield _event("reasoning_summary_text.delta", **at, delta=text)
    yield _event("reasoning_summary_text.done", **at, text=text)
    yield _event("reasoning_summary_part.done", **at, part=part)


def _part(part: dict[str, Any], at: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind = part.get("type")
    if kind == "output_text":
        annotations = part.get("annotations") or []
        yield _event("content_part.added", **at, part={**part, "text": "", "annotations": []})
        yield _event("output_text.delta", **at, delta=part["text"], logprobs=part.get("logprobs") or [])
        for place, annotation in enumerate(annotations):
            yield _event("output_text.annotation.added", **at, annotation_index=place, annotation=annotation)
        yield _event("output_text.done", **at, text=part["text"], logprobs=part.get("logprobs") or [])
        yield _event("content_part.done", **at, part=part)
    elif kind == "refusal":
        yield _event("content_part.added", **at, part={**part, "refusal": ""})
        yield _event("refusal.delta", **at, delta=part["refusal"])
        yield _event("refusal.done", **at, refusal=part["refusal"])
        yield _event("content_part.done", **at, part=part)
    elif kind == "reasoning_text":
        yield _event("content_part.added", **at, part={**part, "text": ""})
        yield _event("reasoning_text.delta", **at, delta=part["text"])
        yield _event("reasoning_text.done", **at, text=part["text"])
        yield _event("content_part.done", **at, part=part)


def _event(name: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{name}", "sequence_number": 0, **fields}
