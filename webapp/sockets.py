"""Daphne's server with what sockets and streams need: frames have limits, sending waits, any code can close.

Daphne hands what is sent to the transport and returns at once, so a browser that does not read would pile up megabytes
here; and autobahn applies the limit of a received message to a sent one too.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from autobahn.websocket.types import ConnectionDeny
from daphne import http_protocol
from daphne.server import Server as DaphneServer
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from django.conf import settings
from twisted.internet.tcp import Connection

from webapp.pages import BODY
from webapp.requests import Request

GATEWAY = "/openai/"


class Socket(WebSocketProtocol):
    """A socket that knows whether its transport takes more (Twisted's push producer: pause, resume, stop)."""

    failByDrop = False
    """What a browser does wrong ends its socket with a code that says what, not with silence."""
    closeHandshakeTimeout = 10
    """Seconds. Who is let go for reading too slowly needs a while to come to the code that says so."""
    maxMessagePayloadSize: int
    denial = b""
    """The body of an answer that refuses the handshake."""

    def onConnect(self, request: Any) -> Any:
        if request.path.startswith(GATEWAY):
            # Its clients send requests; who has no key is refused before the first frame is read
            self.maxMessagePayloadSize = self.maxFramePayloadSize = settings.SALON_GATEWAY_BODY
        return super().onConnect(request)

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Take ASGI's messages, those of its extension for refusing a handshake with an answer too."""
        if message["type"] == "websocket.http.response.start":
            self.status, self.fields = message["status"], message.get("headers", [])
        elif message["type"] == "websocket.http.response.body":
            self.denial = message["body"]
            self.handshake_deferred.errback(ConnectionDeny(self.status, HTTPStatus(self.status).phrase))  # type: ignore[no-untyped-call]
            del self.handshake_deferred
            self.server.protocol_disconnected(self)
        else:
            super().handle_reply(message)

    def sendHttpErrorResponse(self, code: int, reason: str, responseHeaders: Any = None) -> None:
        if self.denial:
            said = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.fields]
            responseHeaders = [*said, ("Content-Length", str(len(self.denial))), ("Connection", "close")]
        super().sendHttpErrorResponse(code, reason, responseHeaders)
        if self.denial:
            self.sendData(self.denial)

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
    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if isinstance(protocol, Request):
            scope["extensions"] = {BODY: protocol.hand_over_body()}
        return super().create_application(protocol, scope)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Hand a message to the transport; return from a socket's or a stream's only when the transport takes more."""
        sends = message["type"] == "websocket.send" and protocol.state == Socket.STATE_OPEN
        if sends and message.get("text"):
            protocol.send_text(message["text"])
        else:
            await super().handle_reply(protocol, message)
        streams = message["type"] == "http.response.body" and message.get("more_body")
        if (sends or streams) and (writable := getattr(protocol, "writable", None)) is not None:
            await writable.wait()


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
