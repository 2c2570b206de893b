"""The way to the processes that take files apart: a few of them, reused, each killed when it takes too long."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

from conversations.intake.kinds import BadFile

ROOT = Path(__file__).parents[2]
BENCHES = 2
PATIENCE = 30.0
"""Seconds to wait for a bench while others use them."""
MOST_TASKS = 200
"""Of one process, so that what leaks in a library leaks no further."""
STRETCHED = 5.0
"""A task is waited for so many times longer than it may compute: other programs want the processor too."""
TOO_LONG = "This file takes too long to open. It may be damaged; save it again, and attach that."


class Busy(Exception):
    """Every bench is taken, and has been for a while."""


class Workshop:
    """Gives tasks to child processes. Threads may share one; a task that waits holds up its own thread only."""

    def __init__(self, size: int = BENCHES) -> None:
        self._slots = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._free: list[_Bench] = []

    def do(self, task: str, files: list[IO[bytes]], *, seconds: float, **details: Any) -> dict[str, Any]:
        """Run a task of the child's on open files, the first to read from and the others to write to.

        Return what it finds. Raise `BadFile` for what is wrong with the file, that it takes longer than `seconds`
        of the processor included; `OSError` where the disk is full; `Busy`.
        """
        if not self._slots.acquire(timeout=PATIENCE):
            raise Busy
        try:
            order = {"task": task, "seconds": seconds, **details}
            while True:
                bench = self._take()
                try:
                    answer = bench.ask(order, files, seconds=seconds)
                except BaseException:
                    bench.end()
                    raise
                if answer is not None:
                    break  # otherwise it had left for want of work
            if bench.tasks < MOST_TASKS:
                with self._lock:
                    self._free.append(bench)
            else:
                bench.end()
        finally:
            self._slots.release()
        if "refused" in answer:
            raise BadFile(answer["refused"], code=answer["code"])
        if "failed" in answer:
            raise OSError(answer["failed"], os.strerror(answer["failed"]))
        result: dict[str, Any] = answer["result"]
        return result

    def _take(self) -> _Bench:
        with self._lock:
            while self._free:
                bench = self._free.pop()
                if bench.lives:
                    return bench
                bench.end()
        return _Bench()


class _Bench:
    """One child process and the socket to it."""

    def __init__(self) -> None:
        self.tasks = 0
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "conversations.intake.child"],
                cwd=ROOT,
                env={"PATH": os.defpath, "LANG": "C.UTF-8"},  # no secrets, no settings
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def ask(self, order: dict[str, Any], files: list[IO[bytes]], *, seconds: float) -> dict[str, Any] | None:
        """Return the answer to a task, or None where the process has ended by itself before it."""
        self.tasks += 1
        seconds *= STRETCHED
        deadline = time.monotonic() + seconds
        for file in files:
            file.flush()
            file.seek(0)
        try:
            self._channel.settimeout(seconds)
            socket.send_fds(self._channel, [json.dumps(order).encode()], [file.fileno() for file in files])
            received = b""
            while not received.endswith(b"\n"):
                self._channel.settimeout(max(0.001, deadline - time.monotonic()))
                piece = self._channel.recv(65_536)
                if not piece:
                    return self._gone(received)
                received += piece
        except TimeoutError:
            raise BadFile(TOO_LONG, code="too_long") from None
        except OSError as error:
            if error.errno not in {errno.EPIPE, errno.ECONNRESET}:
                raise
            return self._gone(b"")
        answer: dict[str, Any] = json.loads(received)
        return answer

    def _gone(self, received: bytes) -> dict[str, Any] | None:
        """Tell why the process is not there any more: None for idleness, `BadFile` for what a task did to it."""
        if self._process.wait() == 0 and not received:
            self.end()
            return None
        raise BadFile(TOO_LONG, code="too_long")

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._channel.close()


workshop = Workshop()
"""Of this process. Its children are started when the first file comes."""
