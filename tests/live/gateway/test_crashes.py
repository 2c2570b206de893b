"""A program reads a background stream, the server is killed, and the program goes on where it was."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest

from conversations.localmodel.scripts.text import story
from tests.live.gateway.conftest import async_client_for
from tests.live.server import Server

PAGE = "Tell me of a lamp"
STORY = "Tell me a long story of a lamp"


@pytest.fixture(scope="module")
def paced(ground: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose provider speaks at the pace that people see."""
    server = Server(tmp_path_factory.mktemp("paced") / "data", ground=ground, paced=True, SALON_MODELS="demo")
    server.start()
    yield server
    server.close()


async def read(stream: Any, seen: list[Any]) -> None:
    """Read a stream as far as it goes."""
    with contextlib.suppress(openai.APIError, httpx2.HTTPError):
        async for event in stream:
            seen.append(event)


@pytest.mark.parametrize("end", ["kill", "stop"])
async def test_a_background_stream_goes_on_after_the_server_has_ended(paced: Server, end: str) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    client = async_client_for(paced)
    stream = await client.responses.create(model="demo", input=PAGE, background=True, stream=True)
    seen: list[Any] = []
    reading = asyncio.create_task(read(stream, seen))
    await asyncio.sleep(0.5 + random.Random(seed).random())
    await asyncio.to_thread(getattr(paced, end))
    await reading
    await asyncio.to_thread(paced.start)
    assert len(seen) > 4
    seen = [event for event in seen if event.type != "error"]
    response_id, cursor = seen[0].response.id, seen[-1].sequence_number
    assert (await client.responses.retrieve(response_id)).status in {"in_progress", "completed"}
    resumed: list[Any] = []
    await read(await client.responses.retrieve(response_id, stream=True, starting_after=cursor), resumed)
    seen += resumed
    assert [event.sequence_number for event in seen] == list(range(len(seen)))
    assert seen[-1].type == "response.completed"
    text = "".join(event.delta for event in seen if event.type == "response.output_text.delta")
    assert text == seen[-1].response.output_text
    whole: list[Any] = []
    await read(await client.responses.retrieve(response_id, stream=True), whole)
    assert [event.to_dict() for event in whole] == [event.to_dict() for event in seen]


async def test_a_foreground_response_keeps_its_words_when_the_server_is_killed(paced: Server) -> None:
    client = async_client_for(paced)
    seen: list[Any] = []
    stream = await client.responses.create(model="demo", input=STORY, stream=True)
    reading = asyncio.create_task(read(stream, seen))
    await asyncio.sleep(2)
    await asyncio.to_thread(paced.kill)
    await reading
    await asyncio.to_thread(paced.start)
    response_id = seen[0].response.id
    for _ in range(400):
        response = await client.responses.retrieve(response_id)
        if response.status != "in_progress":
            break
        await asyncio.sleep(0.1)
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "interrupted")
    assert response.output_text
    assert "".join(story(STORY)).startswith(response.output_text)
    followed = await client.responses.create(model="demo", input="And then?", previous_response_id=response_id)
    assert followed.previous_response_id == response_id
