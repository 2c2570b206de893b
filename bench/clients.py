"""The load: starts streams, watches them, and says what came when. A process of its own, on bare sockets.

Reads one `Job` as JSON from standard input, and writes one `Outcome` to standard output.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import os
import random
import re
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

STAMPED = re.compile(rb'"delta":"(\d+):(\d+)(?::(\d+))? "')
WITHIN = 0.5
"""Seconds in which all streams are started."""
LONGEST = 60.0
"""Seconds after which what has not come counts as lost."""


@dataclass
class Job:
    """`start` and `watch` are paths with `{}` for a stream's name. Without `watch`: the bare client at the provider."""

    port: int
    names: list[str]
    start: str
    watch: str = ""
    viewers: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    pid: int = 0
    deltas: int = 300


@dataclass
class Outcome:
    """Times in milliseconds, one a stream or one a delta; `cpu` in seconds of the server while the streams ran."""

    first: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    """From the start of a message's POST to the arrival of its request at the provider."""
    delays: list[float] = field(default_factory=list)
    refused: int = 0
    lost: int = 0
    doubled: int = 0
    unequal: int = 0
    """Viewers whose deltas together are not the final text."""
    cpu: float = 0.0


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
                self.ends(text_of(json.loads(whole[place + 6 :])["response"]["output"]))


class Watcher(Reader):
    """A viewer's WebSocket: RFC 6455 as far as a server that does not compress needs it."""

    def __init__(self, path: str, job: Job) -> None:
        super().__init__()
        self.path, self.job = path, job
        self.open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        key = base64.b64encode(os.urandom(16)).decode()
        upgrade = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}"
        self.transport.write(f"GET {self.path} HTTP/1.1\r\n{headers(self.job)}{upgrade}\r\n\r\n".encode())

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


def headers(job: Job) -> str:
    own = {"Host": f"127.0.0.1:{job.port}"} | job.headers
    return "".join(f"{name}: {value}\r\n" for name, value in own.items())


def request(job: Job, name: str) -> bytes:
    body = json.dumps({"text": "Go on.", "client_id": name, "model": "gpt-5", "input": "Go on.", "stream": True})
    lines = f"{headers(job)}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    return f"POST {job.start.format(name)} HTTP/1.1\r\n{lines}".encode()


def text_of(output: list[dict[str, Any]]) -> str:
    return "".join(part["text"] for item in output for part in item["content"])


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process, of threads that have ended too (clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2) if pid else 0.0


async def run(job: Job) -> Outcome:
    """Open the viewers, then start the streams at moments spread over half a second (the same in every run)."""
    loop = asyncio.get_running_loop()
    watchers: dict[str, list[Reader]] = {name: [] for name in job.names}
    posts: dict[str, Post | Reader] = {}
    for name in job.names:
        for _ in range(job.viewers if job.watch else 0):
            path = job.watch.format(name)
            _, watcher = await loop.create_connection(lambda path=path: Watcher(path, job), "127.0.0.1", job.port)  # type: ignore[misc]
            watchers[name].append(watcher)
        _, posts[name] = await loop.create_connection(Post if job.watch else Bare, "127.0.0.1", job.port)
        if not job.watch:
            watchers[name] = [posts[name]]  # type: ignore[list-item]
    everyone = [watcher for group in watchers.values() for watcher in group]
    if job.watch:
        await asyncio.wait([watcher.ready for watcher in everyone], timeout=LONGEST)
    moments = random.Random(1)
    due = sorted(moments.uniform(0, WITHIN) for _ in job.names)
    gc.collect()
    gc.disable()
    await asyncio.sleep(0.5)
    cpu, began = cpu_of(job.pid), loop.time()
    started: dict[str, int] = {}
    for name, moment in zip(job.names, due, strict=True):
        await asyncio.sleep(max(0.0, began + moment - loop.time()))
        started[name] = time.monotonic_ns()
        posts[name].transport.write(request(job, name))
    await asyncio.wait([watcher.done for watcher in everyone], timeout=LONGEST)
    outcome = Outcome(cpu=cpu_of(job.pid) - cpu)
    outcome.refused = sum(
        1
        for post in posts.values()
        if isinstance(post, Post) and not (post.status.done() and post.status.result() == 201)
    )
    for name, group in watchers.items():
        for watcher in group:
            add(outcome, watcher, started[name], job.deltas)
    return outcome


def add(outcome: Outcome, watcher: Reader, started: int, deltas: int) -> None:
    outcome.delays += [round(delay / 1e6, 3) for delay in watcher.delays]
    if watcher.first:
        outcome.first.append((watcher.first - started) / 1e6)
        outcome.asked.append((watcher.requested - started) / 1e6)
    different = len(set(watcher.numbers))
    outcome.lost += deltas - different
    outcome.doubled += len(watcher.numbers) - different
    outcome.unequal += b"".join(watcher.said).decode() != watcher.final


if __name__ == "__main__":
    json.dump(asdict(asyncio.run(run(Job(**json.load(sys.stdin))))), sys.stdout)
