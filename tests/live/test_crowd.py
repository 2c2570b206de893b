"""Ten people send at once, a thousand times in all, while sockets and requests are lost: there is one order.

A Hypothesis state machine against a real server: what it does is drawn, from a fixed seed; when it happens is not.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any, ClassVar

import pytest
from aiohttp import web
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.conftest import PASSWORD
from tests.live.person import Person, Window
from tests.live.server import Server
from tests.live.stand_in import StandIn, chunked, in_pieces, telling
from tests.upstream.script import Answer

NAMES = [f"Person{number}" for number in range(10)]
ANYBODY = st.integers(0, len(NAMES) - 1)
SOME = st.sets(ANYBODY, max_size=4)
WAYS = st.sampled_from(["noted", "sent", "sent twice", "noted twice", "sent, and the answer lost"])
"""How one person's message comes: to the model or to people, and whether its sender hears of it the first time."""
ALL = st.lists(WAYS, min_size=len(NAMES), max_size=len(NAMES))
WANTED = 1000
PATIENCE = 60.0


class Plays(dict[str, Answer]):
    """Answers whatever it is asked, in words that only fit that question."""

    numbers = itertools.count(1)

    def get(self, text: str, _default: Any = None) -> Answer:
        async def answer(request: web.Request) -> web.StreamResponse:
            events = telling(["Heard ", text, "."], number=next(self.numbers))
            return await in_pieces(chunked(events), [0.0] * len(events))(request)

        return answer


