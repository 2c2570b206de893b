"""Those who read in the load: the bare client, a viewer's WebSocket, the sender of a message; on bare sockets."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import time
from typing import Any

STAMPED = re.compile(rb'"delta":"(\d+):(\d+)(?::(\d+))? "')


class Reader(asyncio.Protocol):
    """Notes each delta's number, delay and text as it is read."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.buffer = bytearray()
        self.numbers: list[int] = []
        self.delays: list[int] = []
        self.said: list[bytes] = []
        self.first = self.requested = 0
        self.final: str | None = None
        self.ready: asyncio.Future[None] = loop.create_future()
        self.done: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        for future in (self.ready, self.done):
            if not future.done():
                future.set_result(None)

    def note(self, payload: bytes | bytearray, now: int) -> None:
        for number, sent, requested in STAMPED.findall(payload):
            self.numbers.append(int(number))
            self.delays.append(now - int(sent))
            self.said.append(b"%b:%b%b " % (number, sent, b":" + requested if requested else b""))
            if requested:
                self.first, self.requested = now, int(requested)

    def ends(self, final: str) -> None:
        self.final = final
        if not self.done.done():
            self.done.set_result(None)


class Bare(Reader):
    """The bare client: reads the provider's own stream."""

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        self.buffer += data
        whole, end, rest = self.buffer.rpartition(b"\n\n")
        if end:
            self.buffer = rest
            self.note(whole, now)
            if (place := whole.rfind(b'data: {"type":"response.completed"')) >= 0:
                last = whole[place + 6 :].partition(b"\n")[0]
                self.ends(text_of(json.loads(last)["response"]["output"]))


class Watcher(Reader):
    """A viewer's WebSocket: RFC 6455 as far as a server that does not compress needs it."""

    def __init__(self, path: str, headers: str) -> None:
        """`headers` are whole lines of the request, such as Host and Cookie."""
        super().__init__()
        self.path, self.headers = path, headers
        self.open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        key = base64.b64encode(os.urandom(16)).decode()
        upgrade = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}"
        self.transport.write(f"GET {self.path} HTTP/1.1\r\n{self.headers}{upgrade}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        self.buffer += data
        if not self.open:
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                self.transport.close()
                return
            self.open, self.buffer = True, rest
        while (frame := self.frame()) is not None:
            kind, payload = frame
            if kind == 9:
                self.transport.write(bytes([0x8A, 0x80 | len(payload)]) + bytes(4) + payload)
            elif kind == 8:
                self.transport.close()
            else:
                self.take(payload, now)

    def frame(self) -> tuple[int, bytes] | None:
        """Return the next whole frame's opcode and payload."""
        if len(self.buffer) < 2:
            return None
        length, head = self.buffer[1], 2
        if length > 125:
            head = 4 if length == 126 else 10
            length = int.from_bytes(self.buffer[2:head])
        if len(self.buffer) < head + length:
            return None
        kind, payload = self.buffer[0] & 15, bytes(self.buffer[head : head + length])
        del self.buffer[: head + length]
        return kind, payload

    def take(self, payload: bytes, now: int) -> None:
        if not self.ready.done():
            self.ready.set_result(None)
        self.note(payload, now)
        if b'"status":"completed"' not in payload and b'"response.completed"' not in payload:
            return
        for line in payload.split(b"\n"):
            frame: dict[str, Any] = json.loads(line)
            if frame["type"] == "fact" and (frame.get("turn") or {}).get("status") == "completed":
                self.ends(text_of(frame["turn"]["output"]))
            elif frame["type"] == "response.completed":
                self.ends(text_of(frame["response"]["output"]))


class Post(asyncio.Protocol):
    """A connection that is open already, as a page's is, and sends one message."""

    def __init__(self) -> None:
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if not self.status.done():
            self.status.set_result(int(data.split(b" ", 2)[1]))

    def connection_lost(self, error: Exception | None) -> None:
        if not self.status.done():
            self.status.set_result(0)


def text_of(output: list[dict[str, Any]]) -> str:
    return "".join(part["text"] for item in output for part in item["content"])
