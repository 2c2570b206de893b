"""What programs do with the items of a conversation beside turns: add some that no model answers, take one away."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from conversations import events
from conversations.access import Access
from conversations.actions import program_files, turns
from conversations.errors import Refused
from conversations.models import Branch, Conversation, Item, Response
from conversations.models.audit import record
from conversations.moderation import taking

MODELS = frozenset({"reasoning", "compaction", "mcp_list_tools", "mcp_approval_request", "program", "tool_search_call"})
"""Types of what a model says, beside messages of the assistant and everything that ends in `_call`."""
IDS = {"message": "msg", "reasoning": "rs", "function_call": "fc", "custom_tool_call": "ctc", "mcp_call": "mcp"}


def add(access: Access, payloads: Sequence[dict[str, Any]]) -> list[Item]:
    """Add items to the end of the conversation, as turns that were answered elsewhere or not at all; return them.

    The next turn tells them to its model. Raise `Refused`, also while a turn is running.
    """
    access.require_writer()
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        turns.require_idle(conversation)
        brought = program_files.bring_in(access, list(payloads))
        branch = conversation.branch or Branch.objects.create(conversation=conversation, created_by=access.user)
        previous = branch.head
        items: list[Item] = []
        for given, said in _turns(brought):
            previous = _turn(conversation, branch, previous, access)
            items += _stored(previous, access, given, Item.Direction.INPUT)
            items += _stored(previous, access, [_said(payload) for payload in said], Item.Direction.OUTPUT)
            turns.announce(conversation, branch, previous, title=title_of(given))
    return items


def title_of(payloads: Sequence[dict[str, Any]]) -> str:
    """Return the first words of a person among these items."""
    for payload in payloads:
        content = payload.get("content")
        if payload.get("role") == "user" and isinstance(content, list):
            texts = [part.get("text") for part in content if part.get("type") == "input_text"]
            if words := " ".join(text for text in texts if isinstance(text, str)).strip():
                return words
    return ""


def delete(access: Access, item: Item) -> None:
    """Take an item from everybody and from what models are told. Raise `Refused` (403) for what somebody else said."""
    access.require_writer()
    assert item.response is not None  # notes have a way of their own
    responsible = item.author_id or item.response.created_by_id
    if responsible != access.user.pk and not access.membership.is_owner:
        raise Refused("You can delete what you wrote or asked for.", code="not_yours", status=403)
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        if taking.take(conversation, item):
            record("item.delete", actor=access.user, object=item, details={"conversation": conversation.pk})


def _turns(payloads: Sequence[dict[str, Any]]) -> list[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Return the items as turns: what was given, and what was said to it."""
    turns_: list[tuple[list[dict[str, Any]], list[dict[str, Any]]]] = []
    for payload in payloads:
        is_said = _is_said(payload)
        if not turns_ or (turns_[-1][1] and not is_said):
            turns_.append(([], []))
        turns_[-1][is_said].append(payload)
    return turns_


def _is_said(payload: dict[str, Any]) -> bool:
    kind = str(payload.get("type"))
    return payload.get("role") == "assistant" if kind == "message" else kind.endswith("_call") or kind in MODELS


def _said(payload: dict[str, Any]) -> dict[str, Any]:
    """Return what a model said in the form in which one says it."""
    kind = str(payload.get("type"))
    given = {"id": f"{IDS.get(kind, 'item')}_{secrets.token_hex(24)}", **payload}
    if kind != "message":
        return given
    content = [
        {"annotations": [], **part} if part.get("type") == "output_text" else part for part in payload["content"]
    ]
    return {**given, "status": payload.get("status") or "completed", "content": content}


def _turn(conversation: Conversation, branch: Branch, previous: Response | None, access: Access) -> Response:
    now = timezone.now()
    return Response.objects.create(
        conversation=conversation,
        branch=branch,
        previous_response=previous,
        created_by=access.user,
        door=Response.Door.GATEWAY,
        status=Response.Status.COMPLETED,
        store=False,
        queued_at=now,
        started_at=now,
        done_at=now,
    )


def _stored(
    response: Response, access: Access, payloads: Sequence[dict[str, Any]], direction: Item.Direction
) -> list[Item]:
    return Item.objects.bulk_create(
        [
            Item.from_payload(payload, response=response, direction=direction, index=index, author=access.user)
            for index, payload in enumerate(payloads)
        ]
    )
