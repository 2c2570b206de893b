"""Builds the request for a turn: what the model is told, and how it is told what came before.

*Stored* state names the previous response, which the provider keeps. *Stateless* state sends the history again from the
mirror, with encrypted reasoning, and the provider keeps nothing. Where the previous response cannot be named (expired,
stopped, said by another provider), the history is rebuilt from the nearest one that can be, or from the beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from conversations.models import Conversation, Item, Response
from conversations.snapshots import path
from conversations.upstream import catalog

MOST_TURNS = 200
"""Turns that a rebuilt history goes back; what lies before is left out, and a remark says so."""
STRIDE = 50
RETOLD = "The history was sent from here, because the provider does not keep all of it."
CUT = f"The history is long: only its last {MOST_TURNS} messages and answers were sent."


@dataclass
class Request:
    body: dict[str, Any]
    """Of `POST responses`, without `stream`."""
    remarks: list[str]
    """What a person may want to know of how the history was told."""


def build(response: Response, *, rebuild: bool = False) -> Request:
    """Return the request for `response`. With `rebuild` no previous response is named even where one could be.

    Its options go along as they are; what is decided here (state, history, background) wins over them.
    """
    conversation = response.conversation
    capabilities = catalog.capabilities(response.model)
    stateless = (conversation.state or settings.SALON_STATE) == Conversation.State.STATELESS
    anchor, between, whole = _history(response, name=not (stateless or rebuild))
    items = [replayed(item, stateless=stateless) for item in between]
    items += [item.payload for item in _inputs(response)]
    body: dict[str, Any] = {
        **response.options,
        "model": response.model,
        "input": [item for item in items if item is not None],
        "store": not stateless,
    }
    if response.instructions:
        body["instructions"] = response.instructions
    if anchor is not None:
        body["previous_response_id"] = anchor.provider_id
    if stateless and capabilities.reasoning_efforts:
        body["include"] = sorted({*body.get("include", []), "reasoning.encrypted_content"})
    if not stateless and _in_background(capabilities):
        body["background"] = True
    remarks = []
    if not stateless and between:
        remarks.append(RETOLD)
    if not whole:
        remarks.append(CUT)
    return Request(body, remarks)


def _in_background(capabilities: catalog.Capabilities) -> bool:
    if not capabilities.background or settings.SALON_BACKGROUND == "never":
        return False
    return settings.SALON_BACKGROUND == "always" or capabilities.thinks_long


def _inputs(response: Response) -> list[Item]:
    return list(Item.objects.filter(response=response.input_owner_id, direction=Item.Direction.INPUT).order_by("index"))


def _history(response: Response, *, name: bool) -> tuple[Response | None, list[Item], bool]:
    """Return the nearest earlier response that may be named, and the items between it and this turn, oldest first.

    The last value is False where the history is longer than what is told.
    """
    passed: list[Response] = []
    anchor = None
    start = response.previous_response_id
    if start is None:
        return None, [], True
    if name and response.previous_response is not None and may_be_named(response.previous_response, response):
        return response.previous_response, [], True
    while start is not None and anchor is None and len(passed) < MOST_TURNS:
        ids = path(start, STRIDE)
        rows = Response.objects.defer("final", "options", "parameters", "metadata").in_bulk(ids)
        for pk in ids:
            if name and may_be_named(rows[pk], response):
                anchor = rows[pk]
                break
            passed.append(rows[pk])
        start = rows[ids[-1]].previous_response_id
    owners = {row.input_owner_id for row in passed}
    items: dict[tuple[int, str], list[Item]] = {}
    for item in Item.objects.filter(
        Q(response__in=owners, direction=Item.Direction.INPUT)
        | Q(response__in=[row.pk for row in passed], direction=Item.Direction.OUTPUT)
    ).order_by("index"):
        items.setdefault((item.response_id, item.direction), []).append(item)
    between = []
    for row in reversed(passed):
        between += items.get((row.input_owner_id, Item.Direction.INPUT), [])
        between += items.get((row.pk, Item.Direction.OUTPUT), [])
    return anchor, between, anchor is not None or start is None


def may_be_named(row: Response, response: Response) -> bool:
    """Whether `row` can be the `previous_response_id` of `response`: complete, still kept, and by the same provider."""
    return (
        bool(row.provider_id)
        and row.store
        and row.provider_deleted_at is None
        and row.status == Response.Status.COMPLETED
        and row.endpoint == response.endpoint
        and (row.provider_expires_at is None or row.provider_expires_at > timezone.now())
    )


def replayed(item: Item, *, stateless: bool) -> dict[str, Any] | None:
    """Return a stored item as input, or None where the provider would refuse it or needs it not.

    Ids of items that the provider no longer keeps are refused, so they go. A reasoning item is only of use encrypted,
    and only beside the item that it led to (the API answers 400 for one that stands alone).
    """
    payload: dict[str, Any] = item.payload
    if item.direction == Item.Direction.INPUT:
        return payload
    if item.type == "message":
        text = [part for part in payload.get("content", []) if part.get("type") in {"output_text", "refusal"}]
        content = [
            {"type": "output_text", "text": part["text"], "annotations": []}
            if part["type"] == "output_text"
            else {"type": "refusal", "refusal": part.get("refusal", "")}
            for part in text
            if part.get("text") or part.get("refusal")
        ]
        return {"type": "message", "role": "assistant", "content": content} if content else None
    if item.type == "reasoning":
        if stateless and payload.get("encrypted_content") and item.status != "incomplete":
            kept = {key: payload[key] for key in ("type", "summary", "encrypted_content") if key in payload}
            return kept | {"summary": kept.get("summary", [])}
        return None
    if item.type in {"function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output"}:
        return {key: value for key, value in payload.items() if key not in {"id", "status"}}
    return None
