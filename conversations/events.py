"""Facts: what changed rows. Appended to the conversation's log under its lock, announced after the commit."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from django.db import transaction

from conversations import protocol, snapshots
from conversations.errors import NotFound
from conversations.hub import hub
from conversations.models import Branch, Conversation, Fact, Item, Reaction, Response, User
from conversations.prepared import Given, Select, Update, insert

_locked = Select(lambda: Conversation.objects.select_for_update().filter(pk=Given("pk")))


def record(
    conversation: Conversation,
    kind: Fact.Kind,
    *,
    response: Response | None = None,
    person: User | None = None,
    note: Item | None = None,
    branch: Branch | None = None,
    reaction: Reaction | None = None,
    said: bool = False,
    changed: Iterable[str] = (),
) -> Fact:
    """Append a fact to the log of `conversation`, whose row the caller has locked, and announce it after the commit.

    `said` tells that it brings something to read, said by `person` or by a model. The position is taken from the row,
    and saved together with the `changed` fields; it is gapless because of the lock.
    """
    conversation.position += 1
    columns = ("position", *changed)
    values = {name: conversation.serializable_value(name) for name in columns}
    _saving(columns)(pk=conversation.pk, **values)
    about = {"response": response, "person": person, "note": note, "branch": branch, "reaction": reaction}
    fact = Fact(conversation=conversation, position=conversation.position, kind=kind, said=said, **about)
    insert([fact])
    transaction.on_commit(lambda: announce(fact), robust=True)  # it is written: what fails now is no failure of that
    return fact


@lru_cache
def _saving(columns: tuple[str, ...]) -> Update:
    return Update(lambda: Conversation.objects.filter(pk=Given("pk")), *columns)


def announce(fact: Fact) -> None:
    """Tell every browser that looks at the conversation what the fact means now.

    The turn stays with the response as `shown`, for a door that answers with it; an action that knows it already has
    put it there.
    """
    turn = None
    if fact.response is not None:
        turn = fact.response.shown = fact.response.shown or snapshots.turn(fact.response)
    frame = snapshots.fact_frame(fact, turn)
    hub.announce(fact.conversation_id, fact.position, protocol.encode(frame))


def lock(conversation_id: str) -> Conversation:
    """Return the conversation with its row locked until the transaction ends: facts get their order from this lock.

    What else an action looks at it reads after this: PostgreSQL shows in the locking query itself what was there before
    the wait, except for the locked row.
    """
    conversation = _locked.first(pk=conversation_id)
    if conversation is None:
        raise Conversation.DoesNotExist
    return conversation


def lock_undeleted(conversation_id: str) -> Conversation:
    """As `lock`, for people's writes: raise `NotFound` where it was deleted since they were let in."""
    conversation = lock(conversation_id)
    if conversation.deleted_at is not None:
        raise NotFound
    return conversation
