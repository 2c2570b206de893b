"""Builds the request for a turn: what the model is told, and how it is told what came before.

*Stored* state names the previous response, which the provider keeps. *Manual* state sends the history again from the
mirror, though the provider keeps it. *Stateless* state does so too, and the provider keeps nothing. Where the previous
response cannot be named (expired, stopped, said by another provider), the history is rebuilt from the nearest one that
can be, or from the beginning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from conversations import catalog, schemas
from conversations.branches import path
from conversations.models import Conversation, Item, Response
from conversations.tools.hosted import OLDER_COMPUTER
from conversations.turns import calls, offers
from conversations.turns.history import Listener, Told, matched, told_again
from conversations.upstream.catalog import Capabilities
from conversations.upstream.unsupported import IMAGES, without

MOST_TURNS = 200
"""Turns that a rebuilt history goes back; what lies before is left out, and a remark says so."""
STRIDE = 50
RETOLD = "The history was sent from here, because the provider does not keep all of it."
CUT = f"The history is long: only its last {MOST_TURNS} messages and answers were sent."
AS_JSON: dict[str, Any] = {
    "type": "message",
    "role": "developer",
    "content": [{"type": "input_text", "text": "Answer with a JSON object."}],
}
SEALED = "reasoning.encrypted_content"
LONG_EFFORTS = {"xhigh", "max"}
"""Reasoning that takes minutes with any model."""


@dataclass
class Request:
    body: dict[str, Any]
    """Of `POST responses`, without `stream`."""
    remarks: list[str]
    """What a person may want to know of how the history was told."""
    anchor_id: int | None = None
    """The response that is named as the previous one."""
    bare: bool = False
    """Whether nothing in it refers to what the provider keeps or has sealed."""


def build(response: Response, *, rebuild: bool = False, bare: bool = False) -> Request:
    """Return the request for `response`. With `rebuild` no previous response is named even where one could be.

    With `bare` nothing is sent that only the provider itself can read. The turn's options go along as they are, but for
    what the provider was found to refuse; `store` and `background` are decided here unless an option says so.
    """
    known = catalog.capabilities(response.model)
    state = response.conversation.state_in_force
    options = dict(response.options)
    store = options.get("store") if isinstance(options.get("store"), bool) else state != Conversation.State.STATELESS
    reasons = bool(known.values("reasoning.effort") or known.summaries)
    anchor, between, whole = _history(response, name=state == Conversation.State.STORED and not (rebuild or bare))
    offered, remarks = offers.tools_of(response, known)
    tools = [*_dicts(options.get("tools")), *offered]
    listener = Listener("" if bare else response.endpoint, reasons=reasons, tools=tools)
    inputs = _inputs(response) if response.inputs is None else response.inputs
    told, given = told_again(between, listener), [item.payload for item in inputs]
    if anchor is not None and calls.waits_for_a_picture(anchor, given):
        # No output can be given for what was not done on the computer, so the call is not told at all
        return build(response, rebuild=True, bare=bare)
    items = matched(told + given, alone=anchor is None)
    if response.door == Response.Door.GATEWAY:  # what a client sends it means: the provider says what is wrong with it
        items = [item for item in items if not any(item is own for own in given)] + given
    else:
        items = _outputs(anchor, items) + items
    body: dict[str, Any] = {
        **options,
        "model": response.model,
        "input": items,
        "store": store,
    }
    if schemas.form_of(options) == "json_object" and not _says_json(body["input"], response.instructions):
        body["input"].append(AS_JSON)
    if response.instructions:
        body["instructions"] = response.instructions
    if anchor is not None:
        body["previous_response_id"] = anchor.provider_id
    if reasons and (not store or state != Conversation.State.STORED):
        body["include"] = sorted({*_words(options.get("include")), SEALED})
    if "background" not in options and store and _in_background(known, {**options, "tools": tools}):
        body["background"] = True
    if offered:
        body["tools"] = tools
        if any(tool["type"] == OLDER_COMPUTER for tool in offered):
            body.setdefault("truncation", "auto")  # which that tool asks for
    elif response.offered and not tools:
        body.pop("tool_choice", None)
    if body.get("background") and not store:
        del body["background"]  # the provider keeps nothing, so it is we who go on without the client
    if state == Conversation.State.STORED and between:
        remarks.append(RETOLD)
    if not whole:
        remarks.append(CUT)
    for parameter in known.refused:
        if not is_clients_own(response, parameter):
            body = without(body, parameter)
    return Request(body, remarks, anchor.pk if anchor is not None else None, bare)


def is_clients_own(response: Response, parameter: str) -> bool:
    """Whether a client of the gateway asked for the parameter by itself: it is told when the model does not take it."""
    name = re.split(r"[.=]", parameter)[0]
    return response.door == Response.Door.GATEWAY and ("tools" if name == IMAGES else name) in response.options


def _says_json(items: list[dict[str, Any]], instructions: str) -> bool:
    """The API takes `json_object` only where the model is told of JSON in words too."""
    return "json" in (instructions + str(items[-1].get("content") if items else "")).lower()


def _in_background(known: Capabilities, options: dict[str, Any]) -> bool:
    """Return whether a turn that may run in the background is better run there."""
    if not known.background or settings.SALON_BACKGROUND == "never":
        return False
    reasoning = options.get("reasoning")
    effort = reasoning.get("effort") if isinstance(reasoning, dict) else None
    paints = any(tool.get("type") == "image_generation" for tool in _dicts(options.get("tools")))
    return settings.SALON_BACKGROUND == "always" or known.thinks_long or effort in LONG_EFFORTS or paints


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _words(value: Any) -> list[str]:
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def _inputs(response: Response) -> list[Item]:
    return list(
        Item.objects.present()
        .filter(response=response.input_owner_id, direction=Item.Direction.INPUT)
        .order_by("index")
    )


def _outputs(anchor: Response | None, items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return an output for each call of the previous response that nothing answers: the API takes no conversation on
    in which there is one."""
    if anchor is None or not anchor.calls:
        return []
    return calls.outputs(anchor, but={str(item.get("call_id")) for item in items})


