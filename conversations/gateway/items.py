"""Items as the API lists them, each with an id that stays: the provider's, or one of ours for what a person wrote."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac

from conversations.branches import path
from conversations.gateway.errors import ApiError, invalid, missing
from conversations.models import Conversation, Item, Response, User
from conversations.models.fields import plain
from conversations.turns.blobs import restore_kept

PREFIXES = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "function_call_output": "fc",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctc",
    "computer_call": "cu",
    "computer_call_output": "cu",
    "mcp_list_tools": "mcpl",
    "mcp_call": "mcp",
    "mcp_approval_request": "mcpr",
    "mcp_approval_response": "mcpr",
    "image_generation_call": "ig",
    "compaction": "cmp",
}
DIGITS = 12
"""Of a row's number in an id of ours; the rest of it proves that it is one."""
SIGNATURE = 36
STRIDE = 50
IMAGES = "message.input_image.image_url"
SCREENSHOTS = "computer_call_output.output.image_url"


@dataclass(frozen=True)
class Page:
    data: list[dict[str, Any]]
    has_more: bool


def input_items(response: Response, *, after: str, limit: int, ascending: bool, include: Collection[str]) -> Page:
    """Return what the response was made from, a page behind the item `after`; raise `ApiError` if that is not of it.

    It is its own input and, before it, what was said in the responses that it continues.
    """
    start = None
    if after:
        start = find_item(Item.objects.present().of_responses().filter(conversation=response.conversation), after)
        if start is None:
            raise invalid(f"No item found with id '{after}'.", param="after")
    walk = _walk(response.pk, ascending=ascending, start=start, unanswered=response.pk)
    rows = list(islice(_behind(walk, start), limit + 1))
    if start is not None and not rows and not _is_of(start, response):
        raise invalid(f"No item found with id '{after}'.", param="after")
    return Page([item_object(item, include) for item in rows[:limit]], len(rows) > limit)


def conversation_items(
    conversation: Conversation, *, after: str, limit: int, ascending: bool, include: Collection[str]
) -> Page:
    """Return what was said on the main branch, a page behind the item `after`; raise `ApiError` for an unknown one."""
    start = None
    if after:
        start = find_item(Item.objects.present().of_responses().filter(conversation=conversation), after)
        if start is None:
            raise invalid(f"No item found with id '{after}'.", param="after")
    head = conversation.branch.head_id if conversation.branch is not None else None
    if head is None:
        return Page([], False)
    rows = list(islice(_behind(_walk(head, ascending=ascending, start=start), start), limit + 1))
    return Page([item_object(item, include) for item in rows[:limit]], len(rows) > limit)


def item_id(item: Item) -> str:
    """Return the id by which clients know the item."""
    known = item.payload.get("id")
    if isinstance(known, str) and known:
        return known
    return f"{PREFIXES.get(item.type, 'item')}_{item.pk:0{DIGITS}x}{_signature(item.pk)}"


def find_item(items: QuerySet[Item], given: str) -> Item | None:
    """Return the one of these items that clients know by this id."""
    digits = given.rpartition("_")[2]
    if len(digits) == DIGITS + SIGNATURE:
        try:
            number = int(digits[:DIGITS], 16)
        except ValueError:
            number = 0
        if number and constant_time_compare(digits[DIGITS:], _signature(number)):
            return items.filter(pk=number).first()
    return items.filter(provider_id=plain(given)[:200]).exclude(provider_id="").order_by("id").first()


