"""Daphne's requests with a limit, and with a body that is not copied.

Daphne receives a whole body before anybody is asked who sends it: a large one into a file, which it then reads into
memory, message by message, for the application to write it into a file again. Here the application gets the first file.
"""

from __future__ import annotations

import io
import json
import secrets
from typing import IO, Any

from daphne.http_protocol import WebRequest
from django.conf import settings

MOST_BODY = 8 * 1024 * 1024
"""Bytes. The largest form is a picture of 2 MB; a larger body is refused with 413 before it is read."""
GATEWAY = b"/openai/"
SENTENCE = "This is too much for one request."
ENVELOPE = {"error": {"message": SENTENCE, "type": "invalid_request_error", "param": None, "code": "request_too_large"}}


class Request(WebRequest):
    content: IO[bytes]
    received = 0
    most = MOST_BODY

    def __init__(self, *args: Any, **options: Any) -> None:
        # Twisted would read forms too, whole and in the event loop, for arguments that nobody looks at
        super().__init__(*args, **options, parsePOSTFormSubmission=False)

    def gotLength(self, length: int | None) -> None:
        super().gotLength(length)
        if self._is_call:
            self.most = settings.SALON_GATEWAY_BODY
        if length is not None and length > self.most:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:
        self.received += len(data)
        if self.received > self.most:
            self._refuse()
        else:
            super().handleContentChunk(data)

    def hand_over_body(self) -> IO[bytes]:
        """Return the file of the body, which is then nobody's here."""
        body, self.content = self.content, io.BytesIO()
        return body

    @property
    def _is_call(self) -> bool:
        """Whether the gateway is called; the request does not know its own path yet."""
        return bool(self.channel._path.startswith(GATEWAY))

    def _refuse(self) -> None:
        if self.channel is not None and not self.channel.transport.disconnecting:
            kind, words = b"text/plain", f"{SENTENCE}\n".encode()
            if self._is_call:
                kind, words = b"application/json", json.dumps(ENVELOPE).encode()
            self.channel.transport.write(
                b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Type: %s\r\nx-request-id: req_%s\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (kind, secrets.token_hex(16).encode(), len(words), words)
            )
            self.channel.loseConnection()