def _history(response: Response, *, name: bool) -> tuple[Response | None, list[Told], bool]:
    """Return the nearest earlier response that may be named, and the turns between it and this one, oldest first.

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
            if not _is_left_out(rows[pk]):
                passed.append(rows[pk])
        start = rows[ids[-1]].previous_response_id
    return anchor, _told(passed[::-1]), anchor is not None or start is None


def _told(rows: list[Response]) -> list[Told]:
    """Return the responses with what was asked and answered."""
    items: dict[tuple[int | None, str], list[Item]] = {}
    for item in (
        Item.objects.present()
        .filter(
            Q(response__in={row.input_owner_id for row in rows}, direction=Item.Direction.INPUT)
            | Q(response__in=[row.pk for row in rows], direction=Item.Direction.OUTPUT)
        )
        .order_by("index")
    ):
        items.setdefault((item.response_id, item.direction), []).append(item)
    return [
        Told(
            row,
            inputs=items.get((row.input_owner_id, Item.Direction.INPUT), []),
            outputs=items.get((row.pk, Item.Direction.OUTPUT), []),
        )
        for row in rows
    ]


def _is_left_out(row: Response) -> bool:
    """Whether no model is told of the turn: it was deleted, or the provider refused it and its client, who was told so,
    tries again in another way.
    """
    refused = row.door == Response.Door.GATEWAY and row.status == Response.Status.FAILED and not row.provider_id
    return refused or row.deleted_at is not None


def may_be_named(row: Response, response: Response) -> bool:
    """Whether `row` can be the `previous_response_id` of `response`: complete, still kept, and by the same provider."""
    return (
        bool(row.provider_id)
        and row.deleted_at is None
        and row.store
        and row.provider_deleted_at is None
        and row.status == Response.Status.COMPLETED
        and row.endpoint == response.endpoint
        and (row.provider_expires_at is None or row.provider_expires_at > timezone.now())
    )


def sent_input(response: Response) -> list[dict[str, Any]]:
    """Return the input of the request that was sent for `response`, told again by what its parameters named."""
    parameters: dict[str, Any] = response.parameters or {}
    named = parameters.get("previous_response_id")
    known = catalog.capabilities(response.model)
    reasons = bool(known.values("reasoning.effort") or known.summaries)
    listener = Listener(response.endpoint, reasons=reasons, tools=_dicts(parameters.get("tools")))
    between = _told(_since(response, named)[::-1])
    items = told_again(between, listener) + [item.payload for item in _inputs(response)]
    return matched(items, alone=named is None)


def _since(response: Response, named: str | None) -> list[Response]:
    """Return the turns after the response that was named, back to the first where none was, newest first."""
    passed: list[Response] = []
    start = response.previous_response_id
    while start is not None and len(passed) < MOST_TURNS:
        ids = path(start, STRIDE)
        rows = Response.objects.defer("final", "options", "parameters", "metadata").in_bulk(ids)
        for pk in ids:
            if named and rows[pk].provider_id == named:
                return passed
            passed.append(rows[pk])
        start = rows[ids[-1]].previous_response_id
    return passed