class Crowd(RuleBasedStateMachine):
    """One conversation of ten people, each with an open page."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    people: ClassVar[list[Person]]
    sent: ClassVar[int]
    numbers: ClassVar[Iterator[int]]

    def __init__(self) -> None:
        super().__init__()
        self.wanted: dict[str, tuple[str, str]] = {}
        """Whom each message is for and what it says, by its `client_id`."""
        self.offline: set[int] = set()

    def now(self, work: Any) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(work, PATIENCE))

    @initialize()
    def begin(self) -> None:
        self.now(self._begin())

    async def _begin(self) -> None:
        owner = self.people[0]
        self.conversation = await owner.begin()
        await owner.post(f"/conversations/{self.conversation}/update/", {"title": "A crowd"})
        for name in NAMES[1:]:
            owner.server.inside("invite", conversation=self.conversation, name=name, role="editor")
        self.windows = [
            Window(person, self.conversation, await person.view(self.conversation)) for person in self.people
        ]
        await asyncio.gather(*(window.online() for window in self.windows))

    @rule(ways=ALL, lost=SOME)
    def everybody_sends_while_sockets_are_lost(self, ways: list[str], lost: set[int]) -> None:
        self.now(self._burst(ways, *(self.windows[who].drop() for who in lost)))

    @rule(ways=ALL, moving=SOME)
    def everybody_sends_while_some_lose_the_network_or_come_back(self, ways: list[str], moving: set[int]) -> None:
        self.now(self._burst(ways, *map(self._leave_or_come, moving)))

    @rule(ways=ALL, anew=SOME)
    def everybody_sends_while_some_load_the_page_anew(self, ways: list[str], anew: set[int]) -> None:
        self.now(self._burst(ways, *map(self._reload, anew)))

    @rule(way=WAYS, stopping=ANYBODY)
    def everybody_sends_the_same_way_while_one_stops_what_runs(self, way: str, stopping: int) -> None:
        self.now(self._burst([way] * len(NAMES), self._stop(stopping)))

    async def _leave_or_come(self, who: int) -> None:
        self.offline ^= {who}
        await (self.windows[who].offline() if who in self.offline else self.windows[who].online())

    async def _reload(self, who: int) -> None:
        await self.windows[who].offline()
        self.windows[who].view = await self.people[who].view(self.conversation)
        self.offline.discard(who)
        await self.windows[who].online()

    async def _stop(self, who: int) -> None:
        running = [turn for turn in self.windows[who].view.turns.values() if turn["status"] == "in_progress"]
        if running:
            await self.people[who].verb(self.conversation, running[-1]["id"], "stop")

    async def _burst(self, ways: list[str], *beside: Awaitable[None]) -> None:
        await asyncio.gather(*(self._send(who, way) for who, way in enumerate(ways)), *beside)

    async def _send(self, who: int, way: str) -> None:
        """Send one message until it is acknowledged, by whatever way."""
        number = next(self.numbers)
        client_id, text = f"client-{number}", f"message {number} of {NAMES[who]}"
        door = "notes" if way.startswith("noted") else "messages"
        self.wanted[client_id] = (door, text)
        tail = max(self.windows[who].view.turns, default=None)
        message = {"text": text, "client_id": client_id, "previous": tail}
        if "lost" in way:
            leaving = asyncio.ensure_future(self._ask(who, door, message))
            await asyncio.sleep(0.003 * (number % 7))
            leaving.cancel()
            await asyncio.wait({leaving})
        known = await asyncio.gather(*(self._ask(who, door, message) for _ in range(2 if "twice" in way else 1)))
        assert len(set(known)) == 1, "the same message was acknowledged as two"
        type(self).sent += 1

    async def _ask(self, who: int, door: str, message: dict[str, Any]) -> int:
        """Return the id that the server acknowledges a message with; a full queue is asked again."""
        path, taken = f"/conversations/{self.conversation}/{door}/", (200, 201)
        while True:
            answer = await self.people[who].post(path, message, expect=(*taken, 429))
            if "error" not in answer:
                return int(answer["note"]["id"] if door == "notes" else answer["turn"]["id"])
            await asyncio.sleep(0.05)

    def teardown(self) -> None:
        if hasattr(self, "windows"):
            self.now(self._settle())
            self.now(self._compare())
            self.now(self._leave())

    async def _leave(self) -> None:
        await asyncio.gather(*(window.offline() for window in self.windows))

    async def _settle(self) -> None:
        for who in self.offline:
            await self.windows[who].online()
        for window in self.windows:
            await window.until(lambda view=window.view: all(map(view.is_final, view.turns)), PATIENCE)

    async def _compare(self) -> None:
        kept = await asyncio.to_thread(self.people[0].server.inside, "history", conversation=self.conversation)
        assert kept["positions"] == list(range(1, len(kept["positions"]) + 1))
        assert Counter(client_id for client_id, *_ in kept["said"]) == Counter(self.wanted.keys())
        for client_id, direction, _, text in kept["said"]:
            assert ("notes" if direction == "note" else "messages", text) == self.wanted[client_id]
        self._compare_line(kept)
        for person, window in zip(self.people, self.windows, strict=True):
            assert await window.caught_up() == window.view.shown()
            seen = [note for note in kept["noted"] if note in window.view.notes]
            assert sorted(window.view.notes) == seen, "notes in another order"
            assert window.view.shown() == await person.fresh(self.conversation)
        whole = max(self.windows, key=lambda window: len(window.view.notes)).view
        assert len(whole.turns) <= len(kept["turns"])

    def _compare_line(self, kept: dict[str, Any]) -> None:
        """One line of turns in the order of their facts, each answered after the one before it had ended."""
        assert [turn[0] for turn in kept["turns"]] == kept["begun"]
        texts = {response: text for _, direction, response, text in kept["said"] if direction == "input"}
        before: Any = None
        for turn, previous, status, first_token_at, done_at in kept["turns"]:
            assert previous == (before[0] if before else None), "the line has a branch"
            if before and first_token_at:
                assert first_token_at >= before[1], "two answers at once"
            before = (turn, done_at)
            if status == "completed":
                assert kept["answers"][str(turn)] == f"Heard {texts[turn]}."
            else:
                assert status == "cancelled"


@pytest.fixture
def crowd(new_server: Callable[..., Server]) -> Iterator[type[Crowd]]:
    """Ten people, signed in at a server whose provider answers at once."""
    provider = StandIn()
    provider.plays = Plays()
    server = new_server(**provider.settings)
    for name in NAMES:
        server.inside("add_person", name=name, password=PASSWORD)
    server.start()
    Crowd.loop = asyncio.new_event_loop()
    Crowd.sent, Crowd.numbers = 0, itertools.count(1)
    stack = AsyncExitStack()
    entering = [stack.enter_async_context(Person(server, name)) for name in NAMES]
    Crowd.people = [Crowd.loop.run_until_complete(person) for person in entering]
    yield Crowd
    Crowd.loop.run_until_complete(stack.aclose())
    Crowd.loop.close()
    provider.close()
    assert server.troubles() == []


def test_a_thousand_messages_of_ten_people_come_to_one_order_that_all_see(crowd: type[Crowd]) -> None:
    run_state_machine_as_test(
        crowd,
        settings=settings(
            max_examples=5,  # the first of them is empty
            stateful_step_count=27,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert crowd.sent >= WANTED
