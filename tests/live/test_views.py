"""Every page that is open on a conversation comes to the same state as a page that is loaded afresh."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.live.person import Person
from tests.live.server import Server
from tests.live.view import said

Entered = Callable[[Any], Awaitable[Any]]
STORY = "Tell me a long story"
FINISHED = 60.0
AT_ONCE = 2.0
"""Seconds, of which a busy machine takes most."""


@pytest.fixture(scope="module")
def slow_server(ground: Server, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server whose demo model speaks at the pace that people see: a page of text takes four seconds."""
    server = Server(tmp_path_factory.mktemp("paced") / "data", ground=ground, paced=True, SALON_MODELS="demo")
    server.start()
    yield server
    server.close()


@pytest.fixture
async def alice(slow_server: Server, enter: Entered) -> Person:
    return await enter(Person(slow_server, "Alice"))


@pytest.fixture
async def bob(slow_server: Server, enter: Entered) -> Person:
    return await enter(Person(slow_server, "Bob"))


async def test_a_page_that_watched_an_answer_equals_a_fresh_one(alice: Person) -> None:
    conversation = await alice.begin()
    async with alice.window(conversation) as window:
        turn = await alice.send(conversation, "Tell me of a lamp")
        await window.until_final(turn["id"])
        assert window.view.turns[turn["id"]]["status"] == "completed"
        assert window.view.shown() == await alice.fresh(conversation)


async def test_two_pages_and_one_that_is_reloaded_mid_answer_show_the_same(
    alice: Person, bob: Person, enter: Entered
) -> None:
    conversation = await alice.begin()
    alice.server.inside("invite", conversation=conversation, name="Bob", role="editor")
    hers = await enter(alice.window(conversation))
    his = await enter(bob.window(conversation))
    turn = await alice.send(conversation, "Tell both of us of a lamp")
    await hers.until(lambda: len(hers.view.seen) > 20)
    reloaded = await enter(alice.window(conversation))
    joined = len(reloaded.view.text(turn["id"]))
    for window in (hers, his, reloaded):
        await window.until_final(turn["id"])
    assert hers.view.shown() == reloaded.view.shown() == await alice.fresh(conversation)
    assert his.view.shown() == await bob.fresh(conversation)
    assert 0 < joined < len(hers.view.text(turn["id"]))
    assert his.view.streamed == hers.view.streamed == reloaded.view.streamed


async def test_a_page_that_reconnects_with_old_cursors_has_each_delta_once(alice: Person) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    luck = random.Random(seed)
    conversation = await alice.begin()
    async with alice.window(conversation) as window:
        turn = await alice.send(conversation, "Tell me of a lamp that flickers")
        while not window.view.is_final(turn["id"]):
            await asyncio.sleep(luck.random() * 0.4)
            await window.drop()
        assert window.connections > 3
        # Only the events of the last moment may have come as the final items instead
        assert window.view.text(turn["id"]).startswith(said(window.view.streamed[turn["id"]]))
        assert window.view.shown() == await alice.fresh(conversation)


async def test_a_page_that_was_offline_during_the_end_of_an_answer_catches_up(alice: Person) -> None:
    conversation = await alice.begin()
    async with alice.window(conversation) as window, alice.window(conversation) as watching:
        first = await alice.send(conversation, "Tell me of a lamp in a tunnel")
        await window.until(lambda: len(window.view.seen) > 10)
        await window.offline()
        await watching.until_final(first["id"])
        second = await alice.send(conversation, "And after the tunnel?")
        await watching.until_final(second["id"])
        await window.online()
        await window.until_final(second["id"])
        assert window.view.shown() == watching.view.shown() == await alice.fresh(conversation)


async def test_a_page_that_was_away_for_hundreds_of_facts_fetches_everything_afresh(alice: Person) -> None:
    conversation = await alice.begin()
    turn = await alice.send(conversation, "Tell me of a lamp, once")
    async with alice.window(conversation) as window:
        await window.until_final(turn["id"])
        await window.offline()
        for number in range(305):
            await alice.post(f"/conversations/{conversation}/update/", {"title": f"Title {number}"})
        position = window.view.position
        await window.online()
        await window.until(lambda: window.view.position > position)
        assert window.view.shown() == await alice.fresh(conversation)


