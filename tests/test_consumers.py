"""One socket and its place in the hub."""

import asyncio
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.utils import timezone

from conversations import access, events, threads, watch
from conversations.actions import conversations
from conversations.consumers import ConversationConsumer
from conversations.hub import hub
from conversations.models import Conversation, Fact, User
from conversations.protocol import Close

pytestmark = pytest.mark.usefixtures("database_threads")


@pytest.fixture
def session(alice: User) -> SessionStore:
    session = SessionStore()
    session[HASH_SESSION_KEY] = alice.get_session_auth_hash()
    session.create()
    return session


@pytest.fixture
def socket(conversation: Conversation, alice: User, session: SessionStore) -> WebsocketCommunicator:
    """Alice's, not opened yet. Its address says that she knows everything up to now."""
    opened = WebsocketCommunicator(ConversationConsumer.as_asgi(), f"/ws/conversations/{conversation.pk}/?after=0")
    opened.scope |= {
        "user": alice,
        "session": session,
        "url_route": {"kwargs": {"conversation_id": conversation.pk}},
    }
    return opened


@pytest.fixture(autouse=True)
async def _hub(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(watch, "EVERY", 0.1)
    yield
    await hub.stop()


async def test_a_socket_that_is_given_up_while_it_opens_leaves_nothing_behind(
    socket: WebsocketCommunicator, conversation: Conversation
) -> None:
    opening = asyncio.ensure_future(socket.connect())
    async with asyncio.timeout(5):
        while conversation.pk not in hub.viewers:  # noqa: ASYNC110  # the hub tells nobody who joins
            await asyncio.sleep(0.001)
    socket.future.cancel()
    await asyncio.wait({socket.future})
    opening.cancel()
    assert (hub.viewers, watch.watcher.passes) == ({}, {})


async def test_a_fact_that_nobody_announced_arrives_all_the_same(
    socket: WebsocketCommunicator, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    await socket.connect()
    await socket.receive_from()
    monkeypatch.setattr(transaction, "on_commit", lambda call, robust: None)  # the process dies after its commit
    await threads.pages.run(rename, conversation, "Said to nobody")
    assert '"title":"Said to nobody"' in await socket.receive_from(timeout=5)
    await socket.disconnect()


async def test_of_a_deleted_conversation_nothing_more_is_told(
    socket: WebsocketCommunicator, alice: User, conversation: Conversation
) -> None:
    await socket.connect()
    await socket.receive_from()
    await threads.pages.run(lambda: conversations.delete(access.conversation_for(alice, conversation.pk)))
    told = await socket.receive_from(timeout=5)
    assert "conversation.deleted" in told
    assert conversation.title not in told
    await socket.disconnect()


async def test_a_socket_ends_with_its_session(socket: WebsocketCommunicator, session: SessionStore) -> None:
    await socket.connect()
    await socket.receive_from()
    kept = session.model.objects.filter(pk=session.session_key)
    await threads.pages.run(kept.update, expire_date=timezone.now())
    assert (await socket.receive_output(timeout=20))["code"] == Close.SIGNED_OUT


def rename(conversation: Conversation, title: str) -> None:
    with transaction.atomic():
        locked = events.lock(conversation.pk)
        locked.title = title
        events.record(locked, Fact.Kind.CONVERSATION_UPDATED, changed=["title"])
