"""Tells a provider again what came before: each kind of item as input, and nothing that the provider would refuse.

What is kept, and why (API reference, "input items" and "semantics"):

- Ids are left out where the API allows it: those of items that are not kept any more are refused.
- A reasoning item is of use encrypted only, to a model that reasons at the provider that sealed it, and only together
  with the very item that it led to. Where it cannot go along, neither can hosted calls after it, which need it.
- A call goes along with its output, an approval with what it approved; one without the other is refused.
- Calls of hosted tools go along where the turn offers that tool; what they found is in the answer's words anyway.
- A compaction stands for all before it.
- What is of no kind that is known here stays away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from conversations.models import File, Item, Response
from conversations.turns.blobs import restore_blobs

MOST_IMAGES = 4
"""Made images whose bytes are sent again, the newest; they are megabytes each."""

ANSWERS = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "computer_call": "computer_call_output",
    "shell_call": "shell_call_output",
    "apply_patch_call": "apply_patch_call_output",
    "tool_search_call": "tool_search_output",
    "program": "program_output",
}
"""A call and the item that answers it, by the same `call_id`."""
TOOLS = {
    "web_search_call": ("web_search", "web_search_preview", "web_search_2025_08_26", "web_search_preview_2025_03_11"),
    "file_search_call": ("file_search",),
    "code_interpreter_call": ("code_interpreter",),
    "computer_call": ("computer", "computer_use_preview"),
    "computer_call_output": ("computer", "computer_use_preview"),
    "shell_call": ("shell",),
    "shell_call_output": ("shell",),
    "apply_patch_call": ("apply_patch",),
    "apply_patch_call_output": ("apply_patch",),
    "tool_search_call": ("tool_search",),
    "tool_search_output": ("tool_search",),
    "program": ("programmatic_tool_calling",),
    "program_output": ("programmatic_tool_calling",),
    "image_generation_call": ("image_generation",),
}
"""Items that only mean something beside a tool, and the types of that tool."""
FIELDS = {
    "function_call": "arguments call_id name namespace",
    "function_call_output": "call_id output name namespace",
    "custom_tool_call": "call_id input name namespace",
    "custom_tool_call_output": "call_id output",
    "web_search_call": "id action status",
    "file_search_call": "id queries results status",
    "code_interpreter_call": "id code container_id outputs status",
    "computer_call": "id call_id action actions pending_safety_checks status",
    "computer_call_output": "call_id output acknowledged_safety_checks",
    "shell_call": "action call_id environment",
    "shell_call_output": "call_id output max_output_length",
    "apply_patch_call": "call_id operation status",
    "apply_patch_call_output": "call_id status output",
    "tool_search_call": "arguments call_id execution",
    "tool_search_output": "tools call_id execution",
    "program": "id call_id code fingerprint",
    "program_output": "id call_id result status",
    "mcp_list_tools": "id server_label tools",
    "mcp_call": "id arguments name server_label approval_request_id output error",
    "mcp_approval_request": "id arguments name server_label",
    "image_generation_call": "id result",
}
"""What the API takes of an item as input, beside its type; the rest of what it gave is refused or of no use."""
HOSTED = frozenset(
    {"web_search_call", "file_search_call", "code_interpreter_call", "computer_call", "image_generation_call"}
    | {"mcp_list_tools", "mcp_call", "mcp_approval_request", "program"}
)
"""Items that keep their ids, by which a provider that still has them asks for the reasoning before them."""


@dataclass
class Told:
    """One earlier turn: the response, what was asked, what was answered."""

    response: Response
    inputs: Sequence[Item]
    outputs: Sequence[Item]


@dataclass
class Listener:
    """Who is told: a provider ("" where it shall have nothing back that only it can read), whether the model reasons,
    the tools that this turn offers."""

    endpoint: str
    reasons: bool
    tools: Sequence[dict[str, Any]] = field(default_factory=list)

    def offers(self, payload: dict[str, Any]) -> bool:
        """Return whether the tool that an item belongs to is offered in this turn."""
        kind = payload.get("type")
        if kind in {"mcp_list_tools", "mcp_call", "mcp_approval_request"}:
            label = payload.get("server_label")
            return any(tool.get("type") == "mcp" and tool.get("server_label") == label for tool in self.tools)
        return kind not in TOOLS or any(tool.get("type") in TOOLS[kind] for tool in self.tools)


def told_again(turns: Iterable[Told], listener: Listener) -> list[dict[str, Any]]:
    """Return the items of earlier turns, oldest first, as input for `listener`."""
    items: list[dict[str, Any]] = []
    for turn in turns:
        own = turn.response.endpoint == listener.endpoint
        # What a retention rule took out is not told; `matched` leaves out the other half of a call
        items += [item.payload for item in turn.inputs if item.purged_at is None]
        items += _answer([item.payload for item in turn.outputs if item.purged_at is None], listener, own=own)
    last = max((index for index, item in enumerate(items) if item.get("type") == "compaction"), default=0)
    return _with_few_images(items[last:])


def matched(items: Sequence[dict[str, Any]], *, alone: bool) -> list[dict[str, Any]]:
    """Return a request's items without calls that nobody answered, and answers to nothing.

    `alone` says that no previous response is named, in which the other half could lie.
    """
    calls = {(item.get("type"), item.get("call_id")) for item in items}
    asked = {item.get("id") for item in items if item.get("type") == "mcp_approval_request"}
    answered = {item.get("approval_request_id") for item in items if item.get("type") == "mcp_approval_response"}
    calling = {answer: call for call, answer in ANSWERS.items()}

    def fits(item: dict[str, Any]) -> bool:
        kind = item.get("type", "")
        if kind in ANSWERS:
            return (ANSWERS[kind], item.get("call_id")) in calls or item.get("execution") == "server"
        if kind in calling and alone:
            return (calling[kind], item.get("call_id")) in calls or item.get("execution") == "server"
        if kind == "mcp_approval_request":
            return item.get("id") in answered
        if kind == "mcp_approval_response" and alone:
            return item.get("approval_request_id") in asked
        # What a reference names is told again itself; the call that a local shell answered is not
        return kind not in {"item_reference", "local_shell_call_output"} or not alone

    return _without_orphans([_approved(item, asked) if fits(item) else None for item in items])


def _answer(output: Sequence[dict[str, Any]], listener: Listener, *, own: bool) -> Iterator[dict[str, Any]]:
    """Yield the items of one answer as input. `own` says that this provider gave it."""
    thoughts: list[dict[str, Any]] = []
    lost = False
    for payload in output:
        kind = payload.get("type", "")
        if kind == "reasoning":
            if own and listener.reasons and payload.get("encrypted_content") and not lost:
                thoughts.append(_thought(payload))
            else:
                lost, thoughts = True, []
            continue
        if kind == "compaction":
            if own and payload.get("encrypted_content"):
                yield {"type": kind, "encrypted_content": payload["encrypted_content"]}
            continue
        item = None if (kind in HOSTED and (lost or not own)) else _as_input(payload, listener)
        if item is None:
            lost, thoughts = lost or bool(thoughts), []
            if kind == "image_generation_call" and payload.get("result"):
                yield _picture_in_words(payload)
            continue
        yield from thoughts
        thoughts = []
        yield item


def _as_input(payload: dict[str, Any], listener: Listener) -> dict[str, Any] | None:
    """Return an item of an answer as input, or None where it is of no use there."""
    kind = payload.get("type", "")
    if kind == "message":
        return _message(payload)
    make: Callable[[dict[str, Any]], dict[str, Any] | None] = SPECIAL.get(kind, _plain)
    return make(payload) if kind in FIELDS and listener.offers(payload) else None


def _message(payload: dict[str, Any]) -> dict[str, Any] | None:
    content = []
    for part in payload.get("content") or []:
        if part.get("type") == "output_text" and part.get("text"):
            content.append({"type": "output_text", "text": part["text"], "annotations": []})
        elif part.get("type") == "refusal" and part.get("refusal"):
            content.append({"type": "refusal", "refusal": part["refusal"]})
    phase = {"phase": payload["phase"]} if payload.get("phase") else {}
    return {"type": "message", "role": "assistant", "content": content, **phase} if content else None


def _plain(payload: dict[str, Any]) -> dict[str, Any] | None:
    if payload.get("status") in {"in_progress", "incomplete", "failed", "searching", "interpreting", "calling"}:
        return None
    kept = {name: payload[name] for name in FIELDS[payload["type"]].split() if payload.get(name) is not None}
    return {"type": payload["type"], **restore_blobs(kept)}


def _picture(payload: dict[str, Any]) -> dict[str, Any] | None:
    """Keep the reference to the bytes: they are read for the few images that go along."""
    if not payload.get("result") or not payload.get("id"):
        return None
    return {name: payload.get(name) for name in ("type", "id", "result", "revised_prompt")}


def _picture_in_words(payload: dict[str, Any]) -> dict[str, Any]:
    words = f"[An image was made here: {payload.get('revised_prompt') or 'without a description'}]"
    content = [{"type": "output_text", "text": words, "annotations": []}]
    return {"type": "message", "role": "assistant", "content": content}


def _thought(payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "reasoning",
        "summary": payload.get("summary") or [],
        "encrypted_content": payload["encrypted_content"],
    }


def _interpreter(payload: dict[str, Any]) -> dict[str, Any] | None:
    """Code and outputs must be named even where there are none."""
    kept = _plain(payload)
    return {"code": None, "outputs": None, **kept} if kept else None


def _on_computer(payload: dict[str, Any]) -> dict[str, Any] | None:
    """The provider leaves these in progress until it has the picture after them."""
    return _plain({**payload, "status": "completed"})


SPECIAL = {
    "image_generation_call": _picture,
    "code_interpreter_call": _interpreter,
    "computer_call": _on_computer,
}


def _with_few_images(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the bytes of the newest images in their places, and words in those of the others."""
    places = [index for index, item in enumerate(items) if item.get("type") == "image_generation_call"]
    newest = set(places[-MOST_IMAGES:])
    told = list(items)
    for index in places:
        item = items[index]
        told[index] = _picture_in_words(item)
        if index in newest:
            try:
                result = restore_blobs(item["result"])
            except (OSError, File.DoesNotExist):  # a retention rule took the picture
                continue
            told[index] = {"type": item["type"], "id": item["id"], "status": "completed", "result": result}
    return told


def _approved(item: dict[str, Any], asked: set[Any]) -> dict[str, Any]:
    """A call whose request for approval does not go along must not name it."""
    if item.get("type") == "mcp_call" and item.get("approval_request_id") not in asked:
        return {name: value for name, value in item.items() if name != "approval_request_id"}
    return item


def _without_orphans(items: Sequence[dict[str, Any] | None]) -> list[dict[str, Any]]:
    """Leave out what became None, and the reasoning that led to it."""
    kept: list[dict[str, Any]] = []
    for item in items:
        if item is None or (item.get("type", "message") == "message" and item.get("role") != "assistant"):
            while kept and kept[-1].get("type") == "reasoning":
                kept.pop()
        if item is not None:
            kept.append(item)
    while kept and kept[-1].get("type") == "reasoning":
        kept.pop()
    return kept
