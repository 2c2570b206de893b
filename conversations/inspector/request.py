"""The request as it was sent: the parameters as stored, and the input, told again from the mirror."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from conversations.models import Item, Response
from conversations.shown import MOST_DEPTH, redacted_tool
from conversations.snapshots import path
from conversations.turns.context import MOST_TURNS, STRIDE, replayed

SEALED = "encrypted_content"


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


def sent_input(response: Response) -> list[dict[str, Any]]:
    """Return the input items of the request: what was told again, then the turn's own."""
    stateless = not response.store
    told = [replayed(item, stateless=stateless) for item in _between(response)]
    own = Item.objects.filter(response=response.input_owner_id, direction=Item.Direction.INPUT).order_by("index")
    return [item for item in told if item is not None] + [item.payload for item in own]


def _between(response: Response) -> list[Item]:
    """Return the items between the response that the request named as the previous one and this turn, oldest first."""
    named = (response.parameters or {}).get("previous_response_id")
    passed: list[Response] = []
    start = response.previous_response_id
    while start is not None and len(passed) < MOST_TURNS:
        ids = path(start, STRIDE)
        rows = Response.objects.only("provider_id", "input_from", "previous_response").in_bulk(ids)
        for pk in ids:
            if named and rows[pk].provider_id == named:
                return _items(passed)
            passed.append(rows[pk])
        start = rows[ids[-1]].previous_response_id
    return _items(passed)


def _items(newest_first: list[Response]) -> list[Item]:
    items: dict[tuple[int, str], list[Item]] = {}
    for item in Item.objects.filter(
        Q(response__in={row.input_owner_id for row in newest_first}, direction=Item.Direction.INPUT)
        | Q(response__in=[row.pk for row in newest_first], direction=Item.Direction.OUTPUT)
    ).order_by("index"):
        items.setdefault((item.response_id, item.direction), []).append(item)
    found = []
    for row in reversed(newest_first):
        found += items.get((row.input_owner_id, Item.Direction.INPUT), [])
        found += items.get((row.pk, Item.Direction.OUTPUT), [])
    return found


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
    return {
        key: f"[{len(inner):,} characters: sealed by the provider, kept here]"
        if key == SEALED and isinstance(inner, str)
        else readable(inner, depth + 1)
        for key, inner in value.items()
    }
