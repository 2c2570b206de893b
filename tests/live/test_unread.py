"""What is unread, over real sockets: told elsewhere, read here, at every web process there is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.live.person import Person

pytestmark = pytest.mark.usefixtures("calm")

Entered = Callable[[Any], Awaitable[Any]]


async def begun(alice: Person, title: str, *members: str) -> str:
    """A conversation of Alice's with a title and members."""
    conversation = await alice.begin()
    await alice.post(f"/conversations/{conversation}/update/", {"title": title})
    for name in members:
        alice.server.inside("invite", conversation=conversation, name=name, role="editor")
    return conversation


async def shown(person: Person, conversation: str) -> int:
    """Return the number that a freshly loaded sidebar shows for a conversation."""
    _, page = await person.ask("GET", "/sidebar/")
    row = re.search(rf'data-conversation="{conversation}".*?</a>', page.decode(), re.DOTALL)
    assert row
    number = re.search(r'class="count"[^>]*>(\d+)', row[0])
    return int(number[1]) if number else 0


async def eventually(person: Person, conversation: str, number: int) -> None:
    async with asyncio.timeout(10):
        while await shown(person, conversation) != number:  # noqa: ASYNC110  # a page tells nobody of itself
            await asyncio.sleep(0.2)


async def test_what_is_said_elsewhere_is_told_within_seconds_and_read_where_it_is_shown(
    alice: Person, bob: Person, charlie: Person, enter: Entered
) -> None:
    here, there = await begun(alice, "Here", "Bob"), await begun(alice, "There", "Bob")
    alone = await charlie.begin()
    hers, his = await enter(alice.window(here)), await enter(charlie.window(alone))
    for number in range(2):
        await bob.post(f"/conversations/{there}/notes/", {"text": f"Word {number}"})
    await hers.until(lambda: hers.unread.get(there) == 2)
    assert await shown(alice, there) == 2
    assert await shown(bob, there) == 0
    async with alice.window(there) as looking:
        await looking.read()
        await eventually(alice, there, 0)
    await bob.post(f"/conversations/{here}/notes/", {"text": "Here"})
    await hers.until(lambda: hers.view.notes)
    assert here not in hers.unread, "what is looked at is not told as unread"
    assert his.unread == {}


async def test_what_is_read_in_one_window_is_read_in_the_others(alice: Person, bob: Person, enter: Entered) -> None:
    here, there = await begun(alice, "Here", "Bob"), await begun(alice, "There", "Bob")
    hers = await enter(alice.window(here))
    await bob.post(f"/conversations/{there}/notes/", {"text": "A word"})
    await hers.until(lambda: hers.unread.get(there) == 1)
    async with alice.window(there) as looking:
        await looking.read()
        await hers.until(lambda: hers.unread.get(there) == 0)


async def test_a_window_is_told_when_a_notice_comes_and_when_it_is_read_elsewhere(
    alice: Person, bob: Person, enter: Entered
) -> None:
    here, there = await begun(alice, "Here"), await begun(alice, "There", "Bob")
    hers, his = await enter(alice.window(here)), await enter(bob.window(there))
    async with asyncio.timeout(30):
        while not hers.noticed:  # what waited when the window was opened is no news
            await bob.post(f"/conversations/{there}/notes/", {"text": "Look, @Alice"})
            await asyncio.sleep(1)
    told = hers.noticed
    await alice.ask("POST", "/notices/read/")
    await hers.until(lambda: hers.noticed > told)
    assert his.noticed == 0


async def test_nobody_reads_what_was_not_told(alice: Person, bob: Person) -> None:
    conversation = await begun(alice, "Ahead", "Bob")
    async with alice.socket(conversation) as socket:
        await socket.receive()
        await socket.send_json({"type": "read", "position": 10**15})
        await asyncio.sleep(4)
    await bob.post(f"/conversations/{conversation}/notes/", {"text": "A word"})
    assert await shown(alice, conversation) == 1
