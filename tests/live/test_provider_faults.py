"""Whatever the provider does wrong: the turn ends with a sentence, what was said is kept, the next turn works."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiohttp import web

from tests.live.person import Person, Window
from tests.live.server import Server
from tests.live.stand_in import StandIn, chunked, in_pieces, telling
from tests.upstream.script import Answer, answering, sse, streaming

WORDS = ["One ", "naïve ", "lamp ", "in ", "東京 ", "burns."]
WHOLE = "".join(WORDS)
EVENTS = telling(WORDS)
CHUNKS = chunked(EVENTS)
SAID = 6
"""Chunks up to and including the third word."""
PARTIAL = "".join(WORDS[:3])
WAIT = 2.0
"""Seconds that the server waits for a first byte, and between two bytes."""


@pytest.fixture(scope="module")
def provider() -> Iterator[StandIn]:
    provider = StandIn()
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def faced(provider: StandIn, ground: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the stand-in as its provider, and little patience."""
    patience = {"SALON_FIRST_BYTE_TIMEOUT": f"{WAIT}", "SALON_IDLE_TIMEOUT": f"{WAIT}", "SALON_MAX_RETRIES": "1"}
    data = tmp_path_factory.mktemp("faced") / "data"
    server = Server(data, ground=ground, **provider.settings, **patience, SALON_BACKGROUND="never")
    server.start()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def calm_log(faced: Server) -> Iterator[None]:
    known = len(faced.log)
    yield
    assert faced.troubles(since=known) == []


@pytest.fixture
async def window(faced: Server) -> AsyncIterator[Window]:
    """Alice's page on a new conversation."""
    async with Person(faced, "Alice") as alice, alice.window(await alice.begin()) as window:
        yield window


async def ask(window: Window, provider: StandIn, play: Answer, *, tag: str = "the fault") -> dict[str, Any]:
    """Send a message that is answered by `play`; return its turn when it has ended."""
    provider.plays[tag] = play
    turn = await window.person.send(window.conversation, tag)
    return await window.until_final(turn["id"], 20)


async def assert_goes_on(window: Window, provider: StandIn) -> None:
    """The next turn works, and this page is as a fresh one."""
    turn = await ask(window, provider, streaming(*CHUNKS), tag="and now?")
    assert turn["status"] == "completed"
    assert window.view.text(turn["id"]) == WHOLE
    assert window.view.shown() == await window.person.fresh(window.conversation)


def broken_off(*chunks: bytes) -> Answer:
    """Send chunks, then close the connection in the middle of the body."""

    async def drop(request: web.Request) -> None:
        assert request.transport
        request.transport.close()

    return in_pieces(list(chunks), [0.02] * len(chunks), then=drop)


def hanging(*chunks: bytes) -> Answer:
    async def hang(_request: web.Request) -> None:
        await asyncio.sleep(60)

    return in_pieces(list(chunks), [0.02] * len(chunks), then=hang)


def dropping() -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport
        request.transport.close()
        return web.Response()

    return answer


def failing(status: int, code: str | None = None, **headers: str) -> Answer:
    error = {"message": "Something about secret-canary.", "type": "error", "param": None, "code": code}
    return answering({"error": error}, status=status, headers=headers)


REFUSALS: dict[str, tuple[Answer, str]] = {
    "401": (failing(401, "invalid_api_key"), "administrator"),
    "403": (failing(403), "administrator"),
    "404": (failing(404, "model_not_found"), "administrator"),
    "404 without a word": (answering(status=404), "administrator"),
    "400": (failing(400, "invalid_value"), "try again"),
    "429": (failing(429, "rate_limit_exceeded", **{"Retry-After": "1"}), "Try again"),
    "429 for hours": (failing(429, "rate_limit_exceeded", **{"Retry-After": "7200"}), "Try again"),
    "429 with an absurd delay": (failing(429, "rate_limit_exceeded", **{"Retry-After": "soon"}), "Try again"),
    "quota": (failing(429, "insufficient_quota"), "administrator"),
    "500": (failing(500, "server_error"), "Try again"),
    "503": (answering(b"<html>upstream is away</html>", status=503), "Try again"),
    "content filter": (failing(400, "content_filter"), "Rephrase"),
    "nothing": (answering(), "Try again"),
    "no answer": (dropping(), "Try again"),
    "silence": (hanging(), "Try again"),
    "a web page": (answering(b"<!doctype html><p>Hello</p>"), "administrator"),
    "garbage": (answering(b"\x00\xff\xfe nothing of the kind"), "Try again"),
    "an empty stream": (streaming(), "Try again"),
    "failed": (
        streaming(sse({"type": "response.failed", "response": {"error": {"code": "server_error", "message": "x"}}})),
        "Try again",
    ),
    "error event": (streaming(sse({"type": "error", "error": {"code": "server_error", "message": "x"}})), "Try again"),
}


@pytest.mark.parametrize("fault", REFUSALS)
async def test_a_refusal_is_one_sentence_and_the_next_turn_works(window: Window, provider: StandIn, fault: str) -> None:
    play, advice = REFUSALS[fault]
    turn = await ask(window, provider, play)
    assert turn["status"] == "failed"
    assert advice in turn["error"]["message"]
    assert turn["error"]["message"].endswith(".")
    assert "canary" not in json.dumps(turn) + window.person.server.log
    assert turn["output"] == []
    await assert_goes_on(window, provider)


