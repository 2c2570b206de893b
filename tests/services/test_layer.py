"""Redis between two processes is a hint: it may be away, and it may come back."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis as Client

from conversations.hub import Hub, Viewer
from conversations.hub import process as hubs
from scripts.services import find, free_port, wait_for_port
from webapp import health


class Redis:
    """A server that can be killed and started again at the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()

    def start(self) -> None:
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen([str(find("redis-server")), *options], stdout=subprocess.DEVNULL)
        wait_for_port(self.port, self.process)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def redis(tmp_path: Path, settings: Any) -> Any:
    if find("redis-server") is None:
        pytest.skip("no redis-server found")
    server = Redis(tmp_path)
    server.start()
    config = {"hosts": [f"redis://127.0.0.1:{server.port}"]}
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": config}
    }
    yield server
    server.kill()


@pytest.fixture
async def start(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[..., Any]]:
    """`hub = await start(load)`: the hub of one more process."""
    monkeypatch.setattr(hubs, "REST", 0.1)
    started: list[Hub] = []

    async def start(load: hubs.FrameLoader = lambda conversation_id, position: []) -> Hub:
        hub = Hub()
        await hub.start(load)
        started.append(hub)
        return hub

    yield start
    for hub in started:
        await hub.stop()


async def heard(viewer: Viewer, *, saying: Callable[[], Any]) -> str:
    """Say something again and again until the viewer hears of it."""
    async with asyncio.timeout(15):
        while True:
            await saying()
            try:
                return await asyncio.wait_for(viewer.take(), 0.2)
            except TimeoutError:
                continue


async def test_processes_hear_each_other_again_after_a_restart_and_nobody_waits_meanwhile(
    redis: Redis, start: Callable[..., Any]
) -> None:
    here, there, viewer = await start(), await start(), Viewer()
    await there.join("conv_1", viewer, 0)

    async def say() -> None:
        await here.publish("conv_1", "news", (1, 1, 1))

    assert "news" in await heard(viewer, saying=say)
    redis.kill()
    began = asyncio.get_running_loop().time()
    for _ in range(100):
        await say()
    late = Viewer()
    await there.join("conv_2", late, 0)
    assert asyncio.get_running_loop().time() - began < 5
    redis.start()
    assert "news" in await heard(viewer, saying=say)
    await there.catch_up({"conv_2": 0})  # as every few seconds: who came meanwhile is heard of

    async def say_elsewhere() -> None:
        await here.publish("conv_2", "other news", (2, 1, 1))

    assert "other news" in await heard(late, saying=say_elsewhere)


async def test_what_is_stopped_while_it_publishes_stops(redis: Redis, start: Callable[..., Any]) -> None:
    hub = await start()
    await hub.publish("conv_1", "news", (1, 1, 1))
    for steps in range(12):
        publishing = asyncio.ensure_future(hub.publish("conv_1", "news", (1, 1, 1)))
        for _ in range(steps):
            await asyncio.sleep(0)
        if publishing.cancel():
            await asyncio.wait({publishing})
            assert publishing.cancelled(), f"it went on after {steps} steps"


async def test_a_process_goes_on_listening_when_a_large_fact_cannot_be_read(
    redis: Redis, start: Callable[..., Any]
) -> None:
    def load(conversation_id: str, position: int) -> list[str]:
        raise OSError("the database is away")

    here, there, viewer = await start(), await start(load), Viewer()
    await there.join("conv_1", viewer, 0)
    here._spawn("conv_1", 1, "x" * 100_000)
    await asyncio.sleep(0.3)

    async def say() -> None:
        await here.publish("conv_1", "news", (1, 1, 1))

    assert "news" in await heard(viewer, saying=say)


async def test_asking_whether_it_is_ready_leaves_no_subscription_behind(redis: Redis) -> None:
    assert [await health.layer() for _ in range(3)] == ["ok"] * 3
    client = Client.from_url(f"redis://127.0.0.1:{redis.port}")
    assert await client.pubsub_channels() == []
    await client.aclose()
