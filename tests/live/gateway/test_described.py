"""What the description says is true: each call is asked well-formed and malformed things, by a generator of its own."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.live.gateway.conftest import client_for, key_for
from tests.live.server import Server

pytestmark = pytest.mark.usefixtures("calm")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 8
"""Of each call, in each of the two ways."""
CALLS = [
    "POST /responses",
    "POST /responses/compact",
    "POST /responses/input_tokens",
    "GET /responses/{response_id}",
    "DELETE /responses/{response_id}",
    "POST /responses/{response_id}/cancel",
    "GET /responses/{response_id}/input_items",
    "POST /conversations",
    "GET /conversations/{conversation_id}",
    "POST /conversations/{conversation_id}",
    "DELETE /conversations/{conversation_id}",
    "GET /conversations/{conversation_id}/items",
    "POST /conversations/{conversation_id}/items",
    "GET /conversations/{conversation_id}/items/{item_id}",
    "DELETE /conversations/{conversation_id}/items/{item_id}",
    "GET /files",
    "POST /files",
    "GET /files/{file_id}",
    "DELETE /files/{file_id}",
    "GET /files/{file_id}/content",
    "GET /models",
    "GET /models/{model}",
]


@pytest.fixture(scope="module")
def described(server: Server) -> Any:
    return schemathesis.openapi.from_url(f"{server.urls[0]}/openai/v1/openapi.json")


@pytest.fixture(scope="module")
def ids(server: Server) -> dict[str, str]:
    """Things of Alice's that half of the requests are about."""
    client = client_for(server, "Alice")
    response = client.responses.create(model="demo", input="Hello")
    return {
        "response_id": response.id,
        "conversation_id": response.conversation.id,
        "item_id": response.output[0].id,
        "file_id": client.files.create(file=("a.txt", b"words"), purpose="assistants").id,
        "model": "demo",
    }


def test_every_described_call_is_asked(described: Any) -> None:
    labels = {result.ok().label for result in described.get_all_operations()}
    assert labels | {"GET /openapi.json"} == {*CALLS, "GET /openapi.json"}  # it is the one that was read already


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["well-formed", "malformed"])
@pytest.mark.parametrize("call", CALLS)
def test_a_call_answers_as_described_whatever_it_is_asked(
    call: str, mode: GenerationMode, described: Any, ids: dict[str, str], server: Server
) -> None:
    method, _, path = call.partition(" ")
    operation = described[path][method]
    envelope = jsonschema_rs.validator_for(described.raw_schema["components"]["schemas"]["Error"])
    headers = {"Authorization": f"Bearer {key_for(server, 'Alice')}"}
    count = 0
    if mode == GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.headers):
        pytest.skip("there is nothing to be malformed")

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        nonlocal count
        count += 1
        if method != "DELETE" and count % 2:
            case.path_parameters = {**case.path_parameters, **{name: ids[name] for name in case.path_parameters}}
        with requests.Session() as session:
            answer = case.call(session=session, headers=headers)
        case.validate_response(answer, checks=CHECKS)
        assert answer.headers["x-request-id"]
        if answer.status_code >= 400:
            envelope.validate(answer.json())

    ask()