BREAKS: dict[str, Answer] = {
    "no terminal event": streaming(*CHUNKS[:SAID]),
    "a dropped connection": broken_off(*CHUNKS[:SAID]),
    "a hang": hanging(*CHUNKS[:SAID]),
    "garbage in the middle": streaming(*CHUNKS[:SAID], b"data: {nothing of the kind\n\n", *CHUNKS[SAID:]),
    "half a character": broken_off(*CHUNKS[:SAID], CHUNKS[SAID + 1][: CHUNKS[SAID + 1].index(b'delta": "') + 12]),
    "half an event": streaming(*CHUNKS[:SAID], CHUNKS[SAID][:40]),
}


@pytest.mark.parametrize("fault", BREAKS)
async def test_what_was_said_before_a_break_is_kept_and_the_next_turn_works(
    window: Window, provider: StandIn, fault: str
) -> None:
    turn = await ask(window, provider, BREAKS[fault])
    assert (turn["status"], turn["incomplete"]) == ("incomplete", "interrupted")
    assert window.view.text(turn["id"]) == PARTIAL
    await assert_goes_on(window, provider)


@pytest.mark.parametrize(
    "error",
    [
        {
            "type": "error",
            "sequence_number": 7,
            "error": {"type": "server_error", "code": "server_error", "message": "x"},
        },
        {"type": "error", "sequence_number": 7, "code": "server_error", "message": "x", "param": None},
    ],
    ids=["nested", "flat"],
)
async def test_what_was_said_before_an_error_event_is_kept(
    window: Window, provider: StandIn, error: dict[str, Any]
) -> None:
    turn = await ask(window, provider, streaming(*CHUNKS[:SAID], sse(error)))
    assert turn["status"] == "failed"
    assert turn["error"]["message"].endswith(".")
    assert window.view.text(turn["id"]) == PARTIAL
    await assert_goes_on(window, provider)


def bytewise(data: bytes) -> list[bytes]:
    return [data[place : place + 1] for place in range(len(data))]


HARMLESS: dict[str, Answer] = {
    "every event twice": streaming(*[chunk for chunk in CHUNKS for _ in range(2)]),
    "the stream twice": streaming(*CHUNKS[:-1], *CHUNKS),
    "a byte at a time": streaming(*bytewise(b"".join(CHUNKS))),
    "carriage returns": streaming(b"".join(CHUNKS).replace(b"\n", b"\r\n")),
    "comments and unknown events": streaming(
        b": hello\n\n", *CHUNKS[:3], sse({"type": "response.tomorrow", "what": [1]}), *CHUNKS[3:], b"data: [DONE]\n\n"
    ),
    "no sequence numbers": streaming(
        *chunked([{key: value for key, value in event.items() if key != "sequence_number"} for event in EVENTS])
    ),
    "no stream": answering(EVENTS[-1]["response"]),
}


@pytest.mark.parametrize("oddity", HARMLESS)
async def test_an_odd_stream_is_shown_whole_and_once(window: Window, provider: StandIn, oddity: str) -> None:
    turn = await ask(window, provider, HARMLESS[oddity])
    assert turn["status"] == "completed"
    assert window.view.text(turn["id"]) == WHOLE
    assert window.view.shown() == await window.person.fresh(window.conversation)


async def test_a_busy_provider_is_asked_again_when_it_said(window: Window, provider: StandIn) -> None:
    busy, plays = failing(429, "rate_limit_exceeded", **{"retry-after-ms": "700"}), []

    async def first_busy(request: web.Request) -> web.StreamResponse:
        plays.append(time.monotonic())
        return await (busy if len(plays) == 1 else streaming(*CHUNKS))(request)

    turn = await ask(window, provider, first_busy)
    assert turn["status"] == "completed"
    assert plays[1] - plays[0] >= 0.7


@pytest.mark.parametrize("play", [failing(429, None, **{"Retry-After": "60"}), hanging()], ids=["waiting", "silent"])
async def test_stopping_works_before_the_first_word(window: Window, provider: StandIn, play: Answer) -> None:
    provider.plays["the fault"] = play
    turn = await window.person.send(window.conversation, "the fault")
    await asyncio.sleep(0.5)
    await window.person.verb(window.conversation, turn["id"], "stop")
    assert (await window.until_final(turn["id"], 1))["status"] == "cancelled"
    await assert_goes_on(window, provider)


async def test_a_forgotten_response_is_told_again_from_the_mirror(window: Window, provider: StandIn) -> None:
    await ask(window, provider, streaming(*CHUNKS), tag="first")

    async def forgetful(request: web.Request) -> web.StreamResponse:
        expired = failing(400, "previous_response_not_found")
        return await (expired if "previous_response_id" in await request.json() else streaming(*CHUNKS))(request)

    turn = await ask(window, provider, forgetful, tag="second")
    assert turn["status"] == "completed"
    told = [item["content"][0]["text"] for item in provider.asked[-1]["input"]]
    assert told == ["first", WHOLE, "second"]
    assert len(turn["remarks"]) == 1


async def test_an_enormous_index_makes_no_room(window: Window, provider: StandIn) -> None:
    item = {"id": "msg_x", "type": "message", "role": "assistant", "content": []}
    absurd = [
        {"type": "response.output_item.added", "output_index": index, "item": item, "sequence_number": 1 + number}
        for number, index in enumerate((10**9, -1, "0", None, 1.5))
    ]
    events = [EVENTS[0], *absurd, *({**event, "sequence_number": event["sequence_number"] + 9} for event in EVENTS[1:])]
    turn = await ask(window, provider, streaming(*chunked(events)))
    assert turn["status"] == "completed"
    assert window.view.text(turn["id"]) == WHOLE
