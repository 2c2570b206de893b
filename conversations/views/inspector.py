"""The inspector of an answer: fragments of HTML for the panel, and the deletion at the provider."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from conversations import access
from conversations.access import Access
from conversations.actions import provider_copies
from conversations.errors import NotFound, Refused
from conversations.inspector import answer as answers
from conversations.inspector import chain, events, provider, snippets, usage
from conversations.inspector import request as requests
from conversations.models import Item, Response
from conversations.views.json import SignedInRequest, answer, door

SLICE = 12_000
"""Characters of a body that are sent at once: as many as the page colours."""


@door("GET")
def panel(request: SignedInRequest, conversation_id: str, response_id: int) -> HttpResponse:
    found, response = _response(request, conversation_id, response_id)
    context = {
        "response": response,
        "conversation": found.conversation,
        "may_delete": found.membership.may_write,
        "asked_by": answers.asked_by(response),
        "timing": answers.timing(response),
        "usage": usage.usage(response),
        "kept": answers.kept(response),
        "previous": _neighbour(response, -1),
        "following": _neighbour(response, 1),
    }
    return _fragment(request, "panel", context)


@door("GET")
def panel_part(request: SignedInRequest, conversation_id: str, response_id: int, part: str) -> HttpResponse:
    """Answer a part of the panel that is loaded when it comes into sight, or the next page of one."""
    _found, response = _response(request, conversation_id, response_id)
    if part not in PARTS:
        raise NotFound
    after = request.GET.get("after", "").replace("\x00", "")[:200]
    return _fragment(request, *PARTS[part](response, after), of=response)


@door("GET")
def snippet(request: SignedInRequest, conversation_id: str, response_id: int, form: str) -> HttpResponse:
    """Answer the request as a command or a program, to be copied."""
    _found, response = _response(request, conversation_id, response_id)
    if form not in snippets.SNIPPETS:
        raise NotFound
    if not response.parameters:
        raise Refused("Nothing has been sent for this answer yet.", code="not_sent", status=409)
    written = snippets.SNIPPETS[form](response, snippets.target(request.build_absolute_uri("/").rstrip("/")))
    return answer({"text": written})


@door("POST")
def delete_at_provider(request: SignedInRequest, conversation_id: str, response_id: int) -> HttpResponse:
    """Delete the response at the provider. Doing it twice does no harm; the copy here stays."""
    found, response = _response(request, conversation_id, response_id)
    provider_copies.require_deletable(found, response)
    if response.provider_deleted_at is None:
        if problem := provider.delete(response):
            raise Refused(problem, code="provider", status=502)
        provider_copies.note_deleted(found, response)
    return answer({})


def _request_part(response: Response, after: str) -> tuple[str, dict[str, Any]]:
    return "body", {"part": "request", "body": _slice(requests.sent_body(response) or None, after)}


def _response_part(response: Response, after: str) -> tuple[str, dict[str, Any]]:
    return "body", {"part": "response", "body": _slice(answers.as_received(response), after)}


def _input_part(response: Response, after: str) -> tuple[str, dict[str, Any]]:
    owned = Item.objects.filter(response=response.input_owner_id, direction=Item.Direction.INPUT)
    if owned.count() != owned.present().count():  # the provider has it still
        raise Refused("A part of this was taken away.", code="taken_away", status=409)
    listed = provider.input_items(response, after=after)
    shown = [(item, json.dumps(item, ensure_ascii=False, indent=2)[:SLICE]) for item in listed.items]
    return "input", {"listed": listed, "shown": shown, "first": not after}


def _chain_part(response: Response, after: str) -> tuple[str, dict[str, Any]]:
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None
    if start is not None:
        # Only along this very chain: the number of a turn elsewhere leads nowhere
        start = start if Response.objects.filter(pk=start, conversation=response.conversation_id).exists() else None
    return "chain", {"chain": chain.chain(response, start=start)}


def _events_part(response: Response, after: str) -> tuple[str, dict[str, Any]]:
    return "events", {"page": events.events(response, after=after), "first": not after}


PARTS = {
    "request": _request_part,
    "response": _response_part,
    "input": _input_part,
    "chain": _chain_part,
    "events": _events_part,
}


def _slice(body: Any, after: str) -> dict[str, Any] | None:
    """Return a piece of a body's text, cut at a line; `following` is where the next one begins."""
    if body is None:
        return None
    text = json.dumps(body, ensure_ascii=False, indent=2)
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 12 else 0
    end = start + SLICE
    if end < len(text):
        end = max(text.rfind("\n", start, end) + 1, 0) or end
    return {"text": text[start:end], "following": end if end < len(text) else None, "length": len(text), "start": start}


def _response(request: SignedInRequest, conversation_id: str, response_id: int) -> tuple[Access, Response]:
    found = access.conversation_for(request.user, conversation_id)
    return found, access.response_in(found.conversation, response_id)


def _neighbour(response: Response, step: int) -> int | None:
    """Return the answer before this one on its line, or the one after it."""
    if step < 0:
        return response.previous_response_id
    after = Response.objects.filter(conversation=response.conversation_id, previous_response=response)
    same = after.filter(branch=response.branch_id).values_list("pk", flat=True).first()
    return same or after.values_list("pk", flat=True).first()


def _fragment(
    request: SignedInRequest, name: str, context: dict[str, Any], *, of: Response | None = None
) -> HttpResponse:
    context |= {"response": of or context["response"], "part_name": name}
    rendered = render(request, f"conversations/inspector/{name}.html", context)
    rendered["Cache-Control"] = "no-store"
    return rendered
