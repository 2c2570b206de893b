"""Items as browsers see them: bytes by their address, what is encrypted or secret left out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.urls import reverse

MOST_DEPTH = 60
REDACTED = "redacted"


def shown_item(payload: dict[str, Any]) -> dict[str, Any]:
    """Return an input or output item as browsers see it.

    Encrypted content stays on the server, secrets of tools are redacted, and a reference to stored bytes becomes their
    address; that of a generated picture stands as `image` in place of `result`.
    """
    item: dict[str, Any] = _shown(payload, 0)
    if isinstance(tools := item.get("tools"), list):
        item["tools"] = [redacted_tool(tool) for tool in tools]
    if isinstance(result := payload.get("result"), dict) and "$file" in result:
        item["image"] = item.pop("result")
    elif payload.get("type") == "image_generation_call":
        item.pop("result", None)  # what a provider called a picture, and is none
    return item


def _shown(value: Any, depth: int) -> Any:
    if depth > MOST_DEPTH:
        return value
    if isinstance(value, dict):
        if isinstance(value.get("$file"), str):
            return image(value)
        return {key: _shown(inner, depth + 1) for key, inner in value.items() if key != "encrypted_content"}
    return [_shown(inner, depth + 1) for inner in value] if isinstance(value, list) else value


def image(reference: dict[str, Any]) -> dict[str, Any]:
    """Return the address and size of an image from the reference that stands for its bytes in the mirror."""
    shown = {
        "id": reference["$file"],
        "url": reverse("file", args=[reference["$file"]]),
        "width": reference.get("width"),
        "height": reference.get("height"),
    }
    return shown | {name: reference[name] for name in ("name", "size", "pages") if name in reference}


def redacted_tool(tool: Any) -> Any:
    """Return a tool definition without the secrets that it may hold: headers, authorization, what its URL carries."""
    if not isinstance(tool, dict):
        return tool
    shown = dict(tool)
    if isinstance(headers := shown.get("headers"), dict):
        shown["headers"] = dict.fromkeys(headers, REDACTED)
    if shown.get("authorization"):
        shown["authorization"] = REDACTED
    if isinstance(url := shown.get("server_url"), str):
        shown["server_url"] = _without_secrets(url)
    if isinstance(tools := shown.get("tools"), list):  # a namespace
        shown["tools"] = [redacted_tool(inner) for inner in tools]
    return shown


def _without_secrets(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return REDACTED
    return f"{parts.scheme}://{host}{parts.path}" + (f"?{REDACTED}" if parts.query else "")
