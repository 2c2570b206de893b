"""Killed in mid-answer and started again: a background answer completes exactly, another keeps what was said."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import aiohttp
import pytest

from conversations.localmodel.scripts.text import story
from tests.live.person import Person, Window
from tests.live.server import Server
from tests.live.view import said

Entered = Callable[[Any], Awaitable[Any]]
RECOVERY = 45.0
UNLOGGED = 0.25
"""Seconds of an answer that a crash may cost: the log is written in grouped commits."""
PAGE = "Tell me of a lamp"
STORY = "Tell me a long story of a lamp"


def paced(ground: Server, folders: pytest.TempPathFactory, background: str) -> Iterator[Server]:
    settings = {"SALON_MODELS": "demo", "SALON_BACKGROUND": background}
    server = Server(folders.mktemp(background) / "data", ground=ground, paced=True, **settings)
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="module")
def background(ground: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose answers are made in the background, at the pace that people see."""
    yield from paced(ground, tmp_path_factory, "always")


@pytest.fixture(scope="module")
def foreground(ground: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose answers end with their connection, at the pace that people see."""
    yield from paced(ground, tmp_path_factory, "never")


def lucky(number: int) -> random.Random:
    seed = random.randrange(10**6)
    print(f"round {number}, seed {seed}")
    return random.Random(seed)


async def restart(server: Server, end: Callable[[], None]) -> float:
    """End the server and start it again while pages live on; return the moment of its end."""
    moment = time.monotonic()
    await asyncio.to_thread(end)
    await asyncio.to_thread(server.start)
    return moment


async def logged(server: Server, response: int) -> None:
    """Wait for the first commit of an answer's log. Of which there is none, that one is asked anew after a crash."""
    async with asyncio.timeout(RECOVERY):
        while await asyncio.sleep(0.02, not server.inside("mirror", response=response)["logged_deltas"]):
            pass


async def at_provider(server: Server, provider_id: str) -> dict[str, Any]:
    """Return what the embedded provider itself has of a response."""
    headers = {"Authorization": f"Bearer {server.provider.key}"}
    address = f"{server.provider.base_url}/responses/{provider_id}"
    async with aiohttp.ClientSession(headers=headers) as http, http.get(address) as answer:
        assert answer.status == 200
        response: dict[str, Any] = await answer.json()
        return response


async def assert_complete(window: Window, response: int) -> None:
    """The turn ended as the provider's response did, to the letter, and this page shows just that."""
    server = window.person.server
    turn = await window.until_final(response, RECOVERY)
    mirror = server.inside("mirror", response=response)
    theirs = await at_provider(server, mirror["provider_id"])
    assert turn["status"] == theirs["status"] == "completed"
    assert mirror["final"] == theirs
    assert mirror["items"] == theirs["output"]
    assert "".join(mirror["logged_deltas"]) == said(theirs["output"])
    assert set(mirror["item_statuses"]) == {"completed"}
    assert window.view.text(response) == said(theirs["output"])
    await assert_as_on_a_fresh_page(window, turn)


async def assert_interrupted(window: Window, response: int, *, whole: str, ended: float) -> None:
    """The turn is marked, it keeps the beginning of `whole` that was seen before the end, this page shows just that."""
    turn = await window.until_final(response, RECOVERY)
    kept = window.view.text(response)
    seen = [length for moment, known, length in window.view.seen if known == response and moment < ended - UNLOGGED]
    assert (turn["status"], turn["incomplete"]) == ("incomplete", "interrupted")
    assert whole.startswith(kept)
    assert len(kept) >= max(seen, default=0)
    assert all(item["status"] in {"completed", "incomplete"} for item in turn["output"])
    await assert_as_on_a_fresh_page(window, turn)


async def assert_as_on_a_fresh_page(window: Window, turn: dict[str, Any]) -> None:
    fresh = await window.caught_up()
    assert turn in fresh["turns"]
    if all(window.view.is_final(known["id"]) for known in fresh["turns"]):
        assert window.view.shown() == fresh


@pytest.mark.parametrize("number", range(5))
async def test_a_background_answer_survives_a_kill(background: Server, number: int, enter: Entered) -> None:
    luck = lucky(number)
    alice = await enter(Person(background, "Alice"))
    windows, turns = [], []
    for place in range(3):
        windows.append(await enter(alice.window(await alice.begin())))
        turns.append(await alice.send(windows[-1].conversation, f"{PAGE} in place {place}"))
    waiting = await alice.send(windows[0].conversation, "And then?")
    await asyncio.sleep(luck.random() * 3)
    await restart(background, background.kill)
    for window, turn in zip(windows, turns, strict=True):
        await assert_complete(window, turn["id"])
    await assert_complete(windows[0], waiting["id"])
    assert background.inside("running") == []


@pytest.mark.parametrize("number", range(5))
async def test_a_foreground_answer_is_interrupted_by_a_kill_and_keeps_its_text(
    foreground: Server, number: int, enter: Entered
) -> None:
    luck = lucky(number)
    alice = await enter(Person(foreground, "Alice"))
    windows, turns = [], []
    for _ in range(3):
        windows.append(await enter(alice.window(await alice.begin())))
        turns.append(await alice.send(windows[-1].conversation, STORY))
    waiting = await alice.send(windows[0].conversation, "And then?")
    for window, turn in zip(windows, turns, strict=True):
        await window.until(lambda window=window: len(window.view.seen) > 5)
        await logged(foreground, turn["id"])
    await asyncio.sleep(luck.random() * 3)
    killed = await restart(foreground, foreground.kill)
    for window, turn in zip(windows[1:], turns[1:], strict=True):
        await assert_interrupted(window, turn["id"], whole="".join(story(STORY)), ended=killed)
    assert (await windows[0].until_final(waiting["id"], RECOVERY))["status"] == "completed"
    await assert_interrupted(windows[0], turns[0]["id"], whole="".join(story(STORY)), ended=killed)
    assert foreground.inside("running") == []


async def test_a_background_answer_survives_two_kills_in_a_row(background: Server, enter: Entered) -> None:
    luck = lucky(0)
    alice = await enter(Person(background, "Alice"))
    window = await enter(alice.window(await alice.begin()))
    turn = await alice.send(window.conversation, f"{PAGE} that is lit twice")
    await asyncio.sleep(luck.random() * 1.5)
    await restart(background, background.kill)
    await asyncio.sleep(luck.random() * 0.5)
    await restart(background, background.kill)
    await assert_complete(window, turn["id"])


async def test_a_killed_foreground_answer_can_be_continued_and_answered_anew(
    foreground: Server, enter: Entered
) -> None:
    alice = await enter(Person(foreground, "Alice"))
    window = await enter(alice.window(await alice.begin()))
    turn = await alice.send(window.conversation, STORY)
    await window.until(lambda: len(window.view.seen) > 20)
    await restart(foreground, foreground.kill)
    await window.until_final(turn["id"], RECOVERY)
    for verb in ("continue", "regenerate"):
        following = (await alice.verb(window.conversation, turn["id"], verb))["turn"]["id"]
        await window.until(lambda following=following: window.view.text(following))
        await alice.verb(window.conversation, following, "stop")
        assert (await window.until_final(following))["status"] == "cancelled"
    assert window.view.shown() == await alice.fresh(window.conversation)


async def test_a_background_answer_survives_a_shutdown(background: Server, enter: Entered) -> None:
    alice = await enter(Person(background, "Alice"))
    window = await enter(alice.window(await alice.begin()))
    turn = await alice.send(window.conversation, f"{PAGE} at dusk")
    await window.until(lambda: len(window.view.seen) > 20)
    await restart(background, background.stop)
    await assert_complete(window, turn["id"])
    assert 1012 in window.codes


async def test_a_foreground_answer_keeps_every_word_through_a_shutdown(foreground: Server, enter: Entered) -> None:
    alice = await enter(Person(foreground, "Alice"))
    window = await enter(alice.window(await alice.begin()))
    turn = await alice.send(window.conversation, STORY)
    await window.until(lambda: len(window.view.seen) > 20)
    await restart(foreground, foreground.stop)
    await assert_interrupted(window, turn["id"], whole="".join(story(STORY)), ended=time.monotonic())


async def test_a_background_answer_survives_the_end_of_the_provider(background: Server, enter: Entered) -> None:
    alice = await enter(Person(background, "Alice"))
    window = await enter(alice.window(await alice.begin()))
    turn = await alice.send(window.conversation, f"{PAGE} in a storm")
    await window.until(lambda: len(window.view.seen) > 20)
    background.kill_provider()
    await assert_complete(window, turn["id"])


async def test_a_foreground_answer_keeps_its_text_when_the_provider_ends_and_the_next_one_is_whole(
    foreground: Server, enter: Entered
) -> None:
    alice = await enter(Person(foreground, "Alice"))
    window = await enter(alice.window(await alice.begin()))
    turn = await alice.send(window.conversation, STORY)
    await window.until(lambda: len(window.view.seen) > 20)
    ended = time.monotonic()
    foreground.kill_provider()
    await assert_interrupted(window, turn["id"], whole="".join(story(STORY)), ended=ended)
    following = await alice.send(window.conversation, PAGE)
    assert (await window.until_final(following["id"]))["status"] == "completed"
