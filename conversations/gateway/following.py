"""Follows one response: its events in full, from any number on, live to its end; or its end alone.

Events are numbered by their place in the log, from 0 and without gaps: what a provider numbers so keeps its bytes. They
come from the recording where the runner is in this process and through the layer where it is not; what is missed is
read from the log. After a crash the log may end a moment before what a client was sent. The next runner then begins a
new epoch behind the log's end, and what the client has had already is left out.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any, Self

import msgspec
from django.db.models import F, Q, Sum, TextField
from django.db.models.functions import Cast

from conversations import protocol, threads
from conversations.hub import MOST_WAITING, Viewer, hub
from conversations.models import Response, StreamChunk
from conversations.protocol import Close
from conversations.turns.blobs import restore_kept

TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed"})
FINAL = frozenset(status.value for status in Response.Status) - frozenset(status.value for status in Response.RUNNING)
LOOK = 3.0
"""Seconds without news after which the row is looked at: its runner may have died, or the layer lost the end."""
BEHIND = 3.0
"""Seconds in which the log of another process's stream comes to what its viewers have been shown."""
FACT = '{"type":"fact"'


class Head(msgspec.Struct):
    """What is read of an event without decoding it."""

    type: str
    sequence_number: int | None = None


head_of = msgspec.json.Decoder(Head).decode
_chunk = msgspec.json.Decoder(list[msgspec.Raw])


class Ear(Viewer):
    """What the hub tells of one response: that it has ended, and its events where they are wanted."""

    def __init__(self, response_id: int) -> None:
        super().__init__()
        self.response_id = response_id
        self.ended = False
        self.quiet = False
        self._silent = True
        self._clock: asyncio.TimerHandle | None = None
        self._heard: deque[tuple[int, int, Sequence[bytes]]] = deque()

    def put(self, text: str, *, first: bool = False) -> None:
        """Take note of the fact that the response has ended; whatever else browsers are shown is passed over."""
        if text.startswith(FACT) and (turn := protocol.turn_of(text)) is not None:
            response_id, status = turn
            if response_id == self.response_id and status in FINAL:
                self.ended = True
                self._news.set()

    def start(self) -> None:
        """Look at the clock now and then: one timer for all that is heard, for a delta has no time to set one."""
        self._clock = asyncio.get_running_loop().call_later(LOOK, self._tick)

    def _tick(self) -> None:
        if self._silent:
            self.quiet = True
            self._news.set()
        self._silent = True
        self.start()

    def stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()

    def hear(self, epoch: int, sequence: int, events: Sequence[bytes]) -> None:
        self._silent = False
        self._size += sum(map(len, events))
        if self._size > MOST_WAITING:
            self._heard.clear()  # the client reads slowly; the log has them all
            self._size = 0
        self._heard.append((epoch, sequence, events))
        self._news.set()

    async def news(self) -> bool:
        """Wait for news; return whether they are only that nothing was heard for `LOOK` seconds."""
        await self._news.wait()
        self._news.clear()
        quiet, self.quiet = self.quiet, False
        return quiet

    def heard(self) -> Iterator[tuple[int, int, Sequence[bytes]]]:
        """Yield what was heard: epoch, number of the first event in it, events."""
        while self._heard:
            yield self._heard.popleft()
        self._size = 0


