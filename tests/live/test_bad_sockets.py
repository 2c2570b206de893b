"""Whatever opens a socket or sends through one: a close code that says why, and nobody else is disturbed."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.live.person import Person

pytestmark = pytest.mark.usefixtures("calm")

NOBODYS = "conv_" + "0" * 32


async def code_of(socket: Any) -> int | None:
    """Read a socket to its end; return its close code."""
    async with asyncio.timeout(10):
        async for _ in socket:
            pass
    code: int | None = socket.close_code
    return code


async def hello_of(socket: Any) -> dict[str, Any]:
    async with asyncio.timeout(10):
        hello: dict[str, Any] = json.loads((await socket.receive_str()).split("\n")[0])
    return hello


async def frames_so_far(socket: Any) -> list[dict[str, Any]]:
    heard: list[dict[str, Any]] = []
    with contextlib.suppress(TimeoutError):
        while True:
            text = (await asyncio.wait_for(socket.receive(), 0.5)).data
            heard += [json.loads(line) for line in text.split("\n")]
    return heard


def origins(url: str) -> list[str]:
    port = urlsplit(url).port or 80
    return [
        "null",
        "",
        "https://elsewhere.example",
        f"http://elsewhere.example:{port}",
        f"http://127.0.0.1:{port + 1}",
        "http://127.0.0.1",
        "https://127.0.0.1",
        f"http://127.0.0.1.elsewhere.example:{port}",
        f"http://localhost:{port}",
        f"http://127.0.0.1:{port}@elsewhere.example",
        "http://[",
    ]


@pytest.mark.parametrize("number", range(len(origins(""))))
async def test_a_page_of_another_site_opens_no_socket(alice: Person, number: int) -> None:
    conversation = await alice.begin()
    url = alice.server.urls[0]
    address = f"{url}/ws/conversations/{conversation}/"
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await alice.http.ws_connect(address, headers={"Origin": origins(url)[number]})
    assert refused.value.status in {400, 403}


async def test_a_socket_without_an_origin_is_refused(alice: Person) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await alice.http.ws_connect(f"{alice.url}/ws/conversations/{await alice.begin()}/")
    assert refused.value.status == 403


async def test_nobody_in_particular_is_told_to_sign_in(alice: Person) -> None:
    async with Person(alice.server, "") as nobody, nobody.socket(await alice.begin()) as socket:
        assert await code_of(socket) == 4401


async def test_somebody_elses_conversation_is_exactly_an_unknown_one(alice: Person, charlie: Person) -> None:
    for conversation in (await alice.begin(), NOBODYS, "%00", "*", "..%2f..", "x" * 200, "conv.*"):
        async with charlie.socket(conversation) as socket:
            assert [message async for message in socket] == []
            assert socket.close_code == 4404


async def test_an_address_that_is_none_is_an_unknown_conversation(alice: Person) -> None:
    headers = {"Origin": alice.server.urls[0]}
    async with alice.http.ws_connect(f"{alice.server.urls[0]}/ws/nothing", headers=headers) as socket:
        assert await code_of(socket) == 4404


@pytest.mark.parametrize(
    "query",
    [
        "after=-1",
        "after=abc",
        "after=" + "9" * 30,
        "after=%D9%A3",
        "after=[]",
        "after=1&after=2",
        "streams=1:2",
        "streams=a:b:c,-1:-1:-1," + "9" * 30 + ":1:1",
        "streams=" + "1:1:1," * 500,
        "streams=%ff%00",
        "user_id=1&role=owner",
    ],
)
async def test_a_cursor_that_is_none_is_left_out(alice: Person, query: str) -> None:
    async with alice.socket(await alice.begin(), query) as socket:
        assert (await hello_of(socket))["type"] == "hello"


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "{",
        "null",
        "[]",
        "1",
        '"resync"',
        "{}",
        '{"type": "resync"}',
        '{"type": "resync", "response": null}',
        '{"type": "resync", "response": "1"}',
        '{"type": "resync", "response": 1.5}',
        '{"type": "resync", "response": [1]}',
        '{"type": "message", "text": "by the socket"}',
        '{"type": "hello", "role": "owner"}',
        '{"type": "typing"}',
        '{"type": "typing", "to": "everybody"}',
        '{"type": "typing", "to": ["model"]}',
        "[" * 20_000,
        '{"a":' * 10_000,
        "\u0000",
    ],
)
async def test_a_frame_that_is_none_ends_the_socket(alice: Person, sent: str) -> None:
    async with alice.socket(await alice.begin()) as socket:
        await hello_of(socket)
        await socket.send_str(sent)
        assert await code_of(socket) == 4400


async def test_bytes_instead_of_text_end_the_socket(alice: Person) -> None:
    async with alice.socket(await alice.begin()) as socket:
        await hello_of(socket)
        await socket.send_bytes(b"\x00\xff")
        assert await code_of(socket) == 4400


@pytest.mark.parametrize("response", [-1, 0, 2**62, 2**63, 10**30])
async def test_a_snapshot_of_nothing_is_no_answer(alice: Person, response: int) -> None:
    async with alice.socket(await alice.begin()) as socket:
        await hello_of(socket)
        await socket.send_json({"type": "resync", "response": response})
        await socket.send_str("{")
        assert await code_of(socket) == 4400


async def test_a_snapshot_of_somebody_elses_answer_is_no_answer(alice: Person, charlie: Person) -> None:
    hers, his = await alice.begin(), await charlie.begin()
    async with alice.window(hers) as window, charlie.socket(his) as socket:
        await hello_of(socket)
        turn = await alice.send(hers, "Tell me a long story")
        await window.until(lambda: window.view.seen)
        await socket.send_json({"type": "resync", "response": turn["id"]})
        await asyncio.sleep(1)
        heard = await frames_so_far(socket)
        assert {frame["type"] for frame in heard} <= {"presence", "ping", "unread"}
        assert hers not in str(heard)
        await alice.verb(hers, turn["id"], "stop")


async def test_a_flood_of_frames_ends_the_socket_that_sends_it(alice: Person) -> None:
    conversation = await alice.begin()
    async with alice.socket(conversation) as flooding, alice.window(conversation) as window:
        await hello_of(flooding)
        for _ in range(100):
            await flooding.send_json({"type": "resync", "response": 1})
        assert await code_of(flooding) == 4429
        turn = await alice.send(conversation, "Still there?")
        await window.until_final(turn["id"])
        assert window.codes == []


async def test_a_flood_of_typing_ends_the_socket_too(alice: Person) -> None:
    async with alice.socket(await alice.begin()) as flooding:
        await hello_of(flooding)
        for number in range(100):
            await flooding.send_json({"type": "typing", "to": ("model", "people")[number % 2]})
        assert await code_of(flooding) == 4429


async def test_a_frame_that_is_too_large_ends_the_socket(alice: Person) -> None:
    conversation = await alice.begin()
    async with alice.socket(conversation) as socket:
        await hello_of(socket)
        await socket.send_str("x" * 2_000_000)
        assert await code_of(socket) == 1009


async def test_endless_fragments_end_the_socket(alice: Person) -> None:
    conversation = await alice.begin()
    async with alice.socket(conversation) as socket:
        await hello_of(socket)
        writer = socket._writer.transport  # a client library sends no message in parts
        mask = b"\x00" * 4
        with_length = (1000).to_bytes(2, "big")
        writer.write(b"\x01\xfe" + with_length + mask + b"x" * 1000)
        for _ in range(200):
            writer.write(b"\x00\xfe" + with_length + mask + b"x" * 1000)
        assert await code_of(socket) == 1009
