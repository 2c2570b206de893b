"""A response of the mirror as the API's object: as the provider ended it, or made from what the mirror has of it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from conversations.models import Item, Response, StreamChunk
from conversations.turns.blobs import restore_kept

DEFAULTS: dict[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "parallel_tool_calls": True,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "prompt_cache_key": None,
    "reasoning": None,
    "safety_identifier": None,
    "service_tier": "default",
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
"""What the API answers for parameters that were not given."""
SECRET = ("headers", "authorization")
"""Of tools. The API answers null for them."""


def response_object(response: Response) -> dict[str, Any]:
    """Return the response as it is now."""
    if response.final is not None:
        return at_home(restore_kept(response.final), response)
    return at_home(_unended(response) if response.is_running else _ended_here(response), response)


def at_home(body: dict[str, Any], response: Response) -> dict[str, Any]:
    """Say what the provider cannot know: our conversation, and the previous response where it was told the history."""
    previous = response.previous_response
    if not body.get("previous_response_id") and previous is not None and previous.provider_id:
        body["previous_response_id"] = previous.provider_id
    if not body.get("conversation"):
        body["conversation"] = {"id": response.conversation_id}
    if response.door == Response.Door.GATEWAY:
        asked = {"store": "store" not in response.options, "background": bool(response.options.get("background"))}
        for name, sent in (("store", response.store), ("background", response.background)):
            if asked[name] != sent:  # the whole server does otherwise at the provider; to clients it is as they asked
                body[name] = asked[name]
    return body


def emptied(response: Response) -> dict[str, Any]:
    """Return the end of a response that nothing was asked for."""
    counts = {"input_tokens": 0, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 0, "total_tokens": 0}
    usage = counts | {"output_tokens_details": {"reasoning_tokens": 0}}
    ended = {"status": response.status, "completed_at": int(timezone.now().timestamp()), "usage": usage}
    return _from_row(response) | ended


def _unended(response: Response) -> dict[str, Any]:
    body, begun = _created(response)
    status = Response.Status.IN_PROGRESS if begun else body.get("status", response.status)
    return body | {"status": status}


def _ended_here(response: Response) -> dict[str, Any]:
    """A response of which the provider sent no end: it was stopped, cut off or refused."""
    body, _ = _created(response)
    items = Item.objects.filter(response=response, direction=Item.Direction.OUTPUT).order_by("index")
    body |= {
        "status": response.status,
        "output": [restore_kept(item.payload) for item in items],
        "incomplete_details": response.incomplete_details,
        "usage": response.usage,
        "error": None,
    }
    if response.error:
        body["error"] = {name: response.error.get(name) for name in ("code", "message")}
    return body


def _created(response: Response) -> tuple[dict[str, Any], bool]:
    """Return the response as its stream began, and whether the stream tells that it has been begun with.

    Streams are not kept for long: after that it is made from the row.
    """
    chunks = list(StreamChunk.objects.filter(response=response.pk).order_by("epoch", "sequence")[:2])
    events = chunks[0].events if chunks else []
    waits = all(event.get("type") in {"response.created", "response.queued"} for event in events)
    begun = len(chunks) > 1 or not waits
    if events and isinstance(body := events[0].get("response"), dict):
        return restore_kept(body), begun
    return _from_row(response), begun


def _from_row(response: Response) -> dict[str, Any]:
    asked = {name: value for name, value in (response.parameters or response.options).items() if name in DEFAULTS}
    if "tools" in asked:
        asked["tools"] = [_as_asked(tool) for tool in asked["tools"]]
    return {
        "id": response.provider_id,
        "object": "response",
        "created_at": int((response.started_at or response.queued_at).timestamp()),
        "status": response.status,
        "background": response.background,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "model": response.deployment or response.model,
        "output": [],
        "previous_response_id": None,
        "store": response.store,
        "usage": None,
        "metadata": response.metadata or (response.options or {}).get("metadata") or {},
        **DEFAULTS,
        **asked,
        "instructions": response.instructions or (response.options or {}).get("instructions"),
    }


def _as_asked(tool: Any) -> Any:
    """Return a tool without its secrets, with files by the ids by which they were named."""
    shown = _with_ids(tool)
    return shown | dict.fromkeys(set(shown) & set(SECRET)) if isinstance(shown, dict) else shown


def _with_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_ids(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if "$file" in value:
        return value.get("file_id") or value["$file"]
    carried = value.get("image_url")
    if isinstance(carried, dict) and "$file" in carried:
        return {name: inner for name, inner in value.items() if name != "image_url"} | {"file_id": _with_ids(carried)}
    return {name: _with_ids(inner) for name, inner in value.items()}
