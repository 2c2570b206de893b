"""Two web processes and two workers are one Salon: for who looks, for who writes, and when one of them is lost."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.live.person import Person
from tests.live.server import Server

pytestmark = pytest.mark.services

WEB, WORKER = 0, 2
"""Where the first of each kind stands among a server's processes."""


@pytest.fixture
async def salon(new_server: Callable[..., Server]) -> Server:
    server = new_server(paced=True, SALON_BACKGROUND="always")
    await asyncio.to_thread(server.start)
    return server


@pytest.fixture
async def alice(salon: Server) -> AsyncIterator[Person]:
    async with Person(salon, "Alice") as alice:
        yield alice


def kill(salon: Server, number: int) -> None:
    """`kill -9` of one process; people find the other web process from now on."""
    os.kill(salon._processes[number].pid, signal.SIGKILL)
    salon._processes[number].wait()
    if number < WORKER:
        del salon.urls[number]


async def test_pages_at_different_processes_show_the_same_answer_while_it_forms(alice: Person) -> None:
    conversation = await alice.begin()
    async with alice.window(conversation) as here, alice.window(conversation) as there:
        turn = await alice.send(conversation, "Tell me of a lamp")
        await asyncio.gather(here.until_final(turn["id"]), there.until_final(turn["id"]))
        assert here.view.turns[turn["id"]]["status"] == "completed"
        assert here.view.shown() == there.view.shown() == await alice.fresh(conversation)


async def test_a_turn_of_a_killed_worker_is_ended_by_the_other(salon: Server, alice: Person) -> None:
    conversations, turns = [], []
    for _ in range(4):  # which spreads them over the workers
        conversations.append(await alice.begin())
        turns.append(await alice.send(conversations[-1], "Tell me of a lamp"))
    await until_all(alice, conversations, turns, lambda turn: turn["status"] != "queued")
    kill(salon, WORKER)
    ended = await until_all(alice, conversations, turns, lambda turn: turn["status"] not in {"queued", "in_progress"})
    assert [turn["status"] for turn in ended] == ["completed"] * len(turns)
    assert all(turn["output"] for turn in ended)


async def test_a_killed_web_process_ends_no_answer_and_its_viewers_come_to_the_other(
    salon: Server, alice: Person
) -> None:
    conversation = await alice.begin()
    async with alice.window(conversation) as one, alice.window(conversation) as other:
        turn = await alice.send(conversation, "Tell me of a lamp")
        await one.until(lambda: one.view.turns.get(turn["id"], {}).get("output"))
        kill(salon, WEB)
        await asyncio.gather(one.until_final(turn["id"]), other.until_final(turn["id"]))
        assert one.view.turns[turn["id"]]["status"] == "completed"
        assert one.view.shown() == other.view.shown() == await alice.fresh(conversation)


async def until_all(
    alice: Person, conversations: list[str], turns: list[dict[str, Any]], condition: Callable[[dict[str, Any]], Any]
) -> list[dict[str, Any]]:
    """Reload every conversation until `condition` holds for each turn; return the turns."""
    async with asyncio.timeout(90):
        while True:
            pages = [await alice.page(conversation) for conversation in conversations]
            shown = [
                next(shown for shown in page["turns"] if shown["id"] == turn["id"])
                for page, turn in zip(pages, turns, strict=True)
            ]
            if all(condition(turn) for turn in shown):
                return shown
            await asyncio.sleep(0.2)
