"""The calls on conversations and their items. Salon's conversations are the API's; rights are those of its members."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from conversations import access
from conversations.access import Access
from conversations.actions import conversations as conversation_actions
from conversations.actions import items as item_actions
from conversations.errors import NotFound
from conversations.gateway import idempotency, inputs, items
from conversations.gateway.answers import is_ascending, limit, listing, obj
from conversations.gateway.bodies import json_object
from conversations.gateway.calls import CallRequest, needs
from conversations.gateway.errors import ApiError, invalid, missing, unknown, wrong_type
from conversations.models import Conversation, Item, User

MOST_ITEMS = 20
"""That are added at once, as the API has it."""
MOST_PAIRS, LONGEST_NAME, LONGEST_VALUE = 16, 64, 512


@needs("write")
def create(request: CallRequest) -> HttpResponse:
    body = json_object(request)
    metadata, given = _metadata(body) or {}, _items(request, body) if body.get("items") is not None else []
    with idempotency.once(request, idempotency.fingerprint(request, msgspec.json.encode(body))) as once:
        if not once.result:
            with transaction.atomic():
                found = conversation_actions.create(request.caller.user)
                conversation_actions.note(found, metadata)
                if given:
                    item_actions.add(found, given)
                once.keep(found.conversation.pk)
    return obj(_shown(_found(request, once.result).conversation))


@needs("read")
def retrieve(request: CallRequest, conversation_id: str) -> HttpResponse:
    return obj(_shown(_found(request, conversation_id).conversation))


@needs("write")
def update(request: CallRequest, conversation_id: str) -> HttpResponse:
    found = _found(request, conversation_id)
    body = json_object(request)
    if "metadata" not in body:
        raise missing("metadata")
    conversation_actions.note(found, _metadata(body) or {})
    return obj(_shown(found.conversation))


@needs("write")
def delete(request: CallRequest, conversation_id: str) -> HttpResponse:
    conversation_actions.delete(_found(request, conversation_id))
    return obj({"id": conversation_id, "object": "conversation.deleted", "deleted": True})


@needs("read")
def list_items(request: CallRequest, conversation_id: str) -> HttpResponse:
    page = items.conversation_items(
        _found(request, conversation_id).conversation,
        after=request.GET.get("after", ""),
        limit=limit(request, usual=20, most=100),
        ascending=is_ascending(request),
        include=_include(request),
    )
    return listing(page.data, has_more=page.has_more)


@needs("write")
def create_items(request: CallRequest, conversation_id: str) -> HttpResponse:
    found = _found(request, conversation_id)
    body = json_object(request)
    given = _items(request, body)
    with idempotency.once(request, idempotency.fingerprint(request, msgspec.json.encode(body))) as once:
        if not once.result:
            with transaction.atomic():
                added = item_actions.add(found, given)
                once.keep(f"{added[0].pk}-{added[-1].pk}")
    first, _, last = once.result.partition("-")
    rows = (
        Item.objects.present()
        .of_responses()
        .filter(conversation=found.conversation, pk__gte=first, pk__lte=last)
        .order_by("pk")
    )
    return listing([items.item_object(item, _include(request)) for item in rows])


@needs("read")
def retrieve_item(request: CallRequest, conversation_id: str, item_id: str) -> HttpResponse:
    item = _item(_found(request, conversation_id).conversation, item_id)
    return obj(items.item_object(item, _include(request)))


@needs("write")
def delete_item(request: CallRequest, conversation_id: str, item_id: str) -> HttpResponse:
    found = _found(request, conversation_id)
    item_actions.delete(found, _item(found.conversation, item_id))
    return obj(_shown(found.conversation))


def _found(request: CallRequest, conversation_id: str) -> Access:
    try:
        return access.conversation_for(request.caller.user, conversation_id)
    except NotFound:
        raise unknown("Conversation", conversation_id) from None


def _item(conversation: Conversation, item_id: str) -> Item:
    present = Item.objects.present().of_responses().filter(conversation=conversation, response__deleted_at=None)
    item = items.find_item(present.select_related("response"), item_id)
    if item is None:
        raise unknown("Item", item_id)
    return item


def _shown(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.pk,
        "object": "conversation",
        "created_at": int(conversation.created_at.timestamp()),
        "metadata": conversation.metadata or {},
    }


def _items(request: CallRequest, body: dict[str, Any]) -> list[dict[str, Any]]:
    given = body.get("items")
    if given is None:
        raise missing("items")
    if not isinstance(given, list):
        raise wrong_type("items", "an array", given)
    if not given:
        raise invalid("Invalid 'items': empty array.", param="items", code="empty_array")
    user: User = request.caller.user
    return items.resolved(user, inputs.read_items(given, name="items", most=MOST_ITEMS))


def _metadata(body: dict[str, Any]) -> dict[str, str] | None:
    """Return the metadata of a body, None where it has none; raise `ApiError`."""
    given = body.get("metadata")
    if given is None:
        return None
    if not isinstance(given, dict):
        raise wrong_type("metadata", "an object", given)
    if len(given) > MOST_PAIRS:
        raise _too_much("metadata", f"at most {MOST_PAIRS} pairs", "object_above_max_properties")
    for name, value in given.items():
        if not isinstance(value, str):
            raise wrong_type(f"metadata.{name[:LONGEST_NAME]}", "a string", value)
        if len(name) > LONGEST_NAME or len(value) > LONGEST_VALUE:
            most = f"keys of at most {LONGEST_NAME} and values of at most {LONGEST_VALUE} characters"
            raise _too_much(f"metadata.{name[:LONGEST_NAME]}", most, "string_above_max_length")
    return given


def _too_much(param: str, expected: str, code: str) -> ApiError:
    return invalid(f"Invalid '{param}': expected {expected}.", param=param, code=code)


def _include(request: HttpRequest) -> list[str]:
    return request.GET.getlist("include[]") + request.GET.getlist("include")
