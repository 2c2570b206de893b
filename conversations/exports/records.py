"""A conversation as records, one after the other, with nothing lost: the lines of `conversation.jsonl`.

Rows are read by their keys in small pieces, so that a conversation of any length needs no more memory than a short one,
and so that each piece may be read in another thread. What was deleted leaves no words behind, and no secret goes along.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Q, QuerySet

from conversations.exports import put_on
from conversations.models import (
    Approval,
    Branch,
    Conversation,
    Favourite,
    File,
    Item,
    McpServer,
    Mention,
    PixelLock,
    Reaction,
    Response,
    ToolCall,
    User,
)
from conversations.shown import redacted_tool

FORMAT = "salon.conversation"
VERSION = 1
PIECE = 100
"""Rows that are read at once; a payload may be large."""
REFERENCE = re.compile(r'"\$file":\s*"(file_\w+)"')
FILE_FIELDS = ("purpose", "name", "media_type", "size", "sha256", "width", "height", "pages", "made_with", "number")
RESPONSE_FIELDS = (
    *("round", "calls", "door", "model", "status", "instructions", "metadata", "background", "usage"),
    *("error", "incomplete_details", "answer_form", "fit", "remarks"),
)
PICTURES = ("parent", "mask")
TIMES = ("queued_at", "started_at", "first_event_at", "first_token_at", "done_at")
CALL_FIELDS = ("call_id", "name", "arguments", "state", "output")
APPROVAL_FIELDS = ("server_label", "request_id", "name", "arguments", "digest", "state", "decides", "note")
Record = dict[str, Any]
GONE = Q(deleted_at__isnull=False) | Q(hidden_at__isnull=False)
"""Items that a person deleted or a moderator hid."""


@dataclass(frozen=True)
class Extent:
    """How far an export goes: what is written later is not in it."""

    response: int
    item: int


def extent_of(conversation: Conversation) -> Extent:
    """Return the newest rows there are now."""
    newest = Response.objects.filter(conversation=conversation).aggregate(newest=Max("pk"))["newest"] or 0
    item = Item.objects.filter(conversation=conversation).aggregate(newest=Max("pk"))["newest"] or 0
    return Extent(newest, item)


def records(conversation: Conversation, extent: Extent) -> Iterator[Record]:
    """Yield the records of a conversation: itself, files, branches, responses, items, calls of tools, approvals, and
    what people put on all that.

    Whatever a record names stands before it, but for the heads of branches.
    """
    servers = dict(McpServer.objects.values_list("pk", "label"))
    yield _conversation(conversation, servers)
    known: set[str] = set()
    for file in files(conversation):
        known.add(file.pk)
        yield _file(file)
    for branch in _rows(Branch.objects.filter(conversation=conversation)):
        yield _branch(branch, extent)
    responses = Response.objects.filter(conversation=conversation, pk__lte=extent.response)
    gone = set(Item.objects.filter(GONE, conversation=conversation, direction="output").values_list("response"))
    for response in _rows(responses.select_related("created_by")):
        yield _response(response, servers, shortened=(response.pk,) in gone)
    items = Item.objects.present().filter(conversation=conversation, pk__lte=extent.item)
    items = items.filter(Q(response=None) | Q(response__deleted_at=None))
    for item in _rows(items.select_related("author")):
        yield _item(item)
    told = {"conversation": conversation, "response__in": responses.filter(deleted_at=None)}
    for call in _rows(ToolCall.objects.filter(**told)):
        yield _call(call)
    for approval in _rows(Approval.objects.filter(**told).select_related("asked_by", "decided_by")):
        yield _approval(approval)
    on = Q(item__in=items) | Q(response__in=responses.filter(deleted_at=None))
    for reaction in _rows(
        Reaction.objects.filter(on, conversation=conversation, removed_at=None).select_related("user")
    ):
        yield put_on.reaction(reaction)
    for mention in _rows(Mention.objects.filter(item__in=items).select_related("user")):
        yield put_on.mention(mention)
    for vote in _rows(Favourite.objects.filter(file__conversation=conversation).select_related("user")):
        if vote.file_id in known:
            yield put_on.vote(vote)
    for lock in _rows(PixelLock.objects.filter(response__in=responses.filter(deleted_at=None))):
        yield put_on.pixel_lock(lock, known)


def files(conversation: Conversation) -> Iterator[File]:
    """Yield the files of a conversation, pictures before their previews; not those that only deleted items name."""
    gone = _named_by_deleted(conversation)
    rows = File.objects.filter(conversation=conversation, hidden_at=None)
    for part in (rows.filter(preview_of=None), rows.exclude(preview_of=None)):
        for file in _rows(part):
            if file.pk not in gone and file.preview_of_id not in gone:
                yield file


def person(user: User | None, label: str = "") -> Record | None:
    """Return who said or did something: an account of this server and its name, or a name alone."""
    if user is not None and not label:
        return {"account": user.pk, "name": user.display_name}
    return {"account": None, "name": label} if label else None


def _rows(rows: QuerySet[Any]) -> Iterator[Any]:
    last: Any = None
    while True:
        piece = list((rows if last is None else rows.filter(pk__gt=last)).order_by("pk")[:PIECE])
        yield from piece
        if len(piece) < PIECE:
            return
        last = piece[-1].pk


def _named_by_deleted(conversation: Conversation) -> set[str]:
    items = Item.objects.filter(conversation=conversation)
    named: set[str] = set()
    for item in _rows(items.filter(GONE | Q(response__deleted_at__isnull=False))):
        named |= set(REFERENCE.findall(json.dumps(item.payload)))
    shown = items.present().filter(Q(response=None) | Q(response__deleted_at=None))
    gone = {pk for pk in named if not shown.filter(payload__contains=pk).exists()}
    made = File.objects.filter(conversation=conversation, response__deleted_at__isnull=False)
    return gone | set(made.values_list("pk", flat=True))


def _conversation(row: Conversation, servers: dict[int, str]) -> Record:
    return {
        "record": "conversation",
        "format": FORMAT,
        "version": VERSION,
        "id": row.pk,
        "kind": row.kind,
        "title": row.title,
        "title_by_person": row.title_by_person,
        "model": row.model,
        "instructions": row.instructions,
        "state": row.state,
        "options": _without_secrets(row.options),
        "offered": _offered(row.offered, servers),
        "metadata": row.metadata,
        "tags": list(row.tags.order_by("name").values_list("name", flat=True)),
        "temporary": row.temporary,
        "branch": row.branch_id,
        "created_at": _time(row.created_at),
    }


def _branch(row: Branch, extent: Extent) -> Record:
    head = row.head_id if row.head_id and row.head_id <= extent.response else None
    return {"record": "branch", "id": row.pk, "name": row.name, "head": head, "created_at": _time(row.created_at)}


def _file(row: File) -> Record:
    return {
        "record": "file",
        "id": row.pk,
        "response": row.response_id,
        "preview_of": row.preview_of_id,
        **{name: getattr(row, name) for name in FILE_FIELDS},
        "created_at": _time(row.created_at),
        "purged": row.purged_at is not None,
    }


def _response(row: Response, servers: dict[int, str], *, shortened: bool) -> Record:
    """`shortened` says that something of the answer is gone, which the final response would tell once more."""
    deleted = row.deleted_at is not None
    record = {
        "record": "response",
        "id": row.pk,
        "branch": row.branch_id,
        "previous": row.previous_response_id,
        "input_from": row.input_from_id,
        "answers": row.answers_id,
        "asked_by": person(row.created_by, (row.origin or {}).get("asked_by", "")),
        "deleted": deleted,
        **{name: getattr(row, name) for name in RESPONSE_FIELDS},
        "options": _without_secrets(row.options),
        "offered": _offered(row.offered, servers),
        "making": _making(row.making),
        "parameters": _without_secrets(row.parameters),
        "final": _without_secrets(row.final),
        **{name: _time(getattr(row, name)) for name in TIMES},
        "provider": _provider(row),
    }
    if shortened and isinstance(record["final"], dict):
        record["final"] = {**record["final"], "output": []}
    if deleted:
        record |= {
            "instructions": "",
            "options": {},
            "making": {},
            "parameters": {},
            "metadata": {},
            "final": None,
            "fit": None,
        }
    return record


def _making(making: Any) -> Record:
    """Name the pictures of the studio as references, which an import follows."""
    return {
        name: {"$file": value} if name in PICTURES and isinstance(value, str) else value
        for name, value in (making or {}).items()
    }


def _provider(row: Response) -> Record:
    if row.origin:
        return dict(row.origin.get("provider", {}))
    return {
        "id": row.provider_id,
        "endpoint": row.endpoint,
        "deployment": row.deployment,
        "store": row.store,
        "expires_at": _time(row.provider_expires_at),
        "deleted_at": _time(row.provider_deleted_at),
        "request_id": row.request_id,
    }


def _item(row: Item) -> Record:
    return {
        "record": "item",
        "id": row.pk,
        "response": row.response_id,
        "direction": row.direction,
        "about": row.about_id,
        "about_answer": row.about_answer_id,
        "index": row.index,
        "author": person(row.author, row.author_label),
        "payload": _without_secrets(row.payload),
        "created_at": _time(row.created_at),
        "began_ms": row.began_ms,
        "ended_ms": row.ended_ms,
        "purged": row.purged_at is not None,
    }


def _call(row: ToolCall) -> Record:
    times = {name: _time(getattr(row, name)) for name in ("created_at", "started_at", "done_at")}
    return {
        "record": "tool_call",
        "id": row.pk,
        "response": row.response_id,
        **{name: getattr(row, name) for name in CALL_FIELDS},
        **times,
    }


def _approval(row: Approval) -> Record:
    return {
        "record": "approval",
        "id": row.pk,
        "response": row.response_id,
        "call": row.call_id,
        **{name: getattr(row, name) for name in APPROVAL_FIELDS},
        "asked_by": person(row.asked_by),
        "decided_by": person(row.decided_by),
        **{name: _time(getattr(row, name)) for name in ("created_at", "decided_at", "expires_at")},
    }


def _offered(offered: Any, servers: dict[int, str]) -> Record:
    """Name servers by their labels: their numbers mean something here only."""
    if not isinstance(offered, dict):
        return {}
    named = [servers[pk] for pk in offered.get("servers", []) if pk in servers]
    return {name: offered[name] for name in ("functions", "hosted") if name in offered} | (
        {"servers": named} if named else {}
    )


def _without_secrets(value: Any) -> Any:
    """Return a request, response or item without what its tools need to be let in elsewhere."""
    if isinstance(value, dict) and isinstance(tools := value.get("tools"), list):
        return {**value, "tools": [redacted_tool(tool) for tool in tools]}
    return value


def _time(moment: Any) -> str | None:
    return moment.isoformat() if moment is not None else None
