"""The conversation's socket: what was missed, then what happens. Writes are HTTP; a browser asks for snapshots and
says who types."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer

from conversations import access, metrics, protocol, replay, snapshots, threads, watch
from conversations.errors import NotFound
from conversations.hub import Viewer, hub
from conversations.protocol import Close
from conversations.readmarks import readmarks

MOST_FRAMES = 30
"""Frames that a browser may send within `WINDOW` seconds."""
WINDOW = 10.0


class ConversationConsumer(AsyncWebsocketConsumer):
    """`/ws/conversations/<id>/?after=<position>&streams=<response>:<epoch>:<sequence>,...`"""

    async def __call__(self, *arguments: Any) -> None:
        """Serve the socket. Channels reports no disconnect for one that fails, or that a server gives up as it ends."""
        self.viewer = Viewer()
        self.pump: asyncio.Task[None] | None = None
        self.sent: list[float] = []
        self.audiences: set[protocol.Audience] = set()
        """To whom this person may write."""
        try:
            await super().__call__(*arguments)
        except asyncio.CancelledError:
            with contextlib.suppress(Exception):  # the browser may have left before
                await self.close(Close.RESTARTS)
            raise
        finally:
            if self.pump is not None:
                self.pump.cancel()
                await asyncio.gather(self.pump, return_exceptions=True)
            if watch.watcher.remove(self.viewer):
                metrics.viewers.dec()
                await hub.leave(self.conversation_id, self.viewer)

    async def connect(self) -> None:
        self.conversation_id: str = self.scope["url_route"]["kwargs"]["conversation_id"]
        await self.accept()  # a close code reaches the browser only through an open socket
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.close(Close.SIGNED_OUT)
            return
        try:
            found = await threads.sockets.run(access.conversation_for, user, self.conversation_id)
        except NotFound:
            await self.close(Close.UNKNOWN)
            return
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        after = query.get("after", [""])[0]
        await hub.start(replay.frames_from)
        metrics.viewers.inc()
        watch.watcher.add(self.viewer, user, self.scope["session"], self.conversation_id)
        position = found.conversation.position
        await hub.join(self.conversation_id, self.viewer, position)
        known = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else position
        missed: list[str] = await threads.sockets.run(replay.frames_from, self.conversation_id, known + 1)
        cursors = protocol.parse_cursors(query.get("streams", [""])[0])
        for response_id in await threads.sockets.run(replay.running_in, self.conversation_id):
            frame = await replay.snapshot(self.conversation_id, response_id, cursor=cursors.get(response_id))
            if frame is not None:
                missed.append(frame)
        await self.send("\n".join([protocol.encode(protocol.Hello(position)), *missed]))
        self.pump = asyncio.create_task(self._deliver())
        self.audiences |= {"", "people"} if found.membership.may_note else set()
        self.audiences |= {"model"} if found.membership.may_write else set()
        hub.presence.enter(self.conversation_id, self.viewer, snapshots.person(user))

    async def _deliver(self) -> None:
        """Send what the hub hands over: as soon as the last send is done, all that came meanwhile."""
        while text := await self.viewer.take():
            await self.base_send({"type": "websocket.send", "text": text})
        hub.presence.leave(self.conversation_id, self.viewer)  # a browser may take its time to go
        await self.close(self.viewer.closed)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            frame = protocol.decode(text_data or "")
        except ValueError:
            await self.close(Close.BAD_FRAME)
            return
        if self.viewer.closed:
            return
        now = asyncio.get_running_loop().time()
        self.sent = [moment for moment in self.sent if moment > now - WINDOW] + [now]
        if len(self.sent) > MOST_FRAMES:
            await self.close(Close.TOO_MANY_FRAMES)
        elif isinstance(frame, protocol.Typing):
            if frame.to in self.audiences:
                hub.presence.write(self.conversation_id, self.viewer, frame.to)
        elif isinstance(frame, protocol.Read):
            # Nobody has read what they were not told of
            position = min(frame.position, hub.told.get(self.conversation_id, 0))
            readmarks.note(self.scope["user"].pk, self.conversation_id, position)
        else:
            with self.viewer.held():
                if text := await replay.snapshot(self.conversation_id, frame.response):
                    self.viewer.put(text, first=True)


class UnknownConsumer(AsyncWebsocketConsumer):
    """Answers a socket at an address that does not exist, as one of an unknown conversation."""

    async def connect(self) -> None:
        await self.accept()
        await self.close(Close.UNKNOWN)
