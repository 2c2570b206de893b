"""Clients and pages at one conversation, clients that leave, and what clients are told of a provider that fails."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.live.gateway.conftest import key_for
from tests.live.gateway.test_recorded import events_in
from tests.live.person import Person
from tests.live.server import Server
from tests.live.stand_in import StandIn, chunked, in_pieces, telling
from tests.upstream.script import Answer, answering, sse, streaming

WORDS = ["One ", "naïve ", "lamp ", "in ", "東京 ", "burns."]
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def provider() -> Iterator[StandIn]:
    provider = StandIn()
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def faced(provider: StandIn, ground: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the stand-in as its provider, which is asked again twice where that can help."""
    settings = provider.settings | {"SALON_IDLE_TIMEOUT": "30", "SALON_BACKGROUND": "never"}
    server = Server(tmp_path_factory.mktemp("gateway") / "data", ground=ground, **settings)
    server.start()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def calm_log(faced: Server) -> Iterator[None]:
    known = len(faced.log)
    yield
    assert faced.troubles(since=known) == []


class Caller:
    """A program of Alice's on bare HTTP. `ask` has the provider answer with a play."""

    def __init__(self, http: aiohttp.ClientSession, server: Server, provider: StandIn) -> None:
        self.http, self.server, self.provider = http, server, provider
        self.address = f"{server.urls[0]}/openai/v1/responses"

    def post(self, play: Answer, **body: Any) -> Any:
        """Begin a request that is answered by `play`; to be entered."""
        tag = f"play {next(numbers)}"
        self.provider.plays[tag] = play
        return self.http.post(self.address, json={"model": "stand-in", "input": tag} | body)

    async def ask(self, play: Answer, **body: Any) -> tuple[int, Any, dict[str, str]]:
        async with self.post(play, **body) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            text = await answer.text()
        assert headers["x-request-id"]
        return (
            answer.status,
            events_in(text) if "event-stream" in headers["content-type"] else json.loads(text),
            headers,
        )

    async def get(self, response_id: str, query: str = "") -> tuple[int, Any]:
        async with self.http.get(f"{self.address}/{response_id}{query}") as answer:
            text = await answer.text()
        return answer.status, events_in(text) if answer.content_type == "text/event-stream" else json.loads(text)

    async def until(self, response_id: str, status: str) -> dict[str, Any]:
        """Return the response when it has this status."""
        for _ in range(200):
            _, body = await self.get(response_id)
            if body.get("status") == status:
                return body
            await asyncio.sleep(0.05)
        raise AssertionError(body)


