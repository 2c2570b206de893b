"""One provider for each data folder, however many ask, and for as long as somebody needs it."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from openai import APIConnectionError, OpenAI

from conversations.localmodel import launcher
from conversations.localmodel.launcher import Endpoint, ensure, is_locked, stop

from .conftest import ROOT, Provider

CALLER = """
import sys, time
from pathlib import Path
from conversations.localmodel.launcher import ensure
endpoint = ensure(Path(sys.argv[1]), fast=True, engine=False)
print(endpoint.base_url, endpoint.key, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose provider is ended after the test."""
    yield tmp_path / "data"
    stop(tmp_path / "data")


def process_id(data: Path) -> int:
    """The process id of the running provider."""
    return int((data / "localmodel.running").read_text())


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def hello(endpoint: Endpoint) -> str:
    """What the provider answers."""
    client = OpenAI(base_url=endpoint.base_url, api_key=endpoint.key)
    return client.responses.create(model="demo", input="Hello").output_text


def test_a_second_call_finds_the_running_provider(data: Path) -> None:
    first = ensure(data, fast=True, engine=False)
    assert "Hello" in hello(first)
    number = process_id(data)
    assert ensure(data, fast=True, engine=False) == first
    assert process_id(data) == number


def test_many_processes_that_ask_at_once_get_the_same(data: Path) -> None:
    callers = [
        subprocess.Popen(
            [sys.executable, "-c", CALLER, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
        )
        for _ in range(4)
    ]
    lines = set()
    for caller in callers:
        assert caller.stdout
        lines.add(caller.stdout.readline())
    for caller in callers:
        caller.communicate(timeout=10)
    assert len(lines) == 1


def test_it_outlives_the_process_group_of_its_caller(data: Path) -> None:
    caller = subprocess.Popen(
        [sys.executable, "-c", CALLER, str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        start_new_session=True,
    )
    with caller:
        assert caller.stdout
        base_url, key = caller.stdout.readline().decode().split()
        os.killpg(caller.pid, signal.SIGKILL)
    assert "Hello" in hello(Endpoint(base_url, key))
    assert ensure(data) == Endpoint(base_url, key)


def test_a_killed_provider_is_started_again_at_the_same_address(data: Path) -> None:
    first = ensure(data, fast=True, engine=False)
    os.kill(process_id(data), signal.SIGKILL)
    assert until(lambda: not is_locked(data / "localmodel.running"))
    assert ensure(data, fast=True, engine=False) == first
    assert "Hello" in hello(first)


def test_a_provider_that_hangs_is_replaced(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "HEALTH_SECONDS", 0.3)
    monkeypatch.setattr(launcher, "STOP_SECONDS", 0.3)
    ensure(data, fast=True, engine=False)
    hung = process_id(data)
    os.kill(hung, signal.SIGSTOP)
    endpoint = ensure(data, fast=True, engine=False)
    assert process_id(data) != hung
    assert "Hello" in hello(endpoint)


def test_the_key_is_nobody_elses_business(data: Path) -> None:
    endpoint = ensure(data, fast=True, engine=False)
    assert stat.S_IMODE((data / "localmodel.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert endpoint.key not in " ".join(psutil.Process(process_id(data)).cmdline())


def test_it_stops_when_told_to(data: Path) -> None:
    ensure(data, fast=True, engine=False)
    process = psutil.Process(process_id(data))
    stop(data)
    assert not is_locked(data / "localmodel.running")
    assert until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)
    stop(data)


def test_it_leaves_when_its_clients_are_gone_and_nothing_runs(
    start_provider: Callable[..., Provider],
) -> None:
    provider = start_provider("--fast", "--leave-after", "0.5")
    with launcher.locked(provider.data / "localmodel.clients"):
        time.sleep(1.5)
        assert provider.process.poll() is None
    body = {"model": "demo", "input": "Hi", "background": True, "metadata": {"fault": "slow=100,deltas=20"}}
    provider.create(body)
    time.sleep(1)
    assert provider.process.poll() is None
    assert until(lambda: provider.process.poll() == 0)


def test_it_leaves_when_its_folder_is_gone(start_provider: Callable[..., Provider]) -> None:
    provider = start_provider("--fast")
    (provider.data / "localmodel.sqlite3").unlink()
    assert until(lambda: provider.process.poll() is not None)


def test_a_second_provider_does_not_take_the_same_folder(start_provider: Callable[..., Provider]) -> None:
    provider = start_provider("--fast")
    command = [sys.executable, "-m", "conversations.localmodel", "--data", str(provider.data), "--no-engine"]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert second.returncode == 1
    assert "Another provider uses" in second.stderr


def test_it_is_polite_to_other_programs(data: Path) -> None:
    ensure(data, fast=True, engine=False)
    assert psutil.Process(process_id(data)).nice() == min(19, psutil.Process().nice() + 10)


def test_a_client_that_leaves_is_no_error_in_its_log(data: Path) -> None:
    endpoint = ensure(data, fast=True, engine=False)
    client = OpenAI(base_url=endpoint.base_url, api_key=endpoint.key, max_retries=0)
    for fault in ("slow=20", "drop_at=5"):
        stream = client.responses.create(model="demo", input="Hello", stream=True, metadata={"fault": fault})
        next(stream)
        stream.close()
    with pytest.raises(APIConnectionError):
        client.responses.create(model="demo", input="Hello", metadata={"fault": "drop_before_headers"})
    stop(data)
    assert (data / "localmodel.log").read_text() == ""
