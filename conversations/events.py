"""Facts: what changed rows. Appended to the conversation's log under its lock, announced after the commit."""

from __future__ import annotations

from django.db import transaction

from conversations import protocol, snapshots
from conversations.hub import hub
from conversations.models import Conversation, Fact, Response


def record(conversation: Conversation, kind: Fact.Kind, *, response: Response | None = None) -> Fact:
    """Append a fact to the log of `conversation`, whose row the caller has locked, and announce it after the commit.

    The position is taken from the row and saved by this function; it is gapless because of the lock.
    """
    conversation.position += 1
    Conversation.objects.filter(pk=conversation.pk).update(position=conversation.position)
    fact = Fact.objects.create(conversation=conversation, position=conversation.position, kind=kind, response=response)
    transaction.on_commit(lambda: announce(fact))
    return fact


def announce(fact: Fact) -> None:
    """Tell every browser that looks at the conversation what the fact means now."""
    frame = snapshots.fact_frames([fact])[0]
    hub.announce(fact.conversation_id, fact.position, protocol.encode(frame))


def lock(conversation_id: str) -> Conversation:
    """Return the conversation with its row locked until the transaction ends: facts get their order from this lock."""
    return Conversation.objects.select_for_update().get(pk=conversation_id)