async def test_other_answers_and_other_wordings_reach_every_page(alice: Person, bob: Person, enter: Entered) -> None:
    conversation = await alice.begin()
    alice.server.inside("invite", conversation=conversation, name="Bob", role="editor")
    window = await enter(bob.window(conversation))
    first = await alice.send(conversation, "Lamp")
    await window.until_final(first["id"])
    again = (await bob.verb(conversation, first["id"], "regenerate"))["turn"]
    await window.until_final(again["id"])
    edited = await alice.send(conversation, "Candle", edits=first["id"])
    await window.until_final(edited["id"])
    assert window.view.shown() == await bob.fresh(conversation)
    assert len(window.view.turns[first["id"]]["siblings"]) == 2
    assert len(window.view.turns[again["id"]]["answers"]) == 2


async def test_stopping_ends_at_once_and_keeps_what_was_said(alice: Person) -> None:
    conversation = await alice.begin()
    async with alice.window(conversation) as window:
        turn = await alice.send(conversation, STORY)
        await window.until(lambda: len(window.view.seen) > 20)
        said = window.view.text(turn["id"])
        asked = asyncio.get_running_loop().time()
        await alice.verb(conversation, turn["id"], "stop")
        stopped = await window.until_final(turn["id"])
        assert asyncio.get_running_loop().time() - asked < 1
        assert stopped["status"] == "cancelled"
        assert window.view.text(turn["id"]).startswith(said)
        assert window.view.shown() == await alice.fresh(conversation)


async def test_a_page_that_joins_or_misses_something_mid_answer_is_up_to_date_at_once(
    alice: Person, enter: Entered
) -> None:
    conversation = await alice.begin()
    watching = await enter(alice.window(conversation))
    turn = await alice.send(conversation, STORY)
    await watching.until(lambda: len(watching.view.seen) > 20)
    async with alice.socket(conversation, "after=0") as joining:
        await asyncio.wait_for(joining.receive(), AT_ONCE)
    late = await enter(alice.window(conversation))
    for _ in range(3):
        now = len(watching.view.text(turn["id"]))
        await late.until(lambda now=now: len(late.view.text(turn["id"])) >= now, AT_ONCE)
        late.lose = 2
        await late.until(lambda: late.lose == 0)
    assert late.codes == []
    await alice.verb(conversation, turn["id"], "stop")


async def test_an_answer_goes_on_when_every_page_is_closed(alice: Person) -> None:
    conversation = await alice.begin()
    async with alice.window(conversation) as window:
        turn = await alice.send(conversation, "Tell me of a lamp in an empty room")
        await window.until(lambda: len(window.view.seen) > 10)
    await asyncio.sleep(1)
    async with alice.window(conversation) as returned:
        assert (await returned.until_final(turn["id"]))["status"] == "completed"


async def test_messages_wait_for_the_answer_before_them_in_order(alice: Person) -> None:
    conversation = await alice.begin()
    async with alice.window(conversation) as window:
        turns = [await alice.send(conversation, f"Message {number}") for number in range(3)]
        running: list[list[str]] = []
        while not window.view.is_final(turns[-1]["id"]):
            running.append([window.view.turns[turn["id"]]["status"] for turn in turns])
            await asyncio.sleep(0.1)
        assert all(statuses.count("in_progress") <= 1 for statuses in running)
        assert [turn["status"] for turn in window.view.shown()["turns"]] == ["completed"] * 3
        assert window.view.shown() == await alice.fresh(conversation)


async def test_a_reader_that_does_not_read_is_let_go_and_disturbs_nobody(alice: Person, bob: Person) -> None:
    conversation = await alice.begin()
    alice.server.inside("invite", conversation=conversation, name="Bob", role="editor")
    heavy = "x" * 99_000
    async with bob.socket(conversation) as stuck, alice.window(conversation) as window:
        for number in range(160):
            await alice.post(f"/conversations/{conversation}/update/", {"instructions": heavy + str(number)})
        await window.until(lambda: window.view.position >= 160)
        assert 4408 not in window.codes
        assert await end_of(stuck) == 4408


async def end_of(socket: Any) -> int | None:
    """Read a socket to its end; return its close code."""
    async with asyncio.timeout(FINISHED):
        async for _ in socket:
            pass
    return socket.close_code
