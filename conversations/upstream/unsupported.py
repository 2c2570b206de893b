"""What a provider says that a model does not take, in the words of its errors; and a request without it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .errors import UpstreamError

NEEDED = frozenset(
    {"model", "input", "instructions", "previous_response_id", "conversation", "store", "stream", "prompt"}
    | {"tools", "text", "text.format", "tool_choice"}
)
"""Without these the answer would be to something else, so the request fails instead."""
IMAGES = "image_generation"
OF_IMAGES = ("partial_images", "output_compression", "moderation", "input_fidelity")
"""Options of the image tool without which the picture is still what was asked for."""
CODES = {
    "unsupported_parameter",
    "unknown_parameter",
    "unsupported_value",
    "unrecognized_parameter",
    "unsupported_tool",
}
VALUE = re.compile(r"(?:unsupported|invalid) value", re.I)
NOT_TAKEN = re.compile(r"unsupported|not supported|unknown parameter|unrecognized|not permitted|does not support", re.I)
NAME = re.compile(r"['\"`“]([a-z][a-z_]*(?:\.[a-z][a-z_]*)*)['\"`”]|supplied: ([a-z_.]+)")
HISTORY = re.compile(
    r"no tool (?:output|call) found|without its required|encrypted content .*(?:could not|cannot)"
    r"|items are not persisted|item with id .* not found|no approval request|container .*(?:expired|not found)",
    re.I,
)


def history_refused(error: UpstreamError) -> bool:
    """Return whether the provider refused how the conversation so far was told: half a call, a foreign seal."""
    message = error.body.get("message")
    return error.code == "invalid_encrypted_content" or bool(
        error.status in (400, 404) and isinstance(message, str) and HISTORY.search(message)
    )


def unsupported_parameter(error: UpstreamError, body: Mapping[str, Any]) -> str | None:
    """Return the parameter of `body` that `error` says the model does not take, None where it says something else.

    Named as in `"top_p"` and `"reasoning.summary"`; with its value (`"reasoning.effort=minimal"`, `"tools=mcp"`) where
    only that was refused, and as `"image_generation.partial_images"` for an option of that tool. What a request cannot
    go without is never returned.
    """
    message = error.body.get("message")
    text = message if isinstance(message, str) else ""
    if error.status not in (400, 422) or not (error.code in CODES or NOT_TAKEN.search(text)):
        return None
    if (option := _image_option(f"{error.param or ''} {text}", body)) is not None:
        return option
    if (error.param or "").startswith("tools"):
        return _tool(text, body)
    if error.param == "include" or "encrypted content" in text.lower():
        return _include(text, body)
    named = [error.param] if error.param else [found[1] or found[2] for found in NAME.finditer(text)]
    for parameter in named:
        value = _value(body, parameter)
        if parameter in NEEDED or value is None:
            continue
        if isinstance(value, str) and (error.code == "unsupported_value" or VALUE.search(text)):
            return f"{parameter}={value}"
        return parameter
    return None


def without(body: Mapping[str, Any], parameter: str) -> dict[str, Any]:
    """Return a request without a parameter, named as `unsupported_parameter` does. Other values of it stay."""
    path, _, value = parameter.partition("=")
    if path.startswith(f"{IMAGES}."):
        return _without_image_option(body, path.partition(".")[2])
    if path in ("tools", "include"):
        kept = [
            entry
            for entry in body.get(path) or []
            if (entry.get("type") if isinstance(entry, dict) else entry) != value
        ]
        return _with(body, path, kept or None)
    found = _value(body, path)
    if found is None or (value and found != value):
        return dict(body)
    name, _, rest = path.partition(".")
    return _with(body, name, without(body[name], rest) or None if rest else None)


def _with(body: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    kept = {key: entry for key, entry in body.items() if key != name or value is not None}
    return {**kept, name: value} if value is not None else kept


def _value(body: Mapping[str, Any], path: str) -> Any:
    """Return what stands at a path; None where nothing does."""
    value: Any = body
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _image_option(said: str, body: Mapping[str, Any]) -> str | None:
    """Return the option of the image tool that an error names, if it can be left out."""
    asked = {name for tool in _tools(body) if tool.get("type") == IMAGES for name in tool}
    found = (name for name in OF_IMAGES if name in asked and re.search(rf"\b{name}\b", said))
    return next((f"{IMAGES}.{name}" for name in found), None)


def _without_image_option(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    if not any(tool.get("type") == IMAGES and name in tool for tool in _tools(body)):
        return dict(body)
    tools = [
        {key: value for key, value in tool.items() if key != name} if tool.get("type") == IMAGES else tool
        for tool in _tools(body)
    ]
    return {**body, "tools": tools}


def _tools(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [tool for tool in body.get("tools") or [] if isinstance(tool, dict)]


def _tool(text: str, body: Mapping[str, Any]) -> str | None:
    """Return the hosted tool that an error names. Functions are a person's own words, and no type."""
    kinds = [tool.get("type") for tool in body.get("tools") or [] if isinstance(tool, dict)]
    named = [
        kind
        for kind in kinds
        if isinstance(kind, str) and kind != "function" and re.search(rf"\b{re.escape(kind)}\b", text)
    ]
    choice = body.get("tool_choice")
    chosen = isinstance(choice, dict) or choice == "required"
    return f"tools={max(named, key=len)}" if named and not chosen else None


def _include(text: str, body: Mapping[str, Any]) -> str | None:
    wanted = [word for word in body.get("include") or [] if isinstance(word, str)]
    for word in wanted:
        if word in text or word.rpartition(".")[2].replace("_", " ") in text.lower():
            return f"include={word}"
    return f"include={wanted[0]}" if len(wanted) == 1 else None