class Following:
    """One client's view of a response, as an asynchronous context: what happens from its beginning on is not missed."""

    def __init__(self, response: Response, *, after: int = -1) -> None:
        self.response = response
        self.next = after + 1
        """Number of the next event that the client lacks."""
        self.ear = Ear(response.pk)
        self.ear.ended = not response.is_running
        self._epoch = 0
        self._sequence = 0
        self._number = 0
        """Of the log's next event, which is `_sequence` in `_epoch`."""
        self._told_all = False

    async def __aenter__(self) -> Self:
        conversation_id = self.response.conversation_id
        async with AsyncExitStack() as stack:
            stack.enter_context(hub.listening(self.response.pk, self.ear))
            stack.push_async_callback(hub.leave, conversation_id, self.ear)
            self.ear.start()
            stack.callback(self.ear.stop)
            await hub.join(conversation_id, self.ear, self.response.conversation.position)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def cut(self) -> None:
        """End this, because its client may not have the events any more."""
        self.ear.close(Close.REMOVED)

    async def end(self) -> None:
        """Return when the response has ended and is written, or when this was cut off (`ear.closed`)."""
        while not self.ear.ended and not self.ear.closed and not await self._look():
            await self.ear.news()
            for _ in self.ear.heard():
                pass

    async def events(self) -> AsyncIterator[list[bytes]]:
        """Yield events, in the batches that they come in, up to the terminal one, which is for the caller to say.

        An empty batch is a sign that nothing has happened for a while. When this ends, the response has ended, or this
        was cut off (`ear.closed`).
        """
        if missed := await self._missed():
            yield missed
        while not self.ear.ended and not self.ear.closed:
            quiet = await self.ear.news()
            fresh: list[bytes] = []
            for epoch, sequence, events in self.ear.heard():
                fresh += await self._take(epoch, sequence, events)
            if fresh or quiet:
                yield fresh
            if quiet:
                await self._look()
        if self.ear.ended and not self._told_all and (missed := await self._missed()):
            yield missed

    async def _look(self) -> bool:
        """Whether the response has ended, as the database has it."""
        running = Response.objects.running().filter(pk=self.response.pk)
        self.ear.ended = self.ear.ended or not await threads.sockets.run(running.exists)
        return self.ear.ended

    async def _take(self, epoch: int, sequence: int, events: Sequence[bytes]) -> list[bytes]:
        """Return what the client lacks of events that were heard, and of those before them that were not."""
        fresh: list[bytes] = []
        if epoch < self._epoch:
            return fresh
        if (epoch, sequence) > (self._epoch, self._sequence) and (epoch, sequence) != (1, 0):
            fresh = await self._missed(until=(epoch, sequence))
        await self._turn_to(epoch)
        known = self._sequence - sequence
        if known < 0:  # the log is not to be had: better a gap than silence
            self._number -= known
            self._sequence = sequence
        return fresh + await self._numbered(events[max(known, 0) :])

    async def _missed(self, *, until: tuple[int, int] | None = None) -> list[bytes]:
        """Return what the log has and the client lacks; with `until`, when it has come so far."""
        fresh: list[bytes] = []
        waited = 0.0
        while True:
            live = hub.live.get(self.response.pk)
            unlogged = (live.epoch, *live.unlogged()) if live is not None else None
            for epoch, sequence, text in await threads.sockets.run(self._chunks):
                await self._turn_to(epoch)
                events = _chunk.decode(text)[self._sequence - sequence :]
                fresh += await self._numbered([bytes(event) for event in events])
            if unlogged is not None:
                epoch, sequence, waiting = unlogged
                await self._turn_to(epoch)
                if epoch == self._epoch and sequence <= self._sequence:
                    fresh += await self._numbered(waiting[self._sequence - sequence :])
            if until is None or (self._epoch, self._sequence) >= until or until[1] == 0 or waited >= BEHIND:
                return fresh
            await asyncio.sleep(0.1)
            waited += 0.1

    def _chunks(self) -> list[tuple[int, int, str]]:
        later = Q(epoch__gt=self._epoch) | Q(epoch=self._epoch, end__gt=self._sequence)
        chunks = StreamChunk.objects.filter(response=self.response.pk).annotate(end=F("sequence") + F("count"))
        text = Cast("events", TextField())
        return list(chunks.filter(later).order_by("epoch", "sequence").values_list("epoch", "sequence", text))

    async def _turn_to(self, epoch: int) -> None:
        """Go on with another epoch where this is one: it begins behind what was logged of those before it."""
        if epoch <= self._epoch:
            return
        if epoch > 1:
            self._number = await threads.sockets.run(self._logged_before, epoch)
        self._epoch, self._sequence = epoch, 0

    def _logged_before(self, epoch: int) -> int:
        chunks = StreamChunk.objects.filter(response=self.response.pk, epoch__lt=epoch)
        return chunks.aggregate(total=Sum("count"))["total"] or 0

    async def _numbered(self, events: Sequence[bytes]) -> list[bytes]:
        """Return those of the log's next events that the client lacks, as the client is sent them."""
        fresh = []
        for event in events:
            number, self._number = self._number, self._number + 1
            self._sequence += 1
            head = head_of(event)
            if head.type in TERMINAL:
                self._told_all = True
            elif number >= self.next:
                self.next = number + 1
                if b'"$file"' in event:
                    event = await threads.sockets.run(_as_sent, event, number, restore=True)
                elif head.sequence_number != number or b'"item_timing"' in event:
                    event = _as_sent(event, number)
                fresh.append(event)
        return fresh


def _as_sent(event: bytes, number: int, *, restore: bool = False) -> bytes:
    """Return a logged event as the provider sent it, with this number: without what pages are told beside it.

    With `restore`, bytes stand where the log has references to them.
    """
    data: dict[str, Any] = msgspec.json.decode(event)
    data["sequence_number"] = number
    data.pop("item_timing", None)
    if isinstance(data.get("partial_image_b64"), dict):
        data.pop("partial_image", None)
    return msgspec.json.encode(restore_kept(data) if restore else data)
