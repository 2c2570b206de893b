"""What a rule takes out of a conversation that stays: files, pictures, what was handed to tools, logs of answers.

They go at once when their time is over. A row stays in their place and says so.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from conversations.models import (
    Approval,
    Conversation,
    Deletion,
    File,
    Item,
    Response,
    RetentionRule,
    StreamChunk,
    ToolCall,
)
from conversations.models.audit import record
from conversations.models.file import lock_content
from conversations.moderation import certificates, holds, retention
from conversations.moderation.purging import MOST_FILES, drop_bytes, forget_at_provider

MOST_ITEMS = 200
STAYS = ("type", "id", "call_id", "status", "name", "server_label")
"""Of an item of a tool: that there was a call, and of what."""
EMPTY = {"arguments": "{}", "output": "", "input": "", "code": ""}


def purge_parts(now: dt.datetime) -> Counter[str]:
    """Take out of living conversations what is past its own time at `now`; return the numbers by kind."""
    rules = retention.Rules(now)
    taken: Counter[str] = Counter()
    for kind, rows, take in (
        ("files", retention.expired_files(rules, "files"), _take_files),
        ("images", retention.expired_files(rules, "images"), _take_files),
        ("recordings", retention.expired_files(rules, "recordings"), _take_files),
        ("tool_data", retention.expired_tool_data(rules), _take_tool_data),
        ("logs", retention.expired_logs(rules), _take_logs),
    ):
        taken[kind] += _purge_kind(kind, retention.unheld_parts(rows), take, rules)
    return taken


def _purge_kind(kind: str, rows: QuerySet[Any], take: Callable[..., int], rules: retention.Rules) -> int:
    path = "response__conversation" if kind == "logs" else "conversation"
    last, taken = "", 0
    while True:
        ids = rows.filter(**{f"{path}__gt": last}).order_by(path).values_list(path, flat=True)
        conversation_id = ids.first()
        if conversation_id is None:
            return taken
        last = conversation_id
        mine = rows.filter(**{path: conversation_id})
        deletion: Deletion | None = None
        while True:
            number, deletion = _take_some(kind, conversation_id, mine, take, rules, deletion)
            taken += number
            if not number:
                break


def _take_some(
    kind: str,
    conversation_id: str,
    rows: QuerySet[Any],
    take: Callable[..., int],
    rules: retention.Rules,
    deletion: Deletion | None,
) -> tuple[int, Deletion | None]:
    """Take one batch in one transaction; the last, empty one seals the certificate."""
    with transaction.atomic():
        holds.lock_for_purging()
        conversation = Conversation.objects.select_for_update().get(pk=conversation_id)
        if holds.is_held(conversation):
            return 0, deletion
        if deletion is None:
            if not rows.exists():
                return 0, None
            deletion = _begin(kind, conversation, retention.winner(rules, conversation, kind), rules.at)
        number = take(rows, deletion)
        if number:
            deletion.counts = {kind: deletion.counts.get(kind, 0) + number}
            deletion.save(update_fields=["counts"])
            return number, deletion
        certificates.issue_if_complete(deletion)
        details = {"deletion": deletion.pk, "kind": kind, "counts": deletion.counts}
        record("conversation.purge_part", actor=None, object=conversation, details=details)
    return 0, deletion


def _begin(kind: str, conversation: Conversation, rule: RetentionRule | None, at: dt.datetime) -> Deletion:
    begun = Deletion.objects.filter(conversation_id=conversation.pk, parts=kind, certified_at=None).first()
    return begun or Deletion.objects.create(
        conversation_id=conversation.pk,
        parts=kind,
        state=Deletion.State.PURGED,
        cause=Deletion.Cause.RULE,
        rule_id=rule.pk if rule else None,
        owner_id=conversation.created_by_id,
        hidden_at=at,
        purge_after=at,
        purge_began_at=at,
        purged_at=at,
    )


def _take_files(rows: QuerySet[File], deletion: Deletion) -> int:
    files = sorted(rows.order_by("pk")[:MOST_FILES], key=lambda file: file.sha256)
    forget_at_provider(files, deletion)
    for file in files:
        lock_content(file.sha256)
        File.objects.filter(pk=file.pk).update(
            name="",
            sha256="",
            size=0,
            provider_id="",
            width=None,
            height=None,
            made_with=None,
            purged_at=deletion.purged_at,
        )
        drop_bytes(file, deletion)
    return len(files)


def _take_tool_data(rows: QuerySet[Item], deletion: Deletion) -> int:
    items = list(rows.order_by("pk")[:MOST_ITEMS])
    for item in items:
        kept = {name: item.payload[name] for name in STAYS if name in item.payload}
        item.payload = kept | {name: empty for name, empty in EMPTY.items() if name in item.payload}
        item.text, item.purged_at = "", deletion.purged_at
    Item.objects.bulk_update(items, ["payload", "text", "purged_at"], batch_size=50)
    responses = {item.response_id for item in items if item.response_id is not None}
    ToolCall.objects.filter(response__in=responses).exclude(done_at=None).update(arguments="", output="")
    Approval.objects.filter(response__in=responses).update(arguments="")
    shorten_finals(responses)
    return len(items)


def shorten_finals(response_ids: set[int]) -> None:
    """The response as the provider ended it holds its output once more: it becomes what the items are now."""
    for response in Response.objects.filter(pk__in=response_ids).only("final"):
        if isinstance(response.final, dict) and "output" in response.final:
            output = Item.objects.present().filter(response=response, direction=Item.Direction.OUTPUT).order_by("index")
            response.final = {**response.final, "output": [item.payload for item in output]}
            response.save(update_fields=["final"])
    StreamChunk.objects.filter(response__in=response_ids).delete()


def _take_logs(rows: QuerySet[StreamChunk], deletion: Deletion) -> int:
    ids = list(rows.values_list("pk", flat=True)[:MOST_ITEMS])
    chunks: Any = StreamChunk.objects.filter(pk__in=ids)
    deleted: int = chunks._raw_delete(chunks.db) if ids else 0
    return deleted
