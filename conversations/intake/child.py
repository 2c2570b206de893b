"""The process in which foreign bytes are taken apart: one task at a time, with limits that the kernel keeps.

It reads tasks from a socket on its standard input, one JSON object each, with the files of the task as descriptors. It
is given no name, path, secret or setting, so that whoever takes it over finds nothing.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import resource
import signal
import socket
import sys
from typing import IO, Any

from conversations.intake.kinds import BadFile

IDLE = 60.0
"""Seconds without a task after which the process ends and gives its memory back."""
MEMORY = 1_400_000_000
LARGEST_OUTPUT = 256 * 1024 * 1024
MOST_FILES = 6
"""Of one task."""
TOO_MUCH = "This file takes more memory than there is for it. Make it smaller, and attach that."


def main() -> None:
    channel = socket.socket(fileno=os.dup(0))
    channel.settimeout(IDLE)
    _limit()
    while True:
        try:
            line, descriptors, _, _ = socket.recv_fds(channel, 65_536, MOST_FILES)
        except TimeoutError:
            return
        if not line:
            return
        files: list[IO[bytes]] = [os.fdopen(descriptor, "r+b") for descriptor in descriptors]
        answer = _answer(json.loads(line), files)
        for file in files:
            with contextlib.suppress(OSError):
                file.close()
        channel.sendall(json.dumps(answer).encode() + b"\n")


def _limit() -> None:
    os.nice(5)
    with contextlib.suppress(OSError, ValueError):  # not every system has them all
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_OUTPUT, LARGEST_OUTPUT))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")  # when memory ends, this process goes first


def _answer(task: dict[str, Any], files: list[IO[bytes]]) -> dict[str, Any]:
    # Counts processor time, and ends the process: on a busy machine a good file takes long, and is not refused
    signal.setitimer(signal.ITIMER_PROF, task["seconds"])
    try:
        result = _run(task, files)
        for file in files[1:]:
            file.flush()
        return {"result": result}
    except BadFile as error:
        return {"refused": error.sentence, "code": error.code}
    except MemoryError:
        return {"refused": TOO_MUCH, "code": "too_large"}
    except RecursionError:
        return {"refused": "This is nested too deeply.", "code": "damaged"}
    except OSError as error:
        if error.errno == errno.EFBIG:
            return {"refused": TOO_MUCH, "code": "too_large"}
        return {"failed": error.errno or errno.EIO}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _run(task: dict[str, Any], files: list[IO[bytes]]) -> dict[str, Any]:
    """Run the task; what it needs is loaded when it is first asked for."""
    name = task["task"]
    if name == "picture":
        from conversations.intake.pictures import rework

        return rework(files[0], files[1], files[2], kind=task["kind"])
    if name == "copies":
        from conversations.intake.copies import shrink

        return shrink(files[0], files[1:], sides=task["sides"])
    if name == "portrait":
        from conversations.intake.portraits import portray

        return portray(files[0], files[1])
    if name == "pdf":
        from conversations.intake.documents import look_at

        return look_at(files[0])
    if name == "text":
        from conversations.intake.texts import recode

        return recode(files[0], files[1])
    if name == "answer":
        from conversations.intake.answers import check

        return check(files[0])
    if name == "paper":
        from conversations.intake.papers import typeset

        return typeset(files[0], files[1])
    return _on_canvases(task, files)


def _on_canvases(task: dict[str, Any], files: list[IO[bytes]]) -> dict[str, Any]:
    from conversations.intake import canvases

    name = task["task"]
    if name == "mask":
        return canvases.look_at_mask(files[0])
    if name == "png":
        return canvases.as_png(files[0], files[1])
    if name == "lock":
        return canvases.lock(files, feather=task["feather"])
    if name == "extend":
        return canvases.extend(files[0], files[1], files[2], sides=task["sides"], blend=task["blend"])
    raise ValueError(name)


if __name__ == "__main__":
    sys.setrecursionlimit(2000)
    main()
