"""Daphne's requests with a limit: it reads a whole body into memory before anybody is asked who sends it."""

from __future__ import annotations

import asyncio
from typing import Any

from daphne.http_protocol import WebRequest

MOST_BODY = 8 * 1024 * 1024
"""Bytes. The largest form is a picture of 2 MB; a larger body is refused with 413 before it is read."""


class Request(WebRequest):
    received = 0

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Hand a message to the transport, and begin to hear whether it takes more (Twisted's push producer)."""
        if message["type"] == "http.response.start":
            self.writable = asyncio.Event()
            self.writable.set()
            if self.channel is not None and not self.finished:
                self.registerProducer(self, streaming=True)
        super().handle_reply(message)

    def finish(self) -> None:
        if self.producer is not None:
            self.unregisterProducer()
        super().finish()

    def pauseProducing(self) -> None:
        self.writable.clear()

    def resumeProducing(self) -> None:
        self.writable.set()

    def stopProducing(self) -> None:
        self.writable.set()

    def connectionLost(self, reason: Any) -> None:
        if self.producer is not None:
            self.writable.set()
        super().connectionLost(reason)

    def gotLength(self, length: int | None) -> None:
        super().gotLength(length)
        if length is not None and length > MOST_BODY:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:
        self.received += len(data)
        if self.received > MOST_BODY:
            self._refuse()
        else:
            super().handleContentChunk(data)

    def _refuse(self) -> None:
        if self.channel is not None and not self.channel.transport.disconnecting:
            sentence = b"This is too much for one request.\n"
            self.channel.transport.write(
                b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Type: text/plain\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(sentence), sentence)
            )
            self.channel.loseConnection()
