"""The WebSocket mode: turns one after the other on one connection, errors that leave it usable, and its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI

from tests.live.gateway.conftest import FORMS, async_client_for, client_for, key_for
from tests.live.server import Server

pytestmark = pytest.mark.usefixtures("calm")
TERMINAL = {"response.completed", "response.incomplete", "response.failed", "error"}
UNKNOWN = "resp_" + "0" * 48


class Socket:
    """A program's bare socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, **frame: Any) -> None:
        await self.socket.send_json({"type": "response.create", "model": "demo"} | frame)

    async def event(self) -> dict[str, Any]:
        event: dict[str, Any] = await self.socket.receive_json(timeout=10)
        return event

    async def ask(self, **frame: Any) -> list[dict[str, Any]]:
        """Ask for a turn; return its events up to the last one."""
        await self.send(**frame)
        events = [await self.event()]
        while events[-1]["type"] not in TERMINAL:
            events.append(await self.event())
        return events


@pytest.fixture
async def socket(server: Server) -> AsyncIterator[Socket]:
    headers = {"Authorization": f"Bearer {key_for(server, 'Alice')}"}
    address = f"{server.urls[0]}/openai/v1/responses"
    async with aiohttp.ClientSession(headers=headers) as http, http.ws_connect(address, max_msg_size=0) as socket:
        yield Socket(socket)


@pytest.mark.parametrize("form", FORMS)
async def test_the_official_client_has_a_conversation(server: Server, form: str) -> None:
    client: AsyncOpenAI = async_client_for(server, form=form)
    async with client.responses.connect() as connection:
        previous = None
        for words in ("Hello", "And then?"):
            await connection.response.create(model="demo", input=words, previous_response_id=previous)
            events = []
            async for event in connection:
                events.append(event)
                if event.type == "response.completed":
                    break
            assert [event.sequence_number for event in events] == list(range(len(events)))
            assert events[-1].response.previous_response_id == previous
            previous = events[-1].response.id
    assert (await client.responses.retrieve(previous)).to_dict() == events[-1].response.to_dict()


async def test_an_error_says_its_status_and_the_connection_stays_usable(socket: Socket) -> None:
    [refused] = await socket.ask(input="Hello", previous_response_id=UNKNOWN)
    assert (refused["type"], refused["status"]) == ("error", 400)
    assert refused["error"] == {
        "message": f"Previous response with id '{UNKNOWN}' not found.",
        "type": "invalid_request_error",
        "param": "previous_response_id",
        "code": "previous_response_not_found",
    }
    for frame in ("nonsense", "[]", "{}", json.dumps({"type": "response.steer"}), '{"type":"response.create"}'):
        await socket.socket.send_str(frame)
        refused = await socket.event()
        assert (refused["type"], refused["status"]) == ("error", 400), frame
    await socket.socket.send_bytes(b"\xff\xfe")
    assert (await socket.event())["status"] == 400
    [refused] = await socket.ask(input="Hello", tool_choice="required")
    assert (refused["status"], refused["error"]["param"]) == (400, "tool_choice")
    assert (await socket.ask(input="Hello"))[-1]["type"] == "response.completed"


async def test_one_turn_at_a_time(socket: Socket) -> None:
    await socket.send(input="Write me a very long story")
    await socket.send(input="Another one")
    events = [await socket.event()]
    while len([event for event in events if event["type"] in TERMINAL]) < 2:
        events.append(await socket.event())
    refused = [event for event in events if event["type"] == "error"]
    assert [(event["status"], event["error"]["code"]) for event in refused] == [(409, "response_in_progress")]
    assert events[-1]["type"] == "response.completed"


async def test_a_turn_is_prepared_without_being_answered(socket: Socket, server: Server) -> None:
    prepared = await socket.ask(input="The lamp is green.", instructions="Be brief.", generate=False)
    assert [event["type"] for event in prepared] == ["response.created", "response.in_progress", "response.completed"]
    body = prepared[-1]["response"]
    assert (body["output"], body["status"]) == ([], "completed")
    assert client_for(server).responses.retrieve(body["id"]).status == "completed"
    answered = (await socket.ask(input="Which colour?", previous_response_id=body["id"]))[-1]["response"]
    assert answered["previous_response_id"] == body["id"]
    listed = client_for(server).responses.input_items.list(answered["id"], order="asc")
    assert [item.content[0].text for item in listed.data] == ["The lamp is green.", "Which colour?"]


async def test_what_is_not_stored_is_known_to_this_connection_until_the_next_turn(
    socket: Socket, server: Server
) -> None:
    first = (await socket.ask(input="Hello", store=False))[-1]["response"]
    second = (await socket.ask(input="And then?", previous_response_id=first["id"], store=False))[-1]["response"]
    assert second["usage"]["input_tokens"] > first["usage"]["input_tokens"] + first["usage"]["output_tokens"]
    [refused] = await socket.ask(input="Once more", previous_response_id=first["id"])
    assert refused["error"]["code"] == "previous_response_not_found"
    [refused] = await socket.ask(input="Once more", previous_response_id=second["id"])
    assert refused["error"]["code"] == "previous_response_not_found"


async def test_events_are_told_by_their_lane(socket: Socket) -> None:
    events = await socket.ask(input="Hello", stream_id="left")
    assert {event["stream_id"] for event in events} == {"left"}


async def test_a_large_request_passes(socket: Socket) -> None:
    assert (await socket.ask(input="lamp " * 100_000))[-1]["type"] == "response.completed"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer sk-salon-wrong"}, {"api-key": ""}])
async def test_without_a_key_there_is_no_handshake(server: Server, headers: dict[str, str]) -> None:
    async with aiohttp.ClientSession(headers=headers) as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(f"{server.urls[0]}/openai/v1/responses")
        assert refused.value.status == 401
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        key = {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
        async with http.get(f"{server.urls[0]}/openai/v1/responses", headers=upgrade | key) as answer:
            assert answer.status == 401
            assert (await answer.json())["error"]["type"] == "invalid_request_error"


async def test_a_key_that_ends_ends_its_connection(server: Server) -> None:
    key = server.inside("issue_key", name="Bob")
    async with (
        aiohttp.ClientSession(headers={"api-key": key}) as http,
        http.ws_connect(f"{server.urls[0]}/openai/responses?api-version=preview") as opened,
    ):
        socket = Socket(opened)
        assert (await socket.ask(input="Hello"))[-1]["type"] == "response.completed"
        server.inside("revoke_keys", name="Bob")
        server.keys.pop("Bob", None)
        async with asyncio.timeout(5):
            event = await socket.event()
            assert (event["status"], event["error"]["code"]) == (401, "invalid_api_key")
            assert (await opened.receive()).type == aiohttp.WSMsgType.CLOSE
