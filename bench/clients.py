"""The load: starts streams, watches them, and says what came when. A process of its own, on bare sockets.

Reads one `Job` as JSON from standard input, and writes one `Outcome` to standard output.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import sys
import time
from dataclasses import asdict, dataclass, field

from bench.readers import Bare, Post, Reader, Watcher

WITHIN = 0.5
"""Seconds in which all streams are started."""
LONGEST = 40.0
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


async def run(job: Job) -> Outcome:
    """Open the viewers, then start the streams at moments spread over half a second (the same in every run)."""
    loop = asyncio.get_running_loop()
    starters: dict[str, Post | Bare] = {}
    watchers: dict[str, list[Watcher] | list[Bare]] = {}
    for name in job.names:
        if job.watch:
            _, starters[name] = await loop.create_connection(Post, "127.0.0.1", job.port)
            watchers[name] = await watched(job, name)
        else:
            _, bare = await loop.create_connection(Bare, "127.0.0.1", job.port)
            starters[name], watchers[name] = bare, [bare]
    everyone: list[Reader] = [watcher for group in watchers.values() for watcher in group]
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
        starters[name].transport.write(request(job, name))
    await asyncio.wait([watcher.done for watcher in everyone], timeout=LONGEST)
    outcome = Outcome(cpu=cpu_of(job.pid) - cpu)
    posts = [starter.status for starter in starters.values() if isinstance(starter, Post)]
    outcome.refused = sum(not (status.done() and status.result() == 201) for status in posts)
    for name, group in watchers.items():
        for watcher in group:
            add(outcome, watcher, started[name], job.deltas)
    return outcome


async def watched(job: Job, name: str) -> list[Watcher]:
    """Open the viewers of one stream."""
    loop = asyncio.get_running_loop()
    viewers, path = [], job.watch.format(name)
    for _ in range(job.viewers):
        _, viewer = await loop.create_connection(lambda: Watcher(path, headers(job)), "127.0.0.1", job.port)
        viewers.append(viewer)
    return viewers


def headers(job: Job) -> str:
    own = {"Host": f"127.0.0.1:{job.port}"} | job.headers
    return "".join(f"{name}: {value}\r\n" for name, value in own.items())


def request(job: Job, name: str) -> bytes:
    call = {"model": "gpt-5", "input": "Go on.", "stream": True}
    body = json.dumps({"text": "Go on.", "client_id": name} if job.watch else call)
    lines = f"{headers(job)}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    return f"POST {job.start.format(name)} HTTP/1.1\r\n{lines}".encode()


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process, of threads that have ended too (clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2) if pid else 0.0


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
