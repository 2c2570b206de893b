"""What a running response has said so far, as its logged stream tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conversations import protocol
from conversations.models import StreamChunk
from conversations.output import Output


def folded(epochs: Mapping[int, int]) -> dict[int, tuple[list[dict[str, Any]], protocol.StreamCursor]]:
    """Return the output of running responses as their logged streams tell it, with the cursor behind the last event.

    `epochs` maps the responses to their present epochs: one that has logged nothing yet goes on from what the epochs
    before it logged.
    """
    outputs = {pk: Output() for pk in epochs}
    cursors = {pk: protocol.StreamCursor(epoch, 0) for pk, epoch in epochs.items()}
    chunks = StreamChunk.objects.filter(response__in=list(epochs)).order_by("response_id", "epoch", "sequence")
    for chunk in chunks.iterator() if epochs else ():
        for event in chunk.events:
            outputs[chunk.response_id].apply(event)
        if chunk.epoch >= epochs[chunk.response_id]:
            cursors[chunk.response_id] = protocol.StreamCursor(chunk.epoch, chunk.sequence + chunk.count)
    return {pk: (output.items(), cursors[pk]) for pk, output in outputs.items()}
