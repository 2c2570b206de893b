"""What runs now, in all conversations of one person: what, since when, how far."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations import catalog
from conversations.models import Membership, Response, StreamChunk, User

MOST = 50
"""Responses that are listed, the person's own and the oldest first."""
PHASES = {
    "response.image_generation_call": gettext_lazy("Making an image"),
    "response.reasoning": gettext_lazy("Thinking"),
    "response.output_text": gettext_lazy("Writing"),
    "response.refusal": gettext_lazy("Writing"),
    "response.web_search_call": gettext_lazy("Searching the web"),
    "response.file_search_call": gettext_lazy("Searching files"),
    "response.code_interpreter_call": gettext_lazy("Running code"),
    "response.mcp": gettext_lazy("Using a server"),
    "response.function_call": gettext_lazy("Calling a tool"),
    "response.custom_tool_call": gettext_lazy("Calling a tool"),
    "response.compaction": gettext_lazy("Making the history shorter"),
}
"""What an event tells, by the beginning of its type."""


@dataclass(frozen=True)
class Work:
    """A response that is queued or in progress, as one person may see it."""

    response_id: int
    conversation_id: str
    title: str
    url: str
    model: str
    since: dt.datetime
    progress: str
    asked_by: str
    """Who asked, "" where it is the person themselves."""
    may_stop: bool
    stopping: bool


def running_work(user: User) -> list[Work]:
    """Return what runs in the conversations of `user`, their own first. The number of queries is always the same."""
    roles = dict(
        Membership.objects.filter(
            user=user, conversation__deleted_at=None, conversation__responses__done_at=None
        ).values_list("conversation_id", "role")
    )
    rows = (
        Response.objects.running()
        .filter(conversation__in=list(roles))
        .select_related("conversation", "created_by", "previous_response")
        .only(
            *("status", "model", "queued_at", "background", "provider_id", "cancel_requested_at", "branch_id"),
            *("conversation__title", "conversation__branch_id", "created_by__name", "created_by__email"),
            "previous_response__done_at",
        )
        .order_by("queued_at", "id")[: 4 * MOST]
    )
    shown = sorted(rows, key=lambda row: row.created_by_id != user.pk)[:MOST]
    events = _newest_events(row.pk for row in shown)
    return [_work(row, user, roles[row.conversation_id], events.get(row.pk)) for row in shown]


def _work(row: Response, user: User, role: str, event: dict[str, Any] | None) -> Work:
    conversation = row.conversation
    url = reverse("conversation", args=[conversation.pk])
    return Work(
        response_id=row.pk,
        conversation_id=conversation.pk,
        title=conversation.title or _("New conversation"),
        url=url if conversation.branch_id == row.branch_id else f"{url}?branch={row.branch_id}",
        model=catalog.capabilities(row.model).label,
        since=row.queued_at,
        progress=_progress(row, event),
        asked_by="" if row.created_by_id == user.pk else row.created_by.display_name,
        may_stop=Membership(role=role).may_write,
        stopping=row.cancel_requested_at is not None,
    )


def _newest_events(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return the last logged event of each response that has any."""
    newest = (
        StreamChunk.objects.filter(response__in=list(ids))
        .order_by()
        .values("response")
        .annotate(newest=Max("id"))
        .values("newest")
    )
    chunks = StreamChunk.objects.filter(pk__in=newest)
    return {chunk.response_id: chunk.events[-1] for chunk in chunks if chunk.events}


def _progress(row: Response, event: dict[str, Any] | None) -> str:
    if row.cancel_requested_at is not None:
        return _("Stopping")
    if event is None:
        if row.previous_response is not None and row.previous_response.is_running:
            return _("Waits for the answer before it")
        return _("Queued at the provider") if row.background and row.provider_id else _("Waiting for the first word")
    kind = str(event.get("type"))
    number = event.get("partial_image_index")
    if isinstance(number, int):
        return _("Making an image: partial image %(number)s") % {"number": number + 1}
    item = event.get("item")
    if kind.startswith("response.output_item.") and isinstance(item, dict):
        kind = f"response.{item.get('type')}"
        kind = {"response.message": "response.output_text"}.get(kind, kind)
    if kind == "response.queued":
        return _("Queued at the provider")
    return str(next((words for start, words in PHASES.items() if kind.startswith(start)), _("At work")))
