"""One provider for the whole session, without waits between deltas and without the small model."""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from openai import OpenAI

from conversations.localmodel.launcher import Endpoint

ROOT = Path(__file__).parents[2]


class Provider:
    """A provider's process as a test sees it."""

    def __init__(self, data: Path, *options: str, environment: dict[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "conversations.localmodel", "--data", str(data), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=environment)
        assert self.process.stdout
        announced = msgspec.json.decode(self.process.stdout.readline())
        self.endpoint = Endpoint(announced["base_url"], announced["key"])
        self.data = data
        self.http = httpx2.Client(
            base_url=self.endpoint.base_url, headers={"Authorization": f"Bearer {self.endpoint.key}"}, timeout=30
        )

    @property
    def sdk(self) -> OpenAI:
        """The official client, which does not retry: a test sees each answer."""
        return OpenAI(base_url=self.endpoint.base_url, api_key=self.endpoint.key, max_retries=0)

    def create(self, body: Any) -> dict[str, Any]:
        """A response that is not streamed."""
        answer = self.http.post("/responses", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, body: Any) -> tuple[int, dict[str, Any]]:
        """The status and the error of a request that is refused."""
        answer = self.http.post("/responses", json=body)
        return answer.status_code, answer.json()["error"]

    def stream(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """All events of a streamed response."""
        return self.read("POST", "/responses", json={**body, "stream": True})

    def resume(self, response_id: str, after: int) -> list[dict[str, Any]]:
        """The events of a background response after a sequence number."""
        return self.read("GET", f"/responses/{response_id}?stream=true&starting_after={after}")

    def read(self, method: str, path: str, **options: Any) -> list[dict[str, Any]]:
        """The events of a stream, its framing checked."""
        with self.http.stream(method, path, **options) as answer:
            assert answer.status_code == 200, answer.read()
            assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert answer.headers["x-request-id"]
            return list(events_of(answer.iter_text()))

    def stop(self) -> None:
        """End the process as an operator would."""
        self.http.close()
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout
        self.process.stdout.close()

    def kill(self) -> None:
        """End the process as the kernel would."""
        self.process.kill()
        self.process.wait(10)
        self.stop()


def events_of(texts: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The events in the text of a stream: two lines each, `event:` naming the type, and an empty one."""
    rest = ""
    for text in texts:
        *blocks, rest = (rest + text).split("\n\n")
        for block in blocks:
            head, _, data = block.partition("\n")
            event = msgspec.json.decode(data.removeprefix("data: "))
            assert head == f"event: {event['type']}"
            yield event
    assert rest == ""


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """The session's provider."""
    provider = Provider(tmp_path_factory.mktemp("provider"), "--fast", "--no-engine")
    yield provider
    provider.stop()


@pytest.fixture
def start_provider(tmp_path: Path) -> Iterator[Callable[..., Provider]]:
    """Start providers of the test's own: they share one data folder, one after the other."""
    with contextlib.ExitStack() as ends:

        def start(*options: str, environment: dict[str, str] | None = None) -> Provider:
            provider = Provider(tmp_path / "data", "--no-engine", *options, environment=environment)
            ends.callback(lambda: provider.process.poll() is None and provider.stop())
            return provider

        yield start
