"""What the real service once sent reaches a client as it was sent: streamed, at its end, and asked for later."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from tests.live.gateway.conftest import key_for
from tests.live.recordings import FOLDER, Recording, read_recordings
from tests.live.server import Server
from tests.live.stand_in import StandIn, recorded

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no recorded streams: {FOLDER} is not there")
RECORDINGS = read_recordings()
AT_ONCE = 8
PATIENCE = 30
OURS = ("conversation", "previous_response_id")
"""What we say where the recording has null."""
each_recording = pytest.mark.parametrize("recording", RECORDINGS, ids=str)


@dataclass
class Outcome:
    events: list[dict[str, Any]] = field(default_factory=list)
    retrieved: dict[str, Any] = field(default_factory=dict)
    replayed: list[dict[str, Any]] = field(default_factory=list)
    failure: Exception | None = None


@pytest.fixture(scope="module")
def outcomes(ground: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Outcome]]:
    """Have every recording played to a client of the gateway, a few at once."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    provider = StandIn()
    server = Server(tmp_path_factory.mktemp("replayed") / "data", ground=ground, **provider.settings)
    for recording in RECORDINGS:
        provider.plays[recording.name] = recorded(recording, luck=random.Random(f"{seed} {recording.name}"))
    server.start()
    yield asyncio.run(play_all(server))
    server.close()
    provider.close()


async def play_all(server: Server) -> dict[str, Outcome]:
    outcomes = {recording.name: Outcome() for recording in RECORDINGS}
    ids: dict[str, asyncio.Lock] = {}
    turns = asyncio.Semaphore(AT_ONCE)

    async def play_one(http: aiohttp.ClientSession, recording: Recording) -> None:
        assert recording.final is not None
        # Recordings of one response share its id, which names the newest of them
        async with ids.setdefault(recording.final["id"], asyncio.Lock()), turns:
            try:
                async with asyncio.timeout(PATIENCE):
                    await play(http, f"{server.urls[0]}/openai/v1/responses", recording, outcomes[recording.name])
            except Exception as failure:
                outcomes[recording.name].failure = failure

    headers = {"Authorization": f"Bearer {key_for(server, 'Alice')}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        await asyncio.gather(*(play_one(http, recording) for recording in RECORDINGS))
    return outcomes


async def play(http: aiohttp.ClientSession, address: str, recording: Recording, outcome: Outcome) -> None:
    async with http.post(address, json={"model": "stand-in", "input": recording.name, "stream": True}) as answer:
        assert answer.status == 200, await answer.text()
        outcome.events = events_in(await answer.text())
    assert recording.final is not None
    one = f"{address}/{recording.final['id']}"
    async with http.get(one) as answer:
        outcome.retrieved = await answer.json()
    async with http.get(one, params={"stream": "true"}) as answer:
        outcome.replayed = events_in(await answer.text())


def events_in(text: str) -> list[dict[str, Any]]:
    frames = text.removesuffix("\n\n").split("\n\n")
    assert frames.pop() == "data: [DONE]"
    events = []
    for frame in frames:
        if not frame.startswith(":"):
            name, data = frame.split("\n")
            events.append(json.loads(data.removeprefix("data: ")))
            assert name == f"event: {events[-1]['type']}"
    return events


@each_recording
def test_a_recorded_response_is_retrieved_as_it_was(recording: Recording, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[recording.name]
    if outcome.failure:
        raise outcome.failure
    assert recording.final is not None
    assert {name: outcome.retrieved[name] for name in recording.final} == recording.final


@each_recording
def test_a_recorded_stream_reaches_the_client_as_it_was(recording: Recording, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[recording.name]
    assert outcome.failure is None
    assert [event["sequence_number"] for event in outcome.events] == list(range(len(outcome.events)))
    assert outcome.events[-1]["response"] == outcome.retrieved
    assert outcome.replayed == outcome.events
    if recording.streamed:
        assert plain(outcome.events) == plain(recording.events)


def plain(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return events without what is ours to say: their numbers, the padding, the response in the last one."""
    left_out = {"sequence_number", "obfuscation"}
    told = [{name: value for name, value in event.items() if name not in left_out} for event in events]
    if told and "response" in told[-1]:
        told[-1]["response"] = {name: told[-1]["response"][name] for name in told[-1]["response"] if name not in OURS}
    return told
