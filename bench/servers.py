"""Starts the programs that are measured, each in a process of its own, and ends them."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UVICORN = ("--ws-per-message-deflate", "false", "--log-level", "warning", "--no-access-log")
LONGEST_START = 60.0


@dataclass
class Served:
    """A program that answers. `cold_start` is in seconds, from its start to its first answer."""

    pid: int
    port: int
    cold_start: float

    def memory(self, name: str = "VmRSS") -> float:
        """Return megabytes of memory that are resident now, or were at the most (`VmHWM`)."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024

    def forget_peak(self) -> None:
        """Let `VmHWM` begin anew (proc(5), clear_refs)."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")


def environment(data: Path, provider: int) -> dict[str, str]:
    """Return the environment of the app: a data folder of its own, and the stand-in as its provider."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SALON_", "AZURE_OPENAI_", "OPENAI_", "DJANGO_"))
    }
    chosen = {"SALON_DATA": str(data), "OPENAI_BASE_URL": f"http://127.0.0.1:{provider}/v1/", "OPENAI_API_KEY": "bench"}
    return inherited | chosen


def app(server: str, port: int) -> list[str]:
    """Return the command that serves Salon on Daphne (as a newcomer starts it) or on uvicorn."""
    if server == "daphne":
        return [sys.executable, "manage.py", "serve", "--port", str(port)]
    return [sys.executable, "-m", "uvicorn", "webapp.asgi:application", "--port", str(port), *UVICORN]


def relay(server: str, port: int) -> list[str]:
    if server == "daphne":
        return [sys.executable, "-m", "daphne", "-p", str(port), "-v", "0", "bench.relay:application"]
    return [
        sys.executable,
        "-m",
        "uvicorn",
        "bench.relay:application",
        "--port",
        str(port),
        "--lifespan",
        "off",
        *UVICORN,
    ]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(command: list[str], port: int, environ: dict[str, str], *, path: str = "") -> Iterator[Served]:
    """Start a program, wait until it accepts connections (with `path`, until it answers that with 200), and end it."""
    with tempfile.TemporaryFile() as log:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=subprocess.STDOUT)
        try:
            while not answers(port, path):
                if process.poll() is not None or time.monotonic() - began > LONGEST_START:
                    log.seek(0)
                    sys.exit(f"{' '.join(command)} did not start:\n{log.read().decode(errors='replace')}")
                time.sleep(0.01)
            yield Served(process.pid, port, time.monotonic() - began)
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        if not path:
            connection.connect()
            return True
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
