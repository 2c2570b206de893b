"""The events that bring items, in the order that recordings have."""

from __future__ import annotations

import copy
from typing import Any

from tests.items.gallery import Item

Event = dict[str, Any]


def events_of(items: list[Item]) -> list[Event]:
    """The stream of an answer with these items, with the events that recordings have for each, and numbered."""
    response = {"id": "resp_1", "object": "response", "model": "stand-in", "status": "in_progress", "output": []}
    events: list[Event] = [
        {"type": "response.created", "response": response},
        {"type": "response.in_progress", "response": response},
    ]
    for index, item in enumerate(items):
        events += _item_events(index, item)
    events.append({"type": "response.completed", "response": response | {"status": "completed", "output": items}})
    return [event | {"sequence_number": number} for number, event in enumerate(events)]


def _item_events(index: int, item: Item) -> list[Event]:
    at = {"output_index": index, "item_id": item.get("id", "")}
    started = {"type": "response.output_item.added", "output_index": index, "item": _begun(item)}
    ended = {"type": "response.output_item.done", "output_index": index, "item": copy.deepcopy(item)}
    between = [event | at for event in _INSIDE.get(item["type"], lambda _: [])(item)]
    return [started, *between, ended]


def _begun(item: Item) -> Item:
    """The item as it is announced: what streams is empty still."""
    begun = copy.deepcopy(item)
    if "status" in begun:
        begun["status"] = "in_progress"
    empty: dict[str, Any] = {"content": [], "summary": [], "arguments": "", "input": "", "code": "", "error": None}
    for name, value in empty.items():
        if name in begun and begun["type"] in _INSIDE:
            begun[name] = value
    if begun["type"] == "shell_call":
        begun["action"] |= {"commands": []}
    if begun["type"] == "shell_call_output":
        begun["output"] = []
    if begun["type"] == "apply_patch_call":
        begun["operation"] |= {"diff": ""}
    for name in ("outputs", "results"):
        if name in begun:
            begun[name] = None
    return begun


def _deltas(kind: str, text: str, last: str, **at: Any) -> list[Event]:
    half = len(text) // 2
    pieces = [{"type": f"response.{kind}.delta", "delta": piece, **at} for piece in (text[:half], text[half:])]
    return [*pieces, {"type": f"response.{kind}.done", last: text, **at}]


def _message(item: Item) -> list[Event]:
    events: list[Event] = []
    for number, part in enumerate(item["content"]):
        at = {"content_index": number}
        refused = part["type"] == "refusal"
        empty = (
            {"type": "refusal", "refusal": ""} if refused else {"type": "output_text", "text": "", "annotations": []}
        )
        events.append({"type": "response.content_part.added", "part": empty, **at})
        name, field = ("refusal", "refusal") if refused else ("output_text", "text")
        *deltas, done = _deltas(name, part[field], field, **at)
        notes = [
            {"type": "response.output_text.annotation.added", "annotation_index": place, "annotation": note, **at}
            for place, note in enumerate(part.get("annotations", []))
        ]
        events += [*deltas, *notes, done, {"type": "response.content_part.done", "part": part, **at}]
    return events


def _reasoning(item: Item) -> list[Event]:
    events: list[Event] = []
    for number, part in enumerate(item["summary"]):
        at = {"summary_index": number}
        empty = {"type": "summary_text", "text": ""}
        events.append({"type": "response.reasoning_summary_part.added", "part": empty, **at})
        events += _deltas("reasoning_summary_text", part["text"], "text", **at)
        events.append({"type": "response.reasoning_summary_part.done", "part": part, **at})
    for number, part in enumerate(item.get("content", [])):
        at = {"content_index": number}
        events.append({"type": "response.content_part.added", "part": {"type": "reasoning_text", "text": ""}, **at})
        events += _deltas("reasoning_text", part["text"], "text", **at)
    return events


def _statuses(kind: str, *names: str) -> list[Event]:
    return [{"type": f"response.{kind}.{name}"} for name in names]


def _shell_call(item: Item) -> list[Event]:
    events: list[Event] = []
    for number, command in enumerate(item["action"]["commands"]):
        events.append({"type": "response.shell_call_command.added", "command": "", "command_index": number})
        events += _deltas("shell_call_command", command, "command", command_index=number)
    return events


def _shell_output(item: Item) -> list[Event]:
    events: list[Event] = []
    for number, output in enumerate(item["output"]):
        delta = {name: output[name] for name in ("stdout", "stderr") if output[name]}
        at = {"command_index": number}
        events.append({"type": "response.shell_call_output_content.delta", "delta": delta, **at})
        events.append({"type": "response.shell_call_output_content.done", "output": [output], **at})
    return events


_INSIDE: dict[str, Any] = {
    "message": _message,
    "reasoning": _reasoning,
    "web_search_call": lambda _: _statuses("web_search_call", "in_progress", "searching", "completed"),
    "file_search_call": lambda _: _statuses("file_search_call", "in_progress", "searching", "completed"),
    "code_interpreter_call": lambda item: [
        *_statuses("code_interpreter_call", "in_progress"),
        *_deltas("code_interpreter_call_code", item["code"], "code"),
        *_statuses("code_interpreter_call", "interpreting", "completed"),
    ],
    "image_generation_call": lambda _: _statuses("image_generation_call", "in_progress", "generating", "completed"),
    "function_call": lambda item: _deltas("function_call_arguments", item["arguments"], "arguments"),
    "custom_tool_call": lambda item: _deltas("custom_tool_call_input", item["input"], "input"),
    "mcp_list_tools": lambda _: _statuses("mcp_list_tools", "in_progress", "completed"),
    "mcp_call": lambda item: [
        *_statuses("mcp_call", "in_progress"),
        *_deltas("mcp_call_arguments", item["arguments"], "arguments"),
        *_statuses("mcp_call", "failed" if item["status"] == "failed" else "completed"),
    ],
    "shell_call": _shell_call,
    "shell_call_output": _shell_output,
    "apply_patch_call": lambda item: _deltas("apply_patch_call_operation_diff", item["operation"]["diff"], "diff"),
    "compaction": lambda _: _statuses("compaction", "compacting"),
}
