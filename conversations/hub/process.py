"""One per process: what a conversation says goes once to each process, and from here to the process's own sockets.

A channel-layer group with a member for each viewer copies every message for every viewer and collapses at a hundred of
them. Here a process subscribes once to a conversation, and its viewers are handed the very same text. The layer may
drop (it is at most once): frames are numbered, a browser that misses one asks, and every few seconds the newest
positions are read from the database (`watch`), so the log stays the truth.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import structlog
from channels.layers import InMemoryChannelLayer, get_channel_layer

from conversations import protocol, threads
from conversations.hub.presence import Presence
from conversations.hub.viewers import Viewer

log = structlog.get_logger(__name__)

MOST_SHOWN = 10_000
PATIENCE = 2.0
"""Seconds that the layer has for a call."""
REST = 1.0
"""Seconds for which a layer that failed is not asked again."""
LAST_WORDS = 0.1
"""Seconds in which the sockets' closing frames leave a process that ends."""

FrameLoader = Callable[[str, int], list[str]]


class Live(Protocol):
    """A stream that is being recorded in this process."""

    conversation_id: str
    epoch: int

    def snapshot(self) -> protocol.Snapshot: ...

    def unlogged(self) -> tuple[int, list[bytes]]:
        """Return the events that the log does not have yet, and the number of the first."""
        ...


class Listener(Protocol):
    """Who hears the events of one response in full, as they are logged: browsers are not shown everything."""

    def hear(self, epoch: int, sequence: int, events: Sequence[bytes]) -> None:
        """Take events; `sequence` is the number of the first in its epoch."""
        ...


