"""Reads the body of a call: by its actual bytes, as JSON that is no deeper than it needs to be."""

from __future__ import annotations

from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from conversations.gateway.errors import ApiError, invalid, too_large, wrong_type

MOST_DEPTH = 64
"""Of arrays and objects within each other. A deep schema of a tool has a dozen."""


def json_object(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of the body, {} for none; raise `ApiError` (400, 413, 415)."""
    kind = request.content_type
    if kind and kind != "application/json" and not kind.endswith("+json"):
        message = (
            f"Unsupported content type: '{kind[:100]}'. This API method only accepts 'application/json' requests, but "
            f"you specified the header 'Content-Type: {kind[:100]}'."
        )
        raise ApiError(415, message, code="unsupported_content_type")
    body = parse(read(request))
    if not isinstance(body, dict):
        raise wrong_type("body", "an object", body)
    return body


def read(request: HttpRequest) -> bytes:
    """Return the bytes of the body; raise `ApiError` where they are too many, whatever the headers said."""
    most = settings.SALON_GATEWAY_BODY
    try:
        content: bytes = request.read(most + 1)
    except (UnreadablePostError, ValueError):  # the caller left meanwhile
        raise invalid("The body of the request could not be read.") from None
    if len(content) > most:
        raise too_large(most)
    return content


def parse(content: bytes | str) -> Any:
    """Return what the JSON says, {} for nothing at all; raise `ApiError`. For frames of a socket too."""
    try:
        value = msgspec.json.decode(content or b"{}")
    except (ValueError, RecursionError):
        message = (
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
            "library correctly. The API expects a JSON payload, but what was sent was not valid JSON.)"
        )
        raise invalid(message, code="invalid_json") from None
    if _may_be_deep(content) and isinstance(value, dict | list) and _depth(value) > MOST_DEPTH:
        raise invalid(f"The body is nested too deeply: {MOST_DEPTH} levels is the most.", code="nested_too_deeply")
    return value


def _may_be_deep(content: bytes | str) -> bool:
    """Whether there are so many brackets that it is worth a look. Most bodies are not walked through."""
    if isinstance(content, str):
        return content.count("[") + content.count("{") > MOST_DEPTH
    return content.count(b"[") + content.count(b"{") > MOST_DEPTH


def _depth(value: Any) -> int:
    """Return how deep arrays and objects lie within each other; without recursion, and no further than matters."""
    depth = 0
    level = [value]
    while level and depth <= MOST_DEPTH:
        inside = (outer.values() if isinstance(outer, dict) else outer for outer in level)
        level = [inner for values in inside for inner in values if isinstance(inner, dict | list)]
        depth += 1
    return depth
