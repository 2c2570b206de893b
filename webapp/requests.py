"""Daphne's requests with a limit, and with a body that is not copied.

Daphne receives a whole body before anybody is asked who sends it: a large one into a file, which it then reads into
memory, message by message, for the application to write it into a file again. Here the application gets the first file.
"""

from __future__ import annotations

import asyncio
import errno
import io
import json
import secrets
from typing import IO, Any

from daphne.http_protocol import WebRequest
from django.conf import settings

MOST_BODY = 8 * 1024 * 1024
"""Bytes. The largest form is a picture of 2 MB; a larger body is refused with 413 before it is read."""
GATEWAY = b"/openai/"
UPLOADS = b"/files/"
IMPORTS = b"/imports/"
SENTENCE = "This is too much for one request."
FULL = "The server's disk is full. Ask an administrator to make room."
CODES = {413: "request_too_large", 507: "disk_full"}


class Request(WebRequest):
    content: IO[bytes]
    received = 0
    most = MOST_BODY

    def __init__(self, *args: Any, **options: Any) -> None:
        # Twisted would read forms too, whole and in the event loop, for arguments that nobody looks at
        super().__init__(*args, **options, parsePOSTFormSubmission=False)

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
        if self._is_call:
            self.most = max(settings.SALON_GATEWAY_BODY, settings.SALON_UPLOAD_LIMIT + MOST_BODY)
        elif self.channel._path.partition(b"?")[0] == UPLOADS:
            self.most = settings.SALON_UPLOAD_LIMIT + MOST_BODY
        elif self.channel._path.partition(b"?")[0] == IMPORTS:
            self.most = settings.SALON_IMPORT_LIMIT + MOST_BODY
        if length is not None and length > self.most:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:
        self.received += len(data)
        if self.received > self.most:
            self._refuse()
            return
        try:
            super().handleContentChunk(data)
        except OSError as error:  # a large body waits in a temporary file
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            self._refuse(507, "Insufficient Storage", FULL)

    def hand_over_body(self) -> IO[bytes]:
        """Return the file of the body, which is then nobody's here."""
        body, self.content = self.content, io.BytesIO()
        return body

    @property
    def _is_call(self) -> bool:
        """Whether the gateway is called; the request does not know its own path yet."""
        return bool(self.channel._path.startswith(GATEWAY))

    def _refuse(self, status: int = 413, reason: str = "Content Too Large", sentence: str = SENTENCE) -> None:
        if self.channel is not None and not self.channel.transport.disconnecting:
            kind = "invalid_request_error" if status == 413 else "server_error"
            error = {"message": sentence, "type": kind, "param": None, "code": CODES[status]}
            words = json.dumps({"error": error}).encode()
            self.channel.transport.write(
                f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: application/json\r\n"
                f"x-request-id: req_{secrets.token_hex(16)}\r\nContent-Length: {len(words)}\r\n\r\n".encode()
                + words
            )
            self.channel.loseConnection()