class Hub:
    """Knows the viewers of this process. All methods but `announce` belong to the event loop that `start` ran in."""

    def __init__(self) -> None:
        self.name = secrets.token_hex(8)
        self.viewers: dict[str, set[Viewer]] = {}
        self.live: dict[int, Live] = {}
        """The streams that run in this process, by response: newer than their log by a moment."""
        self.listeners: dict[int, set[Listener]] = {}
        """By response."""
        self.told: dict[str, int] = {}
        """Position of the newest fact that our viewers of a conversation were handed."""
        self.shown: dict[int, tuple[int, int]] = {}
        """Epoch and next number of the streams that other processes run, as far as our viewers were shown them."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._channel = ""
        self._layer_rests_until = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        self.presence = Presence(self._tell_others)
        self._load: FrameLoader | None = None

    async def start(self, load: FrameLoader) -> None:
        """Begin to listen to other processes and to send heartbeats; calling it again does nothing.

        `load(conversation_id, position)` reads the frames of the facts from `position` on, in a thread: other processes
        announce large facts by their position only.
        """
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        self._loop = loop
        self._load = load
        self.viewers, self.told = {}, {}
        self._tasks = [asyncio.create_task(self._beat()), asyncio.create_task(self.presence.run())]
        if self._distributed:
            self._channel = await get_channel_layer().new_channel("hub")
            self._tasks.append(asyncio.create_task(self._listen()))

    async def stop(self) -> None:
        """Send every browser away, to come back when the next process is there."""
        for viewers in self.viewers.values():
            for viewer in viewers:
                viewer.close(protocol.Close.RESTARTS)
        await asyncio.sleep(LAST_WORDS)
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks = []
        self._loop = None
        self._channel = ""

    @property
    def _distributed(self) -> bool:
        layer = get_channel_layer()
        return layer is not None and not isinstance(layer, InMemoryChannelLayer)

    async def join(self, conversation_id: str, viewer: Viewer, position: int) -> None:
        """Let `viewer` have what happens in the conversation from now on: the facts after `position`, and its streams.

        Only when this returns is it certain that nothing slips through, so read what was missed afterwards.
        """
        self.viewers.setdefault(conversation_id, set()).add(viewer)
        self.told.setdefault(conversation_id, position)
        await self._subscribe(conversation_id)

    async def leave(self, conversation_id: str, viewer: Viewer) -> None:
        viewers = self.viewers.get(conversation_id, set())
        viewers.discard(viewer)
        self.presence.leave(conversation_id, viewer)
        if not viewers and self.told.pop(conversation_id, None) is not None:
            del self.viewers[conversation_id]
            if self._channel:
                await self._ask_layer("group_discard", _group(conversation_id), self._channel)

    async def _subscribe(self, conversation_id: str) -> None:
        """Have the layer bring us the conversation. Without the layer viewers are served more slowly, by `catch_up`."""
        if self._channel:
            await self._ask_layer("group_add", _group(conversation_id), self._channel)

    async def catch_up(self, positions: Mapping[str, int]) -> None:
        """Hand over the facts that the layer, or a process that died after its commit, did not bring.

        `positions` are the conversations' as the database has them.
        """
        for conversation_id, position in positions.items():
            if conversation_id in self.told:
                await self._subscribe(conversation_id)  # nothing, unless the layer was away
            if position > self.told.get(conversation_id, position):
                await self._load_from(conversation_id, self.told[conversation_id] + 1, position)

    async def _load_from(self, conversation_id: str, first: int, position: int) -> None:
        if self._load is not None and conversation_id in self.viewers:
            for frame in await threads.sockets.run(self._load, conversation_id, first):
                self._tell(conversation_id, position, frame)

    def _tell(self, conversation_id: str, position: int, frame: str) -> None:
        """Hand a fact's frame to our viewers."""
        if conversation_id in self.told:
            self.told[conversation_id] = max(position, self.told[conversation_id])
        self.deliver(conversation_id, frame)

    def deliver(self, conversation_id: str, text: str) -> None:
        """Hand a frame to this process's viewers of the conversation."""
        for viewer in self.viewers.get(conversation_id, ()):
            viewer.put(text)

    async def publish(
        self,
        conversation_id: str,
        text: str,
        stream: tuple[int, int, int],
        *,
        events: Sequence[bytes] = (),
        shown_whole: bool = True,
    ) -> None:
        """Hand a stream's frame to the viewers of this process and of all others.

        `stream` is the response, its epoch and the number of the event after this frame. `events` are the frame's in
        full; `shown_whole` says that the frame leaves nothing of them out.
        """
        self.deliver(conversation_id, text)
        self._let_hear(stream, events)
        if self._channel:
            message: dict[str, object] = {"frame": text, "stream": stream}
            if not shown_whole:
                message["events"] = list(events)
            await self._send(conversation_id, message)

    def _let_hear(self, stream: tuple[int, int, int], events: Sequence[bytes]) -> None:
        response_id, epoch, following = stream
        for listener in self.listeners.get(response_id, ()):
            listener.hear(epoch, following - len(events), events)

    @contextlib.contextmanager
    def listening(self, response_id: int, listener: Listener) -> Iterator[None]:
        """Let `listener` hear the response in this block; other processes too where its conversation is joined."""
        self.listeners.setdefault(response_id, set()).add(listener)
        try:
            yield
        finally:
            listeners = self.listeners[response_id]
            listeners.discard(listener)
            if not listeners:
                del self.listeners[response_id]

    def announce(self, conversation_id: str, position: int, frame: str) -> None:
        """Publish a fact's frame, from any thread, after its transaction has committed."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._spawn, conversation_id, position, frame)
        elif self._distributed:
            asyncio.run(self._send(conversation_id, {"position": position}))  # a command without a server

    def _spawn(self, conversation_id: str, position: int, frame: str) -> None:
        self._tell(conversation_id, position, frame)
        if self._distributed:
            message: dict[str, object] = {"position": position}
            if len(frame) < 16_384:
                message["frame"] = frame
            task = asyncio.ensure_future(self._send(conversation_id, message))
            self._tasks.append(task)
            task.add_done_callback(self._tasks.remove)

    async def _tell_others(self, conversation_id: str, said: dict[str, Any]) -> None:
        """Say who is here, if there are other processes to hear it."""
        if self._channel:
            await self._send(conversation_id, {"presence": said})

    async def _send(self, conversation_id: str, message: dict[str, object]) -> None:
        message |= {"type": "hub.news", "conversation": conversation_id, "sender": self.name}
        await self._ask_layer("group_send", _group(conversation_id), message)

    async def _ask_layer(self, name: str, *arguments: object) -> None:
        """Call a method of the layer. It is a hint: where it is away or hangs, streams go on and it is left alone."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._layer_rests_until:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await getattr(get_channel_layer(), name)(*arguments)
        except Exception as error:
            self._layer_rests_until = loop.time() + REST
            log.warning("layer_unavailable", error=type(error).__name__)
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError  # on Python 3.11 the client of Redis now and then swallows it

    async def _listen(self) -> None:
        while True:
            try:
                message = await get_channel_layer().receive(self._channel)
                if message["sender"] != self.name:
                    await self._hear(message)
            except Exception as error:  # of the layer, or of the database behind a large fact: `catch_up` brings it
                log.warning("news_unheard", error=type(error).__name__)
                await asyncio.sleep(REST)

    async def _hear(self, message: dict[str, Any]) -> None:
        """Hand on what another process says."""
        conversation_id = message["conversation"]
        if "presence" in message:
            self.presence.hear(conversation_id, message["sender"], message["presence"])
        elif "stream" in message:
            response_id, epoch, following = message["stream"]
            self.shown[response_id] = (epoch, following)
            while len(self.shown) > MOST_SHOWN:
                del self.shown[next(iter(self.shown))]
            self.deliver(conversation_id, message["frame"])
            if response_id in self.listeners:
                events = message.get("events") or protocol.events_of(message["frame"])
                self._let_hear((response_id, epoch, following), events)
        elif "frame" in message:
            self._tell(conversation_id, message["position"], message["frame"])
        else:
            await self._load_from(conversation_id, message["position"], message["position"])

    async def _beat(self) -> None:
        ping = protocol.encode(protocol.Ping())
        while True:
            await asyncio.sleep(protocol.HEARTBEAT)
            for conversation_id in list(self.viewers):
                self.deliver(conversation_id, ping)
            self.presence.refresh()


def _group(conversation_id: str) -> str:
    return f"conversation.{conversation_id}"


hub = Hub()
