"""A whole Salon for a test: real processes with data of their own, which can be killed and started again."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import redis

from conversations.localmodel import launcher

ROOT = Path(__file__).parents[2]
WORKERS = os.environ.get("SALON_RUNNER") == "worker"
"""Whether the suite runs on services: two web processes and two workers then stand where one process stood."""
START = 60.0
LEAVE = 20.0
FOREIGN = ("SALON_", "OPENAI_", "AZURE_", "DJANGO_", "DATABASE_URL", "REDIS_URL")


class Server:
    """One Salon. `settings` are its environment; `start` takes changes of them.

    Its data begin as a copy of `ground`'s, a server that is made and never started. `paced` begins the embedded
    provider with pauses between the demo model's deltas, as people have it; otherwise it speaks as fast as it can.
    """

    def __init__(self, data: Path, *, ground: Server | None = None, paced: bool = False, **settings: str) -> None:
        self.data = data
        self.paced = paced
        self.settings = settings
        self.urls: list[str] = []
        """Where the web processes serve: a server that is started again is at the same addresses."""
        self.cookies: dict[str, dict[str, str]] = {}
        """What a browser keeps of a sign-in, by e-mail address."""
        self.keys: dict[str, str] = {}
        """The gateway's, by the person's name."""
        self._ports: list[int] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        self._insider: subprocess.Popen[str] | None = None
        self._inside = threading.Lock()
        self._services: dict[str, str] = _services(like=ground._services if ground else {}) if WORKERS else {}
        self._log = data / "server.log"
        if ground is not None:
            shutil.copytree(ground.data, data)
        else:
            data.mkdir(parents=True)
            self.inside("migrate")

    def start(self, **changes: str) -> None:
        """Start every process and return when all of them serve."""
        self.settings |= changes
        if "OPENAI_BASE_URL" not in self.settings:
            launcher.ensure(self.data, fast=not self.paced, engine=False)
        self._ports = self._ports or [_free_port() for _ in range(2 if WORKERS else 1)]
        self.urls = [f"http://127.0.0.1:{port}" for port in self._ports]
        written = self._log.stat().st_size if self._log.exists() else 0
        for port in self._ports:
            self._spawn("serve", "--port", str(port))
        for _ in self._ports if WORKERS else ():
            self._spawn("worker")
        self._wait_for([f":{port}/" for port in self._ports], workers=2 if WORKERS else 0, since=written)

    def kill(self) -> None:
        """`kill -9` of every process group of the server. The embedded provider, which is not in them, lives on."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask every process to end, as a deployment does, and wait until it has."""
        self._end(signal.SIGTERM)

    def close(self) -> None:
        """End all that was started, the embedded provider too."""
        self.kill()
        self.leave()
        launcher.stop(self.data)

    def leave(self) -> None:
        """End the process of `inside`; the next call starts another one."""
        if self._insider is not None:
            self._insider.communicate()
            self._insider = None

    def inside(self, verb: str, **arguments: Any) -> Any:
        """Call a function of `inside.py` in the server's own environment, on its database and files."""
        with self._inside:
            if self._insider is None:
                command = [sys.executable, "-m", "tests.live.inside"]
                self._insider = subprocess.Popen(
                    command, cwd=ROOT, env=self._environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            assert self._insider.stdin
            assert self._insider.stdout
            self._insider.stdin.write(json.dumps([verb, arguments]) + "\n")
            self._insider.stdin.flush()
            answer = json.loads(self._insider.stdout.readline() or '{"failed": "it ended"}')
        assert "failed" not in answer, answer["failed"]
        return answer["result"]

    @property
    def log(self) -> str:
        """What all processes have written so far."""
        return self._log.read_text(errors="replace")

    def troubles(self, since: int = 0) -> list[str]:
        """Return the lines of the log, from a length on, that tell of a fault of Salon's own."""
        signs = ("Traceback", '"level": "error"', '"level": "critical"', "was never awaited")
        return [line for line in self.log[since:].splitlines() if any(sign in line for sign in signs)]

    @property
    def provider(self) -> launcher.Endpoint:
        """Where the embedded provider of this server listens."""
        endpoint = launcher.read_endpoint(self.data)
        assert endpoint is not None
        return endpoint

    def kill_provider(self) -> None:
        """`kill -9` of the embedded provider."""
        os.kill(int((self.data / "localmodel.running").read_text()), signal.SIGKILL)

    def _environment(self) -> dict[str, str]:
        # Empty rather than absent: the developer's own .env must not fill in
        cleared = {name: "" for name in os.environ if name.startswith(FOREIGN)}
        cleared |= dict.fromkeys(("OPENAI_API_KEY", "OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT", "DATABASE_URL"), "")
        own = {"SALON_DATA": str(self.data), "DJANGO_SETTINGS_MODULE": "webapp.settings.development"}
        return {**os.environ, **cleared, **own, **self._services, **self.settings, "PYTHONUNBUFFERED": "1"}

    def _spawn(self, *arguments: str) -> None:
        command = [sys.executable, "manage.py", *arguments]
        with self._log.open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    command, cwd=ROOT, env=self._environment(), stdout=log, stderr=log, start_new_session=True
                )
            )

    def _wait_for(self, addresses: list[str], *, workers: int, since: int) -> None:
        """Return when the web processes have told their addresses and the workers that they wait."""
        deadline = time.monotonic() + START
        while True:
            said = self._log.read_bytes()[since:].decode(errors="replace")
            if all(address in said for address in addresses) and said.count("The worker waits") == workers:
                return
            assert all(process.poll() is None for process in self._processes), f"a process ended at its start: {said}"
            assert time.monotonic() < deadline, f"the server did not start: {said}"
            time.sleep(0.03)

    def _end(self, number: signal.Signals) -> None:
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        for process in self._processes:
            process.wait(LEAVE)
        self._processes = []


def _services(*, like: dict[str, str]) -> dict[str, str]:
    """Return settings that name a new database, with what `like` names in it, and a Redis database of its own."""
    address, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    name = f"live_{secrets.token_hex(6)}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        template = like.get("DATABASE_URL", "template1").rpartition("/")[2]
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    services = redis.Redis.from_url(os.environ["REDIS_URL"])
    number = int(services.incr("live-tests")) % 15 + 1
    base = os.environ["REDIS_URL"].rstrip("/")
    redis.Redis.from_url(f"{base}/{number}").flushdb()
    return {"SALON_RUNNER": "worker", "DATABASE_URL": f"{address}/{name}", "REDIS_URL": f"{base}/{number}"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
