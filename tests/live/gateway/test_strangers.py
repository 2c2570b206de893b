"""What is somebody else's is answered like what does not exist: the same status and the same bytes, by every call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.live.gateway.conftest import client_for, key_for
from tests.live.server import Server

pytestmark = pytest.mark.usefixtures("calm")
MESSAGE = [{"role": "user", "content": "What did she say?"}]
CALLS = {
    "retrieve": ("GET", "responses/{response}", None),
    "retrieve with include": ("GET", "responses/{response}?include[]=reasoning.encrypted_content", None),
    "stream": ("GET", "responses/{response}?stream=true", None),
    "resume": ("GET", "responses/{response}?stream=true&starting_after=3", None),
    "delete": ("DELETE", "responses/{response}", None),
    "cancel": ("POST", "responses/{response}/cancel", None),
    "input items": ("GET", "responses/{response}/input_items", None),
    "input items after": ("GET", "responses/{own}/input_items?after={item}", None),
    "continue": ("POST", "responses", {"previous_response_id": "{response}"}),
    "continue and stream": ("POST", "responses", {"previous_response_id": "{response}", "stream": True}),
    "continue in the background": ("POST", "responses", {"previous_response_id": "{response}", "background": True}),
    "say in a conversation": ("POST", "responses", {"conversation": "{conversation}"}),
    "say in a conversation's object": ("POST", "responses", {"conversation": {"id": "{conversation}"}}),
    "compact": ("POST", "responses/compact", {"previous_response_id": "{response}"}),
    "count": ("POST", "responses/input_tokens", {"previous_response_id": "{response}"}),
    "count a conversation": ("POST", "responses/input_tokens", {"conversation": "{conversation}"}),
    "refer to what was said": ("POST", "responses", {"input": [{"type": "item_reference", "id": "{said}"}, *MESSAGE]}),
    "count what was said": ("POST", "responses/input_tokens", {"input": [{"type": "item_reference", "id": "{said}"}]}),
    "refer to an item": ("POST", "responses", {"input": [{"type": "item_reference", "id": "{item}"}, *MESSAGE]}),
}
UNKNOWN = {
    "response": "resp_" + "0" * 48,
    "conversation": "conv_" + "0" * 32,
    "item": "msg_" + "0" * 48,
    "said": "msg_" + "1" * 48,
}


@pytest.fixture(scope="module")
def alices(server: Server) -> dict[str, str]:
    """The ids of a response of Alice's, its conversation and its message; `own` is one of Charlie's."""
    response = client_for(server, "Alice").responses.create(model="demo", input="A secret")
    own = client_for(server, "Charlie").responses.create(model="demo", input="Hello")
    item = client_for(server, "Alice").responses.input_items.list(response.id).data[0].id
    return {
        "response": response.id,
        "conversation": response.conversation.id,
        "item": item,
        "own": own.id,
        "said": response.output[0].id,
    }


@pytest.fixture
async def charlie(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {key_for(server, 'Charlie')}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        yield http


@pytest.mark.parametrize("call", CALLS)
async def test_a_stranger_learns_nothing(
    call: str, server: Server, alices: dict[str, str], charlie: aiohttp.ClientSession
) -> None:
    answers = []
    for ids in (alices, UNKNOWN | {"own": alices["own"]}):
        method, path, body = CALLS[call]
        sent = filled({"model": "demo", "input": MESSAGE} | body, ids) if body is not None else None
        address = f"{server.urls[0]}/openai/v1/{path.format(**ids)}"
        async with charlie.request(method, address, json=sent) as answer:
            text = await answer.text()
        for name, value in ids.items():
            text = text.replace(value, name)
        answers.append((answer.status, answer.headers["Content-Type"], text))
    assert answers[0] == answers[1]
    assert answers[0][0] in {400, 404}


def filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, str):
        return value.format(**ids)
    if isinstance(value, dict):
        return {name: filled(inner, ids) for name, inner in value.items()}
    return [filled(inner, ids) for inner in value] if isinstance(value, list) else value


async def test_alice_has_it_still(server: Server, alices: dict[str, str]) -> None:
    assert client_for(server, "Alice").responses.retrieve(alices["response"]).id == alices["response"]
