"""A key that ends, ends everywhere within five seconds: for calls, streams and sockets. And keys that repeat."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from tests.live.gateway.conftest import key_for
from tests.live.gateway.test_recorded import events_in
from tests.live.server import Server

SOON = 5.5
"""Five seconds, and a little for the news to arrive."""
STORY = {"model": "demo", "input": "Write me a very long story"}
ENDINGS: dict[str, Callable[[Server], Any]] = {
    "revoked": lambda server: server.inside("revoke_keys", name="Alice"),
    "suspended": lambda server: server.inside("set_active", name="Alice", active=False),
}


@pytest.fixture(scope="module")
def paced(ground: Server, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server whose provider takes its time."""
    server = Server(tmp_path_factory.mktemp("paced") / "data", ground=ground, paced=True, SALON_MODELS="demo")
    server.start()
    yield server
    server.close()


@pytest.fixture
async def http(paced: Server) -> AsyncIterator[aiohttp.ClientSession]:
    """Alice's program, with a key of this test's own."""
    paced.inside("set_active", name="Alice", active=True)
    secret = await asyncio.to_thread(paced.inside, "issue_key", name="Alice")
    headers = {"Authorization": f"Bearer {secret}"}
    async with aiohttp.ClientSession(f"{paced.urls[0]}/openai/v1/", headers=headers) as http:
        yield http


async def rest(answer: aiohttp.ClientResponse) -> str:
    """Read a stream to its end."""
    text = b""
    async for piece in answer.content.iter_any():
        text += piece
    return text.decode()


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_key_that_ends_ends_what_it_has_open(ending: str, paced: Server, http: aiohttp.ClientSession) -> None:
    async with http.post("responses", json={**STORY, "background": True}) as answer:
        background = (await answer.json())["id"]
    async with (
        http.post("responses", json={**STORY, "stream": True}) as stream,
        http.get(f"responses/{background}?stream=true") as again,
        http.ws_connect("responses") as socket,
    ):
        await socket.send_json({"type": "response.create", **STORY})
        assert json.loads((await socket.receive()).data)["type"] == "response.created"
        await stream.content.readany()
        await again.content.readany()
        ends = [asyncio.create_task(rest(stream)), asyncio.create_task(rest(again))]
        await asyncio.to_thread(ENDINGS[ending], paced)
        async with http.get("models") as refused:
            assert refused.status == 401
        async with asyncio.timeout(SOON):
            heard = [json.loads(message.data) async for message in socket]
            texts = await asyncio.gather(*ends)
        assert heard[-1]["error"]["code"] == "invalid_api_key"
        assert not any("response.completed" in text for text in texts)


async def test_who_is_removed_from_a_conversation_hears_nothing_more_of_it(
    paced: Server, http: aiohttp.ClientSession
) -> None:
    async with http.post("conversations", json={}) as answer:
        conversation = (await answer.json())["id"]
    await asyncio.to_thread(paced.inside, "invite", conversation=conversation, name="Bob", role="editor")
    secret = await asyncio.to_thread(paced.inside, "issue_key", name="Bob")
    body = {**STORY, "conversation": conversation}
    async with aiohttp.ClientSession(http._base_url, headers={"Authorization": f"Bearer {secret}"}) as bob:
        async with bob.post("responses", json={**body, "background": True}) as answer:
            response = (await answer.json())["id"]
        async with bob.get(f"responses/{response}?stream=true") as stream:
            await stream.content.readany()
            await asyncio.to_thread(paced.inside, "remove", conversation=conversation, name="Bob")
            async with asyncio.timeout(SOON):
                heard = await rest(stream)
        assert "response.completed" not in heard
        async with bob.get(f"responses/{response}") as gone:
            assert gone.status == 404
    async with http.get(f"responses/{response}") as kept:
        assert kept.status == 200


async def test_the_same_stream_under_the_same_key_is_one_response(http: aiohttp.ClientSession) -> None:
    body = {"model": "demo", "input": "Name three lamps", "stream": True}

    async def ask() -> tuple[int, str]:
        async with http.post("responses", json=body, headers={"Idempotency-Key": "stream"}) as answer:
            return answer.status, await rest(answer)

    (first, first_text), (second, second_text) = await asyncio.gather(ask(), ask())
    third, third_text = await ask()
    assert first == second == third == 200
    told = [[event for event in events_in(text) if event] for text in (first_text, second_text, third_text)]
    assert told[0][0]["type"] == "response.created"
    assert told[0][-1]["type"] == "response.completed"
    assert told[0] == told[1] == told[2]


async def test_the_same_request_under_the_same_key_is_one_response_also_while_it_runs(
    http: aiohttp.ClientSession,
) -> None:
    async def ask(text: str, **options: Any) -> tuple[int, Any]:
        body = {"model": "demo", "input": text, **options}
        async with http.post("responses", json=body, headers={"Idempotency-Key": "whole"}) as answer:
            return answer.status, await answer.json()

    answers = await asyncio.gather(*(ask("Name a lamp") for _ in range(4)))
    assert [status for status, _ in answers] == [200] * 4
    assert len({json.dumps(body, sort_keys=True) for _, body in answers}) == 1
    status, refused = await ask("Name another lamp")
    assert (status, refused["error"]["code"]) == (422, "idempotency_key_reused")
    assert (await ask("Name a lamp"))[1] == answers[0][1]


async def test_a_secret_is_in_no_log_no_answer_and_no_row(paced: Server, http: aiohttp.ClientSession) -> None:
    secret = http.headers["Authorization"].removeprefix("Bearer ")
    for body in ('{"model": "demo"', '{"model": 1}', '{"model": "demo", "input": [{"type": "x", "headers": 1}]}'):
        async with http.post("responses", data=body, headers={"Content-Type": "application/json"}) as answer:
            assert secret not in await answer.text()
    async with http.get(f"nothing/{'x' * 50}?key={secret}") as answer:
        assert secret not in await answer.text()
    async with http.get("models", headers={"api-key": f"{secret}x"}) as answer:
        assert answer.status == 401
        assert secret not in await answer.text()
    kept = [path for path in paced.data.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert kept == []
    assert secret not in paced.log


def test_a_key_of_the_settings_works_in_every_process(server: Server) -> None:
    import requests

    for url in server.urls:
        answer = requests.get(f"{url}/openai/v1/models", headers={"api-key": key_for(server, "Bob")}, timeout=10)
        assert answer.status_code == 200
