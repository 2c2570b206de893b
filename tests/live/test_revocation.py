"""A right that is taken away ends the sockets that it opened within five seconds, whoever takes it by whatever way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import PASSWORD
from tests.live.person import Person
from tests.live.server import Server

pytestmark = pytest.mark.usefixtures("calm")

SOON = 5.5
"""Five seconds, and a little for the frames to arrive."""

Act = Callable[[Server, str], Any]
REASONS: dict[str, tuple[int, Act]] = {
    "removed": (4403, lambda server, conversation: server.inside("remove", conversation=conversation, name="Bob")),
    "suspended": (4401, lambda server, _: server.inside("set_active", name="Bob", active=False)),
    "signed out everywhere": (4401, lambda server, _: server.inside("sign_out_everywhere", name="Bob")),
    "password changed": (4401, lambda server, _: server.inside("change_password", name="Bob", password=PASSWORD + "!")),
}


@pytest.fixture
async def shared(alice: Person) -> Any:
    """A conversation of Alice's that Bob is in; afterwards Bob is as he was."""
    conversation = await alice.begin()
    await alice.post(f"/conversations/{conversation}/update/", {"title": "Shared"})
    alice.server.inside("invite", conversation=conversation, name="Bob", role="editor")
    yield conversation
    alice.server.inside("set_active", name="Bob", active=True)
    alice.server.inside("change_password", name="Bob", password=PASSWORD)
    alice.server.cookies.pop("Bob", None)


@pytest.mark.parametrize("reason", REASONS)
async def test_a_right_that_is_taken_away_ends_the_socket_and_every_door(
    alice: Person, shared: str, reason: str
) -> None:
    code, take_away = REASONS[reason]
    async with Person(alice.server, "Bob") as bob, bob.socket(shared) as socket, alice.window(shared) as window:
        await socket.receive()
        await asyncio.to_thread(take_away, alice.server, shared)
        async with asyncio.timeout(SOON):
            async for _ in socket:
                pass
        assert socket.close_code == code
        assert (await bob.ask("GET", f"/conversations/{shared}/turns/"))[0] == {4401: 401, 4403: 404}[code]
        async with bob.socket(shared) as again:
            assert [message async for message in again] == []
            assert again.close_code == {4401: 4401, 4403: 4404}[code]
        assert window.codes == []


async def test_a_second_factor_that_is_asked_for_ends_the_sockets_of_who_has_shown_none(
    new_server: Callable[..., Server],
) -> None:
    server = new_server()
    server.start()
    async with Person(server, "Bob") as bob:
        conversation = await bob.begin()
        async with bob.window(conversation) as window:
            await asyncio.to_thread(server.inside, "require_factor", of="all")
            await window.until(lambda: window.code == 4401)
        assert (await bob.ask("GET", f"/conversations/{conversation}/turns/"))[0] == 403


async def test_signing_out_ends_the_sockets_of_that_browser_only(alice: Person, shared: str) -> None:
    async with Person(alice.server, "Bob") as bob:
        alice.server.cookies.pop("Bob")
        async with (
            Person(alice.server, "Bob") as elsewhere,
            bob.socket(shared) as socket,
            elsewhere.window(shared) as window,
        ):
            await bob.ask("POST", "/accounts/logout/")
            async with asyncio.timeout(SOON):
                async for _ in socket:
                    pass
            assert socket.close_code == 4401
            assert window.codes == []


async def test_deleting_a_conversation_ends_it_for_everybody_without_a_word_of_it(alice: Person, shared: str) -> None:
    async with Person(alice.server, "Bob") as bob, bob.socket(shared) as socket:
        turn = await alice.send(shared, "Tell me a long story of a secret")
        await asyncio.sleep(0.3)
        await alice.post(f"/conversations/{shared}/delete/")
        heard = []
        async with asyncio.timeout(SOON):
            async for message in socket:
                heard += [json.loads(line) for line in message.data.split("\n")]
        assert socket.close_code == 4403
        deleted = next(number for number, frame in enumerate(heard) if frame.get("kind") == "conversation.deleted")
        assert "turn" not in heard[deleted]
        assert (await bob.ask("GET", f"/conversations/{shared}/"))[0] == 404
        assert (await alice.ask("GET", f"/conversations/{shared}/"))[0] == 404
        await asyncio.sleep(1)
        assert turn["id"] not in alice.server.inside("running")


async def test_a_suspension_ends_sockets_keys_and_running_answers(new_server: Callable[..., Server]) -> None:
    server = new_server(paced=True)
    server.start()
    key = server.inside("issue_key", name="Bob")
    call = {"headers": {"Authorization": f"Bearer {key}"}}
    async with Person(server, "Bob") as bob, Person(server, "") as program:
        conversation = await bob.begin()
        async with bob.window(conversation) as window:
            turn = await bob.send(conversation, "Tell me a long story of a lamp")
            await window.until(lambda: window.view.text(turn["id"]))
            assert (await program.ask("GET", "/openai/v1/models", **call))[0] == 200
            await asyncio.to_thread(server.inside, "suspend", name="Bob")
            async with asyncio.timeout(SOON):
                await window.until(lambda: window.code == 4401)
                while await asyncio.sleep(0.05, server.inside("running")):
                    pass
        assert (await program.ask("GET", "/openai/v1/models", **call))[0] == 401
        assert (await bob.ask("GET", "/"))[0] == 302
