"""Start the embedded provider, or find the one that runs already: one for each data folder, whoever asks.

Four files in the data folder: `localmodel.start` is locked by whoever starts or ends the provider;
`localmodel.running` by the provider while it lives (it holds its process id); `localmodel.clients` is share-locked by
every process that called `ensure` (the kernel lets go of the lock when the process is gone, however it went);
`localmodel.json` says where the provider listens.
"""

import contextlib
import fcntl
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

LEAVE_AFTER = 120
START_SECONDS = 30
STOP_SECONDS = 5
HEALTH_SECONDS = 5
SOURCE = Path(__file__).parents[2]

clients: dict[Path, int] = {}


@dataclass(frozen=True)
class Endpoint:
    """Where the provider listens, and the key that it wants."""

    base_url: str
    key: str


class ProviderError(RuntimeError):
    """The provider does not start; the message says where to look."""


def ensure(data: Path, *, fast: bool = False, engine: bool = True) -> Endpoint:
    """The provider of this data folder, started if it does not run.

    It outlives this process for LEAVE_AFTER seconds, and everything that it is still doing. One that runs already is
    taken as it is, whatever `fast` and `engine` say. A new one takes over the address and key of the last one where it
    can, so that clients which hold them go on. Raises ProviderError.
    """
    data = data.resolve()
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(data / "localmodel.start"):
        if data not in clients:
            clients[data] = os.open(data / "localmodel.clients", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(clients[data], fcntl.LOCK_SH)
        known = read_endpoint(data)
        if known and is_locked(data / "localmodel.running"):
            if answers(known):
                return known
            end_process(data)
        with contextlib.suppress(ProviderError):
            if known:
                return start(data, fast=fast, engine=engine, port=urlsplit(known.base_url).port or 0, key=known.key)
        return start(data, fast=fast, engine=engine, port=0, key=None)


def stop(data: Path) -> None:
    """End the provider of this data folder, if it runs. Background responses go on at its next start."""
    data = data.resolve()
    if not data.is_dir():
        return
    with locked(data / "localmodel.start"):
        end_process(data)
        if data in clients:
            os.close(clients.pop(data))


def start(data: Path, *, fast: bool, engine: bool, port: int, key: str | None) -> Endpoint:
    """Start the process in a session of its own: what ends the server's process group does not end it."""
    command = [sys.executable, "-m", "conversations.localmodel", "--data", str(data), "--port", str(port)]
    command += ["--leave-after", str(LEAVE_AFTER)] + ["--fast"] * fast + ["--no-engine"] * (not engine)
    environment = os.environ | ({"LOCALMODEL_KEY": key} if key else {})
    with (data / "localmodel.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=SOURCE,
            env=environment,
            start_new_session=True,
        )
    assert process.stdout
    with process.stdout:
        line = process.stdout.readline()
    if not line:
        process.wait(START_SECONDS)
        raise ProviderError(f"The built-in provider did not start. Look into {data / 'localmodel.log'}.")
    announced = json.loads(line)
    write_private(data / "localmodel.json", json.dumps(announced))
    return Endpoint(announced["base_url"], announced["key"])


def end_process(data: Path) -> None:
    """End the provider that holds the running lock: politely, then by force."""
    running = data / "localmodel.running"
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(OSError, ValueError):
            if is_locked(running):
                os.kill(int(running.read_text()), number)
        deadline = time.monotonic() + STOP_SECONDS
        while is_locked(running) and time.monotonic() < deadline:
            time.sleep(0.02)


def read_endpoint(data: Path) -> Endpoint | None:
    """What the last start wrote down."""
    try:
        written = json.loads((data / "localmodel.json").read_text())
        return Endpoint(written["base_url"], written["key"])
    except (OSError, ValueError, KeyError):
        return None


def answers(endpoint: Endpoint) -> bool:
    """Whether the provider answers with its models."""
    parts = urlsplit(endpoint.base_url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=HEALTH_SECONDS)
    try:
        connection.request("GET", f"{parts.path}/models", headers={"Authorization": f"Bearer {endpoint.key}"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file; waits for whoever holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def try_lock(path: Path) -> int | None:
    """Lock a file alone and return its descriptor, which holds the lock; None where somebody else has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def is_locked(path: Path) -> bool:
    """Whether somebody holds a lock on the file."""
    descriptor = try_lock(path)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is None