@pytest.fixture
async def caller(faced: Server, provider: StandIn) -> AsyncIterator[Caller]:
    headers = {"Authorization": f"Bearer {key_for(faced, 'Alice')}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        yield Caller(http, faced, provider)


class Held:
    """A play that says its first words and then nothing, until it is closed or let go."""

    def __init__(self) -> None:
        self.events = telling(WORDS, number=1000 + next(numbers))
        self.id: str = self.events[0]["response"]["id"]
        self.closed = False

    @property
    def play(self) -> Answer:
        chunks = chunked(self.events)
        return in_pieces(chunks[:4], [0.01] * 4, then=self._hold)

    async def _hold(self, request: web.Request) -> None:
        try:
            await asyncio.sleep(20)
        except asyncio.CancelledError:
            self.closed = True
            raise

    async def until_closed(self) -> None:
        for _ in range(500):
            if self.closed:
                return
            await asyncio.sleep(0.02)
        raise AssertionError("the connection is still open")


def whole() -> tuple[Answer, str]:
    """Return a play of a whole answer, and the id of its response."""
    events = telling(WORDS, number=1000 + next(numbers))
    return streaming(*chunked(events)), events[0]["response"]["id"]


async def first_events(answer: aiohttp.ClientResponse, number: int) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    while len(events) < number:
        line = (await answer.content.readline()).decode()
        if line.startswith("data: "):
            events.append(json.loads(line[6:]))
    return events


async def test_pages_see_a_program_write_and_the_program_goes_on_from_what_they_wrote(
    caller: Caller, provider: StandIn, faced: Server
) -> None:
    held = Held()
    async with Person(faced, "Alice") as alice, caller.post(held.play, stream=True) as answer:
        [begun, *_] = await first_events(answer, 4)
        body = await caller.until(begun["response"]["id"], "in_progress")
        conversation = body["conversation"]["id"]
        async with alice.window(conversation) as window:
            [shown] = window.view.shown()["turns"]
            await window.until(lambda: window.view.text(shown["id"]) == "One ")
            async with caller.post(held.play, conversation=conversation) as refused:
                assert refused.status == 409
                assert (await refused.json())["error"]["code"] == "conversation_locked"
            await alice.verb(conversation, shown["id"], "stop")
            assert (await window.until_final(shown["id"]))["status"] == "cancelled"
            assert events_in((await answer.text()).partition("\n\n")[2]) == []
            play, page_id = whole()
            provider.plays["from the page"] = play
            turn = await alice.send(conversation, "from the page")
            await window.until_final(turn["id"])
            play, _ = whole()
            status, followed, _ = await caller.ask(play, previous_response_id=page_id)
            assert (status, followed["previous_response_id"]) == (200, page_id)
            assert followed["conversation"]["id"] == conversation
            assert provider.asked[-1]["previous_response_id"] == page_id
            await window.caught_up()
            assert len(window.view.shown()["turns"]) == 3


async def test_going_on_from_an_older_response_is_a_branch(caller: Caller, provider: StandIn, faced: Server) -> None:
    play, first = whole()
    _, begun, _ = await caller.ask(play)
    conversation = begun["conversation"]["id"]
    play, second = whole()
    await caller.ask(play, conversation=conversation)
    play, third = whole()
    _, other, _ = await caller.ask(play, previous_response_id=first)
    assert (other["conversation"]["id"], other["previous_response_id"]) == (conversation, first)
    play, _ = whole()
    _, last, _ = await caller.ask(play, previous_response_id=second)
    assert last["previous_response_id"] == second
    async with Person(faced, "Alice") as alice:
        page = await alice.page(conversation)
    assert [len(turn["siblings"]) for turn in page["turns"]] == [1, 2, 1]
    assert third


@pytest.mark.parametrize("stream", [True, False])
async def test_a_program_that_leaves_ends_its_turn(caller: Caller, stream: bool) -> None:
    held = Held()
    request = asyncio.create_task(caller.ask(held.play, stream=stream))
    await asyncio.sleep(0.6)
    request.cancel()
    await held.until_closed()
    body = await caller.until(held.id, "cancelled")
    assert body["output"][0]["content"][0]["text"] == "One "
    assert (await caller.get(held.id, "?stream=true"))[1][0]["type"] == "response.created"


async def test_a_program_that_leaves_a_background_turn_does_not_end_it(caller: Caller) -> None:
    held = Held()
    async with caller.post(held.play, stream=True, background=True) as answer:
        await first_events(answer, 3)
    await asyncio.sleep(0.3)
    assert (await caller.get(held.id))[1]["status"] == "in_progress"
    assert not held.closed
    async with caller.http.post(f"{caller.address}/{held.id}/cancel") as cancelled:
        assert (await cancelled.json())["status"] == "cancelled"
    await held.until_closed()


REFUSALS: dict[str, tuple[int, dict[str, Any], dict[str, str]]] = {
    "busy": (429, {"type": "tokens", "code": "rate_limit_exceeded", "param": None}, {"retry-after-ms": "1500"}),
    "wrong": (400, {"type": "invalid_request_error", "code": "invalid_value", "param": "temperature"}, {}),
    "filtered": (400, {"type": "invalid_request_error", "code": "content_filter", "param": "prompt"}, {}),
    "unsupported": (400, {"type": "invalid_request_error", "code": "unsupported_parameter", "param": "top_p"}, {}),
    "unknown call": (400, {"type": "invalid_request_error", "code": None, "param": "input"}, {}),
}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("name", REFUSALS)
async def test_what_the_provider_refuses_is_passed_on_and_nothing_is_kept(
    caller: Caller, provider: StandIn, faced: Server, name: str, stream: bool
) -> None:
    status, error, headers = REFUSALS[name]
    error = {"message": f"No tool call found: {name}.", **error}
    asked = len(provider.asked)
    play = answering({"error": error}, status=status, headers=headers)
    given, body, sent = await caller.ask(play, stream=stream, temperature=3, top_p=0.5)
    assert given == status
    assert {key: body["error"][key] for key in error} == error
    assert {key: sent[key] for key in headers} == headers
    assert ("retry-after" in sent) == (status == 429)
    assert len(provider.asked) == asked + 1
    async with Person(faced, "Alice") as alice:
        _, home = await alice.ask("GET", "/")
    assert f"play {next(numbers) - 1}" not in home.decode()


async def test_a_refused_turn_is_not_told_to_the_model_later(caller: Caller, provider: StandIn) -> None:
    play, _ = whole()
    _, begun, _ = await caller.ask(play)
    there = {"conversation": begun["conversation"]["id"]}
    status, _, _ = await caller.ask(answering({"error": {"message": "No.", "param": "input"}}, status=400), **there)
    assert status == 400
    play, _ = whole()
    status, _, _ = await caller.ask(play, **there)
    assert status == 200
    assert provider.asked[-1]["previous_response_id"] == begun["id"]
    assert len(provider.asked[-1]["input"]) == 1


@pytest.mark.parametrize("stream", [True, False])
async def test_a_provider_that_fails_before_its_first_word(caller: Caller, stream: bool) -> None:
    status, body, _ = await caller.ask(answering({"error": {"message": "Broken."}}, status=500), stream=stream)
    assert status == 500
    assert body["error"]["type"] == "server_error"


async def test_an_error_in_the_middle_of_a_stream_is_passed_on(caller: Caller) -> None:
    events = telling(WORDS, number=1000 + next(numbers))
    error = {"type": "error", "sequence_number": 5, "error": {"type": "server_error", "code": "server_error"}}
    error["error"] |= {"message": "The server had an error.", "param": None}
    play = streaming(sse(*events[:5], error))
    status, told, _ = await caller.ask(play, stream=True)
    assert status == 200
    assert told[-1]["type"] == "error"
    assert (told[-1]["sequence_number"], told[-1]["error"]["code"]) == (5, "server_error")
    _, body = await caller.get(events[0]["response"]["id"])
    assert (body["status"], body["error"]["code"]) == ("failed", "server_error")


async def test_a_stream_that_breaks_off_ends_with_what_was_said(caller: Caller) -> None:
    events = telling(WORDS, number=1000 + next(numbers))
    _, told, _ = await caller.ask(streaming(sse(*events[:6])), stream=True)
    assert told[-1]["type"] == "response.incomplete"
    assert told[-1]["response"]["output"][0]["content"][0]["text"] == "".join(WORDS[:3])
    assert (await caller.get(events[0]["response"]["id"]))[1] == told[-1]["response"]


async def test_the_same_request_twice_under_one_key_is_one_turn(caller: Caller, provider: StandIn) -> None:
    play, _ = whole()
    provider.plays["once only"] = play
    asked = len(provider.asked)
    bodies = []
    for _ in range(2):
        body = {"model": "stand-in", "input": "once only"}
        async with caller.http.post(caller.address, json=body, headers={"Idempotency-Key": "one"}) as answer:
            bodies.append(await answer.json())
    assert bodies[0] == bodies[1]
    assert len(provider.asked) == asked + 1


async def test_a_picture_that_is_sent_inside_a_request_is_kept_once_and_sent_on_as_it_came(
    caller: Caller, provider: StandIn, faced: Server
) -> None:
    play, response_id = whole()
    provider.plays["look"] = play
    url = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
    content = [{"type": "input_text", "text": "look"}, {"type": "input_image", "image_url": url}]
    body = {"model": "stand-in", "input": [{"role": "user", "content": content}]}
    async with caller.http.post(caller.address, json=body) as answer:
        assert answer.status == 200
    assert provider.asked[-1]["input"][0]["content"][1]["image_url"] == url
    _, listed = await caller.get(response_id, "/input_items?include[]=message.input_image.image_url")
    assert listed["data"][0]["content"][1]["image_url"] == url
    rows = faced.inside("inputs", response=response_id)
    assert "$file" in json.dumps(rows)
    assert url not in json.dumps(rows)
