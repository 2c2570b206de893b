"""Daphne's server with what sockets need: a frame's limit holds for browsers only, sending waits, any code can close.

Daphne hands what is sent to the transport and returns at once, so a browser that does not read would pile up megabytes
here; and autobahn applies the limit of a received message to a sent one too.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any

from daphne import http_protocol
from daphne.server import Server as DaphneServer
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.tcp import Connection

from webapp.requests import Request


class Socket(WebSocketProtocol):
    """A socket that knows whether its transport takes more (Twisted's push producer: pause, resume, stop)."""

    failByDrop = False
    """What a browser does wrong ends its socket with a code that says what, not with silence."""
    closeHandshakeTimeout = 10
    """Seconds. Who is let go for reading too slowly needs a while to come to the code that says so."""
    maxMessagePayloadSize: int

    def onOpen(self) -> None:
        super().onOpen()
        self.writable = asyncio.Event()
        self.writable.set()
        self.transport.unregisterProducer()  # the HTTP channel that the socket grew out of
        self.transport.registerProducer(self, streaming=True)

    def sendMessage(self, *args: Any, **options: Any) -> None:
        if self.state != self.STATE_OPEN:
            return  # the browser has left; whoever sends will be told in a moment
        received, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
        try:
            super().sendMessage(*args, **options)
        finally:
            self.maxMessagePayloadSize = received

    def send_text(self, text: str) -> None:
        """Send a text message, at once where nothing waits: by way of the reactor it would take three calls more."""
        frame, transport = text_frame(text), self.transport
        if isinstance(transport, Connection) and not transport.dataBuffer and not transport._tempDataBuffer:
            sent = transport.writeSomeData(frame)
            if sent == len(frame):
                return
            if isinstance(sent, int) and sent > 0:
                frame = frame[sent:]
        transport.write(frame)  # which also finds out that the connection is lost

    def serverClose(self, code: int | None = None) -> None:
        # The usual way takes no code of the protocol's own, such as 1012 for a restart
        if self.state == self.STATE_OPEN:
            self.sendCloseFrame(code=code or 1000, isReply=False)

    def pauseProducing(self) -> None:
        self.writable.clear()

    def resumeProducing(self) -> None:
        self.writable.set()

    def stopProducing(self) -> None:
        self.writable.set()


WebSocketFactory.protocol = Socket
http_protocol.WebRequest = Request  # its factory takes it from there


class Server(DaphneServer):
    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Hand a message to the transport; return from a socket's only when the transport takes more."""
        if message["type"] == "websocket.send" and protocol.state == Socket.STATE_OPEN and message.get("text"):
            protocol.send_text(message["text"])
        else:
            await super().handle_reply(protocol, message)
        if message["type"] == "websocket.send" and protocol.state == Socket.STATE_OPEN:
            await protocol.writable.wait()


@lru_cache(8)  # what many viewers are sent is framed once
def text_frame(text: str) -> bytes:
    """Return a whole text message of a server as it goes over the wire (RFC 6455, section 5.2)."""
    payload = text.encode()
    length = len(payload)
    if length < 126:
        head = bytes((0x81, length))
    elif length < 65_536:
        head = b"\x81\x7e" + length.to_bytes(2)
    else:
        head = b"\x81\x7f" + length.to_bytes(8)
    return head + payload
