"""What is somebody else's is answered like what does not exist: the same status and the same bytes, by every call."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.gateway.test_openapi import calls
from tests.live.gateway.conftest import client_for, key_for
from tests.live.server import Server

pytestmark = pytest.mark.usefixtures("calm")
MESSAGE = [{"role": "user", "content": "What did she say?"}]
DOCUMENT = {"type": "input_file", "file_id": "{file}"}
MASK = {"file_id": "{file}"}
SCREENSHOT = {
    "type": "computer_call_output",
    "call_id": "call_1",
    "output": {"type": "computer_screenshot", "file_id": "{file}"},
}
REFERENCE = {"type": "item_reference", "id": "{said}"}


def message(part: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [part]}]


CALLS: dict[str, tuple[str, str, Any]] = {
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
    "ask about a picture": ("POST", "responses", {"input": message({"type": "input_image", "file_id": "{file}"})}),
    "ask about a document": ("POST", "responses", {"input": message({"type": "input_file", "file_id": "{file}"})}),
    "count a document": ("POST", "responses/input_tokens", {"input": message(DOCUMENT)}),
    "compact a document": ("POST", "responses/compact", {"input": message(DOCUMENT)}),
    "edit under a mask": ("POST", "responses", {"tools": [{"type": "image_generation", "input_image_mask": MASK}]}),
    "show a screenshot": ("POST", "responses", {"input": [SCREENSHOT]}),
    "conversation": ("GET", "conversations/{conversation}", None),
    "note": ("POST", "conversations/{conversation}", {"metadata": {"a": "b"}}),
    "delete conversation": ("DELETE", "conversations/{conversation}", None),
    "items": ("GET", "conversations/{conversation}/items", None),
    "items after": ("GET", "conversations/{own_conversation}/items?after={item}", None),
    "add items": ("POST", "conversations/{conversation}/items", {"items": MESSAGE}),
    "add a document": ("POST", "conversations/{own_conversation}/items", {"items": message(DOCUMENT)}),
    "add what was said": ("POST", "conversations/{own_conversation}/items", {"items": [REFERENCE]}),
    "begin with what was said": ("POST", "conversations", {"items": [REFERENCE]}),
    "begin with a document": ("POST", "conversations", {"items": message(DOCUMENT)}),
    "item": ("GET", "conversations/{conversation}/items/{item}", None),
    "item in one's own conversation": ("GET", "conversations/{own_conversation}/items/{item}", None),
    "delete item": ("DELETE", "conversations/{conversation}/items/{item}", None),
    "delete item from one's own": ("DELETE", "conversations/{own_conversation}/items/{said}", None),
    "file": ("GET", "files/{file}", None),
    "content": ("GET", "files/{file}/content", None),
    "delete file": ("DELETE", "files/{file}", None),
    "files after": ("GET", "files?after={file}", None),
}
NO_IDS = {("POST", "files"), ("GET", "models"), ("GET", "models/{}"), ("GET", "openapi.json")}
"""Calls that name nothing of anybody's."""
UNKNOWN = {
    "response": "resp_" + "0" * 48,
    "conversation": "conv_" + "0" * 32,
    "item": "msg_" + "0" * 48,
    "said": "msg_" + "1" * 48,
    "file": "file_" + "0" * 32,
}


@pytest.fixture(scope="module")
def alices(server: Server) -> dict[str, str]:
    """The ids of what is Alice's; `own` and `own_conversation` are Charlie's."""
    response = client_for(server, "Alice").responses.create(model="demo", input="A secret")
    own = client_for(server, "Charlie").responses.create(model="demo", input="Hello")
    item = client_for(server, "Alice").responses.input_items.list(response.id).data[0].id
    return {
        "response": response.id,
        "conversation": response.conversation.id,
        "item": item,
        "own": own.id,
        "said": response.output[0].id,
        "file": client_for(server, "Alice").files.create(file=("a.txt", b"A secret"), purpose="user_data").id,
        "own_conversation": own.conversation.id,
    }


def test_every_call_has_a_row() -> None:
    asked = {(method, re.sub(r"{\w+}", "{}", path.partition("?")[0])) for method, path, _ in CALLS.values()}
    known = {(method.upper(), re.sub(r"{\w+}", "{}", path)[1:]) for path, method, _ in calls()}
    assert known == asked | NO_IDS


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
    for ids in (alices, alices | UNKNOWN):
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
    assert "secret" not in answers[0][2]


def filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, str):
        return value.format(**ids)
    if isinstance(value, dict):
        return {name: filled(inner, ids) for name, inner in value.items()}
    return [filled(inner, ids) for inner in value] if isinstance(value, list) else value


async def test_alice_has_it_still(server: Server, alices: dict[str, str]) -> None:
    client = client_for(server, "Alice")
    assert client.responses.retrieve(alices["response"]).id == alices["response"]
    assert client.files.content(alices["file"]).read() == b"A secret"
    assert client.conversations.items.list(alices["conversation"]).data
