"""The state of a work: its newest turns that make pictures, whatever their branch, and how all turns are linked."""

from __future__ import annotations

from typing import Any

from conversations import image_options, snapshots
from conversations.models import Conversation, File, Response

MOST_TURNS = 120
"""Turns with pictures that a page shows; older pictures are in the chat."""
MOST_LINKS = 2000
"""Turns, newest first, through which a picture is traced back to the one before it."""


def state(conversation: Conversation) -> dict[str, Any]:
    """Return what the page of a work is drawn from. The number of queries does not depend on how much there is."""
    rows = list(
        Response.objects.filter(conversation=conversation)
        .order_by("-id")
        .values_list("id", "previous_response_id", "making", "done_at")[:MOST_LINKS]
    )
    made = File.objects.filter(conversation=conversation, purpose=File.Purpose.RESULT, response__isnull=False)
    newest = set(made.order_by("-created_at", "-id").values_list("response_id", flat=True)[: 2 * MOST_TURNS])
    # Of what was asked in the chat and still runs nobody knows yet whether it makes a picture
    shown = [pk for pk, _previous, making, done in rows if making or not done or pk in newest][:MOST_TURNS]
    partials: dict[int, list[str]] = {}
    kept = File.objects.filter(response__in=shown, purpose=File.Purpose.PARTIAL, purged_at=None)
    for response_id, pk in kept.order_by("created_at", "id").values_list("response_id", "pk"):
        partials.setdefault(response_id or 0, []).append(pk)
    return {
        "partials": partials,
        "notes": [note for note in snapshots.notes(conversation, shown, opening=False) if note["about"]],
        "turns": snapshots.turns(conversation, shown[::-1]),
        "links": [[pk, previous] for pk, previous, _making, _done in rows],
        "position": conversation.position,
    }


def makers() -> list[dict[str, Any]]:
    """Return who makes pictures here, each with its options."""
    return [image_options.offered(maker) for maker in image_options.makers()]
