"""Who is here and who writes, within one process and between processes. No socket, no layer, no database."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conversations.hub import Viewer, presence
from conversations.hub.presence import Presence

ROOM = "conv_1"


def person(pk: int) -> dict[str, Any]:
    return {"id": pk, "name": f"Person {pk}", "initial": "P", "hue": pk, "avatar": None}


ALICE, BOB = {**person(1), "name": "Alice"}, {**person(2), "name": "Bob"}


class Process:
    """One of several: what it says reaches the others at once, while they live."""

    def __init__(self, name: str, others: list[Process]) -> None:
        self.name, self.others = name, others
        self.presence = Presence(self.tell)
        self.said: list[dict[str, Any]] = []
        others.append(self)

    async def tell(self, conversation_id: str, said: dict[str, Any]) -> None:
        self.said.append(said)
        for other in self.others:
            if other is not self:
                other.presence.hear(conversation_id, self.name, said)

    def enter(self, who: dict[str, Any], room: str = ROOM) -> Viewer:
        viewer = Viewer()
        self.presence.enter(room, viewer, who)
        return viewer


@pytest.fixture
def processes() -> list[Process]:
    everyone: list[Process] = []
    return [Process("one", everyone), Process("two", everyone)]


async def settle(processes: list[Process]) -> None:
    for _ in range(3):
        for process in processes:
            await process.presence.tell()


def rested(processes: list[Process]) -> None:
    """Let the seconds pass for which a crowd is told nothing."""
    for process in processes:
        process.presence.rooms[ROOM].rests_until = 0.0


def heard(viewer: Viewer) -> list[dict[str, Any]]:
    return [json.loads(frame) for frame in viewer._waiting]


def here(viewer: Viewer) -> list[str]:
    return [who["name"] for who in heard(viewer)[-1]["people"]]


def writing(viewer: Viewer) -> list[tuple[str, str]]:
    return [(writer["person"]["name"], writer["to"]) for writer in heard(viewer)[-1]["writing"]]


async def test_who_looks_at_a_conversation_is_told_to_those_who_do_and_to_nobody_else(
    processes: list[Process],
) -> None:
    one, two = processes
    alice, elsewhere = one.enter(ALICE), one.enter(person(3), "conv_2")
    await settle(processes)
    bob = two.enter(BOB)
    await settle(processes)
    assert here(alice) == here(bob) == ["Alice", "Bob"]
    assert here(elsewhere) == ["Person 3"]
    one.presence.leave(ROOM, alice)
    await settle(processes)
    assert here(bob) == ["Bob"]
    assert heard(bob)[-1]["count"] == 1


async def test_one_person_with_two_windows_is_one_and_the_second_window_hears_at_once(
    processes: list[Process],
) -> None:
    one, two = processes
    first, other = one.enter(ALICE), two.enter(ALICE)
    await settle(processes)
    second = one.enter(ALICE)
    assert here(second) == ["Alice"]
    one.presence.leave(ROOM, first)
    one.presence.leave(ROOM, second)
    await settle(processes)
    assert heard(other)[-1]["count"] == 1


async def test_who_writes_is_told_with_whom_it_is_for_until_they_stop(
    processes: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = processes
    alice, bob = one.enter(ALICE), two.enter(BOB)
    await settle(processes)
    one.presence.write(ROOM, alice, "model")
    two.presence.write(ROOM, bob, "people")
    await settle(processes)
    assert writing(alice) == writing(bob) == [("Alice", "model"), ("Bob", "people")]
    two.presence.write(ROOM, bob, "")
    await settle(processes)
    assert writing(alice) == [("Alice", "model")]
    monkeypatch.setattr(presence, "WRITES", -1.0)
    one.presence.write(ROOM, alice, "model")
    await settle(processes)
    assert writing(bob) == []


async def test_what_a_process_said_that_died_ends_by_itself(
    processes: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = processes
    alice = one.enter(ALICE)
    monkeypatch.setattr(presence, "LASTS", -1.0)
    two.enter(BOB)
    await settle(processes)
    assert here(alice) == ["Alice", "Bob"]
    one.presence.refresh()
    await settle([one])
    assert here(alice) == ["Alice"]


async def test_a_message_that_is_lost_is_made_good_by_the_next(processes: list[Process]) -> None:
    one, two = processes
    alice = one.enter(ALICE)
    await settle([one])
    one.others.remove(one)
    bob = two.enter(BOB)
    await settle([two])
    assert here(alice) == ["Alice"]
    one.others.append(one)
    for process in processes:
        process.presence.refresh()
    await settle(processes)
    assert here(alice) == ["Alice", "Bob"]
    assert here(bob) == ["Alice", "Bob"]


async def test_five_hundred_people_who_come_and_write_cost_less_than_a_stream(processes: list[Process]) -> None:
    """In a second a stream sends each viewer forty frames and more; here it is one small frame, whatever happens."""
    one, two = processes
    viewers = [processes[number % 2].enter(person(number)) for number in range(1, 501)]
    await settle(processes)
    before = [len(viewer._waiting) for viewer in viewers]
    assert max(before) <= 3
    assert heard(viewers[0])[-1]["count"] == 500
    assert max(len(frame) for frame in viewers[0]._waiting) < 2_000
    sent = len(one.said) + len(two.said)
    rested(processes)
    for stroke in range(20):
        for number, viewer in enumerate(viewers, 1):
            processes[number % 2].presence.write(ROOM, viewer, "people" if stroke % 2 else "model")
    for process in processes:
        await process.presence.tell()
    assert len(one.said) + len(two.said) - sent == 2
    assert max(len(viewer._waiting) - known for viewer, known in zip(viewers, before, strict=True)) == 1
    assert len(heard(viewers[0])[-1]["writing"]) == presence.WRITERS
    two.presence.write(ROOM, viewers[0], "model")
    await two.presence.tell()
    assert len(viewers[0]._waiting) == before[0] + 1, "a crowd is told less often"
    rested(processes)
    await two.presence.tell()
    assert len(viewers[0]._waiting) == before[0] + 2


async def test_who_leaves_while_it_is_told_that_they_came_is_told_to_have_left(processes: list[Process]) -> None:
    one, two = processes
    bob, alice = two.enter(BOB), one.enter(ALICE)

    async def tell_slowly(conversation_id: str, said: dict[str, Any]) -> None:
        one.presence.leave(ROOM, alice)
        await one.tell(conversation_id, said)

    one.presence._tell_others = tell_slowly
    await settle(processes)
    assert here(bob) == ["Bob"]
    assert one.presence.rooms == {}


async def test_who_says_nothing_new_causes_no_frame(processes: list[Process]) -> None:
    one, _ = processes
    alice = one.enter(ALICE)
    await settle(processes)
    for _ in range(3):
        one.presence.refresh()
        await settle(processes)
    assert len(alice._waiting) == 1
