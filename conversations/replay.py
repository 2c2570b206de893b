"""What a browser missed, read from the logs."""

from __future__ import annotations

import asyncio

from conversations import protocol, snapshots, threads
from conversations.folding import folded
from conversations.hub import hub
from conversations.models import Fact, Response
from conversations.shown import shown_item

MOST_FACTS = 300
"""Facts that are sent one by one; who is further behind fetches the page afresh."""
CATCH_UP = 3.0
"""Seconds that a snapshot may wait for the log of a stream that another process writes."""


def frames_from(conversation_id: str, position: int) -> list[str]:
    """Return the frames of the facts from `position` on, that one included."""
    facts = Fact.objects.filter(conversation=conversation_id, position__gte=position).order_by("position")
    named = ("conversation", "note__author", "note__about", "branch", "reaction")
    found = list(facts.select_related(*named)[: MOST_FACTS + 1])
    if len(found) > MOST_FACTS or (found and found[0].position > position):
        return [protocol.encode(protocol.Reload("too far behind"))]
    return [protocol.encode(frame) for frame in snapshots.fact_frames(found)] if found else []


def running_in(conversation_id: str) -> list[int]:
    """Return the ids of the responses that run in the conversation."""
    return list(Response.objects.running().filter(conversation=conversation_id).values_list("pk", flat=True))


async def snapshot(
    conversation_id: str, response_id: int, *, cursor: protocol.StreamCursor | None = None
) -> str | None:
    """Return a snapshot frame of a running response; None when it does not run (a fact has told how it ended), or when
    a browser at `cursor` lacks nothing.

    A stream that runs in this process is asked itself. The log of another process's stream ends up to a quarter of a
    second before what its viewers have been shown: the log is read until it has caught up with what they had been shown
    by now. What they are shown from now on has to wait for this frame in the viewer's queue.
    """
    live = hub.live.get(response_id)
    shown = hub.shown.get(response_id, (0, 0))
    waited = 0.0
    while True:
        if live is not None:
            found = live.snapshot() if live.conversation_id == conversation_id else None
        else:
            found = await threads.sockets.run(_from_log, conversation_id, response_id)
        if found is None or protocol.StreamCursor(found.epoch, found.sequence) == cursor:
            return None
        behind = live is None and (found.epoch, found.sequence) < shown
        if not behind or waited >= CATCH_UP:
            return protocol.encode(found)
        await asyncio.sleep(0.1)
        waited += 0.1


def _from_log(conversation_id: str, response_id: int) -> protocol.Snapshot | None:
    response = Response.objects.running().filter(conversation=conversation_id, pk=response_id).first()
    if response is None:
        return None
    output, cursor = folded({response_id: response.epoch})[response_id]
    return protocol.Snapshot(response_id, cursor.epoch, cursor.sequence, [shown_item(item) for item in output])
