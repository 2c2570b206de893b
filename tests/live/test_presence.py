"""Who is here and who writes, by real sockets, at every web process there is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.live.person import Person

pytestmark = pytest.mark.usefixtures("calm")

SOON = 5.5
"""Five seconds, and a little for the frames to arrive."""
Entered = Callable[[Any], Awaitable[Any]]


@pytest.fixture
async def begun(alice: Person) -> str:
    """A conversation of Alice's that nobody else begins again."""
    conversation = await alice.begin()
    await alice.post(f"/conversations/{conversation}/update/", {"title": "Shared"})
    return conversation


@pytest.fixture
async def shared(alice: Person, begun: str) -> str:
    """One that Bob is in too."""
    conversation = begun
    alice.server.inside("invite", conversation=conversation, name="Bob", role="editor")
    return conversation


async def test_members_see_each_other_come_write_and_go(
    alice: Person, bob: Person, shared: str, enter: Entered
) -> None:
    hers = await enter(alice.window(shared))
    async with bob.window(shared) as his:
        await hers.until(lambda: hers.here == ["Alice", "Bob"])
        await his.until(lambda: his.here == ["Alice", "Bob"])
        await his.type("model")
        await hers.until(lambda: hers.writing == [("Bob", "model")])
        await his.type("")
        await hers.until(lambda: hers.writing == [])
    await hers.until(lambda: hers.here == ["Alice"])


async def test_a_stranger_neither_sees_nor_is_seen(alice: Person, charlie: Person, shared: str, enter: Entered) -> None:
    hers = await enter(alice.window(shared))
    async with charlie.socket(shared) as socket:
        await hers.until(lambda: hers.here == ["Alice"])
        assert [message async for message in socket] == []
    await asyncio.sleep(1.5)
    assert hers.here == ["Alice"]


async def test_a_member_who_is_removed_is_no_longer_seen_and_hears_nothing_more(
    alice: Person, bob: Person, shared: str, enter: Entered
) -> None:
    hers = await enter(alice.window(shared))
    async with bob.socket(shared) as his:
        await hers.until(lambda: "Bob" in hers.here)
        alice.server.inside("remove", conversation=shared, name="Bob")
        await hers.until(lambda: hers.here == ["Alice"], SOON)
        await hers.type("people")
        heard = [json.loads(line) async for message in his for line in message.data.split("\n")]
        assert his.close_code == 4403
        assert not [frame for frame in heard if frame["type"] == "presence" and frame["writing"]]


async def test_who_may_only_read_is_here_and_never_writes(
    alice: Person, bob: Person, begun: str, enter: Entered
) -> None:
    conversation = begun
    alice.server.inside("invite", conversation=conversation, name="Bob", role="viewer")
    hers, his = await enter(alice.window(conversation)), await enter(bob.window(conversation))
    await hers.until(lambda: hers.here == ["Alice", "Bob"])
    for to in ("people", "model"):
        await his.type(to)
    await hers.type("people")
    await his.until(lambda: his.writing == [("Alice", "people")])
