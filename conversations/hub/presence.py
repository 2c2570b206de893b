"""Who looks at which conversation, and who is writing there: nothing of it reaches the database.

Each process says of a conversation who looks at it there, whole and not in steps, so that a message that is lost is
made good by the next one, and what a process said that died ends by itself. Viewers are told of all processes together:
one small frame, at most one a second, fewer where many are there, and only where it says something new. So five hundred
people who come, go and write cost less than a stream does.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from conversations import protocol
from conversations.hub.viewers import Viewer

EVERY = 1.0
"""Seconds between two frames of a conversation."""
GATHER = 0.2
"""Seconds in which the first news waits for others."""
CROWD = 100
"""People whose news may be told every second; of more they are told less often, every five seconds at least."""
WRITES = 10.0
"""Seconds after which somebody who types nothing more is not writing."""
LASTS = 50.0
"""Seconds for which another process is believed; it says everything anew with every heartbeat."""
FACES = 8
WRITERS = 3

Person = dict[str, Any]
Said = dict[str, Any]
"""`ids` of all who look, `people` for the first faces, `writing` for the first who write."""
TellOthers = Callable[[str, Said], Awaitable[None]]


@dataclass
class Guest:
    person: Person
    writes_to: protocol.Audience = ""
    until: float = 0.0


@dataclass
class Room:
    """A conversation that somebody looks at in this process."""

    guests: dict[Viewer, Guest] = field(default_factory=dict)
    others: dict[str, tuple[float, Said]] = field(default_factory=dict)
    """What other processes say, and until when that counts."""
    told: Said | None = None
    """What the other processes have heard from us; None where they are to hear it anew."""
    asks: bool = True
    """Whether the others are still to be asked who is there."""
    shown: str = ""
    rests_until: float = 0.0

    def rest(self, now: float) -> None:
        self.rests_until = now + EVERY * min(4.0, max(0.0, len(self.guests) / CROWD - 1))


class Presence:
    """Of one process. All methods belong to its event loop."""

    def __init__(self, tell_others: TellOthers) -> None:
        self.rooms: dict[str, Room] = {}
        self._tell_others = tell_others
        self._changed: set[str] = set()
        self._writing: dict[Viewer, str] = {}
        self._news: asyncio.Event | None = None

    def enter(self, conversation_id: str, viewer: Viewer, person: Person) -> None:
        """Somebody looks at a conversation; they hear at once who is there."""
        room = self.rooms.setdefault(conversation_id, Room())
        room.guests[viewer] = Guest(person)
        if room.shown:
            viewer.put(room.shown)
        self._note(conversation_id)

    def leave(self, conversation_id: str, viewer: Viewer) -> None:
        room = self.rooms.get(conversation_id)
        if room is not None and room.guests.pop(viewer, None) is not None:
            self._writing.pop(viewer, None)
            self._note(conversation_id)

    def write(self, conversation_id: str, viewer: Viewer, to: protocol.Audience) -> None:
        """Somebody is writing, or with an empty `to` has stopped."""
        guest = self.rooms[conversation_id].guests[viewer]
        guest.until = monotonic() + WRITES
        if to != guest.writes_to:
            guest.writes_to = to
            self._writing[viewer] = conversation_id
            self._note(conversation_id)

    def hear(self, conversation_id: str, process: str, said: Said) -> None:
        """Take what another process says of a conversation."""
        room = self.rooms.get(conversation_id)
        if room is None:
            return
        room.others.pop(process, None)
        if said["ids"]:
            room.others[process] = (monotonic() + LASTS, said)
        if said["asks"]:
            room.told = None
        self._note(conversation_id)

    def refresh(self) -> None:
        """Say everything anew to the other processes, and forget those that have not."""
        now = monotonic()
        for conversation_id, room in self.rooms.items():
            room.told = None
            room.others = {name: heard for name, heard in room.others.items() if heard[0] > now}
            self._note(conversation_id)

    async def run(self) -> None:
        """Tell what changes, until this is cancelled."""
        self._news = asyncio.Event()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY if self._writing or self._changed else None):
                    await self._news.wait()
            self._news.clear()
            await asyncio.sleep(GATHER)
            await self.tell()
            await asyncio.sleep(EVERY - GATHER)

    async def tell(self) -> None:
        """Tell viewers, then other processes, what has changed."""
        self._stop_idle_writers()
        now = monotonic()
        changed = {
            conversation_id for conversation_id in self._changed if self.rooms[conversation_id].rests_until <= now
        }
        self._changed -= changed
        for conversation_id in changed:
            self._show(self.rooms[conversation_id])
            self.rooms[conversation_id].rest(now)
        for conversation_id in changed:
            room = self.rooms[conversation_id]
            said = _said(room)
            if said != room.told:
                message = said | {"asks": room.asks}
                room.told, room.asks = said, False
                await self._tell_others(conversation_id, message)
            if not room.guests and conversation_id not in self._changed:
                del self.rooms[conversation_id]

    def _show(self, room: Room) -> None:
        frame = protocol.encode(_frame(room))
        if frame != room.shown:
            room.shown = frame
            for viewer in room.guests:
                viewer.put(frame)

    def _stop_idle_writers(self) -> None:
        now = monotonic()
        for viewer, conversation_id in list(self._writing.items()):
            guest = self.rooms[conversation_id].guests[viewer]
            if guest.until < now or not guest.writes_to:
                guest.writes_to = ""
                del self._writing[viewer]
                self._changed.add(conversation_id)

    def _note(self, conversation_id: str) -> None:
        self._changed.add(conversation_id)
        if self._news is not None:
            self._news.set()


def _said(room: Room) -> Said:
    guests = room.guests.values()
    people = {guest.person["id"]: guest.person for guest in guests}
    return {
        "ids": sorted(people),
        "people": [people[pk] for pk in sorted(people)[:FACES]],
        "writing": _first(WRITERS, [[guest.person, guest.writes_to] for guest in guests if guest.writes_to]),
    }


def _first(most: int, writing: Iterable[list[Any]]) -> list[list[Any]]:
    """Return the first who write, each once; who writes to the model in one window and not in another does so."""
    once = {person["id"]: [person, to] for person, to in sorted(writing, key=lambda pair: pair[1] == "model")}
    return [once[pk] for pk in sorted(once)[:most]]


def _frame(room: Room) -> protocol.Presence:
    said = [_said(room), *(heard for _, heard in room.others.values())]
    ids = set(itertools.chain.from_iterable(part["ids"] for part in said))
    people = {person["id"]: person for part in said for person in part["people"]}
    writing = _first(WRITERS, itertools.chain.from_iterable(part["writing"] for part in said))
    return protocol.Presence(
        count=len(ids),
        people=[people[pk] for pk in sorted(people)[:FACES]],
        writing=[protocol.Writer(person=person, to=to) for person, to in writing],
    )
