"""The request as it was sent: the parameters as stored, and the input, told again from the mirror."""

from __future__ import annotations

import re
from typing import Any

from conversations.models import Response
from conversations.shown import MOST_DEPTH, redacted_tool
from conversations.turns.blobs import LARGE, SAID
from conversations.turns.context import sent_input

SEALED = "encrypted_content"
BYTES = re.compile(r"(?:data:[\w/+.-]*;base64,)?[A-Za-z0-9+/]+=*")


def sent_body(response: Response) -> dict[str, Any]:
    """Return the body of the request as it was sent, in the order in which people read it.

    Bytes stand as references, secrets of tools are redacted, encrypted reasoning is only counted. The body is empty
    where nothing has been sent yet.
    """
    parameters: dict[str, Any] = response.parameters or {}
    if not parameters:
        return {}
    body: dict[str, Any] = {"model": parameters.get("model", response.model)}
    if response.instructions:
        body["instructions"] = response.instructions
    body["input"] = [readable(item) for item in sent_input(response)]
    body |= {name: value for name, value in parameters.items() if name not in body}
    if isinstance(tools := body.get("tools"), list):
        body["tools"] = [redacted_tool(tool) for tool in tools]
    return body | {"stream": True}


def readable(value: Any, depth: int = 0) -> Any:
    """Return a payload for people: references to bytes and sealed content as a few words in brackets."""
    if depth > MOST_DEPTH:
        return value
    if isinstance(value, list):
        return [readable(inner, depth + 1) for inner in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("$file"), str):
        size = f", {value['width']} × {value['height']}" if value.get("width") and value.get("height") else ""
        return f"[{value['$file']}{size}: kept here]"
    return {key: _words(key, inner) or readable(inner, depth + 1) for key, inner in value.items()}


def _words(key: str, value: Any) -> str:
    """Return what stands for a text that nobody can read, "" for any other value."""
    if not isinstance(value, str):
        return ""
    if key == SEALED:
        return f"[{len(value):,} characters: sealed by the provider, kept here]"
    if key not in SAID and len(value) >= LARGE and BYTES.fullmatch(value):
        return f"[{len(value):,} characters of base64: kept here]"
    return ""