def resolved(user: User, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return input items with references replaced by what they refer to, which must be this person's to see.

    The provider would find it for anybody: it knows all of the team by one key. Raise `ApiError` (404).
    """
    return [_referred(user, item) if item["type"] == "item_reference" else item for item in given]


def _referred(user: User, reference: dict[str, Any]) -> dict[str, Any]:
    given = reference.get("id")
    if not isinstance(given, str):
        raise missing("input.id")
    visible = (
        Item.objects.present()
        .of_responses()
        .filter(conversation__in=Conversation.objects.visible_to(user), response__deleted_at=None)
    )
    item = find_item(visible, given)
    if item is None:
        message = f"Item with id '{given}' not found. Items are not persisted when `store` is set to false. Try again "
        raise ApiError(404, f"{message}with `store` set to true, or remove this item from your input.", param="input")
    payload: dict[str, Any] = item.payload
    return payload


def item_object(item: Item, include: Collection[str] = ()) -> dict[str, Any]:
    """Return the item in the API's full form. Pictures that were sent are left out unless `include` asks for them."""
    payload: dict[str, Any] = {"id": item_id(item), **item.payload, "type": item.type}
    payload["id"] = item_id(item)
    if item.direction == Item.Direction.INPUT and payload.get("status") is None:
        payload["status"] = "completed"
    if item.type == "computer_call_output" and SCREENSHOTS not in include and isinstance(payload.get("output"), dict):
        payload["output"] = {**payload["output"], "image_url": None}
    if item.type == "message" and isinstance(payload.get("content"), list):
        payload["content"] = [_part(part, include) for part in payload["content"]]
    restored: dict[str, Any] = restore_kept(payload)
    return restored


def _part(part: Any, include: Collection[str]) -> Any:
    if not isinstance(part, dict):
        return part
    if part.get("type") == "input_image":
        shown = {"detail": "auto", **part, "file_id": _file_id(part, "image_url")}
        return shown | {"image_url": part.get("image_url") if IMAGES in include else None}
    if part.get("type") == "input_file":
        shown = {name: value for name, value in part.items() if name != "file_data"}
        return shown | {"file_id": _file_id(part, "file_data")}
    return part


def _file_id(part: dict[str, Any], name: str) -> str | None:
    """Return the id by which the sender named the file of a part: it was replaced when the part was stored."""
    reference = part.get(name)
    named = reference.get("file_id") if isinstance(reference, dict) else part.get("file_id")
    return named if isinstance(named, str) else None


def _signature(number: int) -> str:
    return salted_hmac("conversations.Item.id", str(number), algorithm="sha256").hexdigest()[:SIGNATURE]


def _walk(head: int, *, ascending: bool, start: Item | None, unanswered: int | None = None) -> Iterator[Item]:
    """Yield the items on the way to the response `head`, in order, from the response on that `start` belongs to.

    Of the response `unanswered` only the input is among them.
    """
    ids = _ancestors(head)
    if ascending:
        ids = iter(list(ids)[::-1])
    found = start is None
    while stride := list(islice(ids, STRIDE)):
        rows = Response.objects.only("input_from", "deleted_at").in_bulk(stride)
        if not found and start is not None:
            places = [place for place, pk in enumerate(stride) if _holds(rows[pk], start)]
            if not places:
                continue
            found, stride = True, stride[places[0] :]
        kept = [rows[pk] for pk in stride if rows[pk].deleted_at is None]
        yield from _items_of(kept, unanswered, ascending=ascending)


def _ancestors(start: int) -> Iterator[int]:
    """Yield the ids of the response and of those that it continues, newest first."""
    following: int | None = start
    first = True
    while following is not None:
        ids = path(following, STRIDE)
        yield from ids if first else ids[1:]
        following, first = (ids[-1] if len(ids) == STRIDE else None), False


def _holds(row: Response, item: Item) -> bool:
    if item.direction == Item.Direction.INPUT:
        return row.input_owner_id == item.response_id
    return row.pk == item.response_id


def _items_of(rows: list[Response], unanswered: int | None, *, ascending: bool) -> Iterator[Item]:
    owners = {row.input_owner_id for row in rows}
    outputs = [row.pk for row in rows if row.pk != unanswered]
    items: dict[tuple[int | None, str], list[Item]] = {}
    wanted = Q(response__in=owners, direction=Item.Direction.INPUT)
    wanted |= Q(response__in=outputs, direction=Item.Direction.OUTPUT)
    for item in Item.objects.present().of_responses().filter(wanted).order_by("index"):
        items.setdefault((item.response_id, item.direction), []).append(item)
    for row in rows:
        given = items.get((row.input_owner_id, Item.Direction.INPUT), [])
        said = items.get((row.pk, Item.Direction.OUTPUT), [])
        yield from given + said if ascending else (given + said)[::-1]


def _behind(items: Iterator[Item], start: Item | None) -> Iterator[Item]:
    if start is not None:
        for item in items:
            if item.pk == start.pk:
                break
    yield from items


def _is_of(item: Item, response: Response) -> bool:
    """Whether the item is of what the response was made from."""
    for pk in _ancestors(response.pk):
        if _holds(Response.objects.only("input_from").get(pk=pk), item):
            return pk != response.pk or item.direction == Item.Direction.INPUT
    return False
