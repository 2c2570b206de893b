"""What the documentation of the service shows with curl."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("calm")
Curl = Callable[[str], Any]
BEARER = '-H "Content-Type: application/json" -H "Authorization: Bearer $KEY"'
API_KEY = '-H "Content-Type: application/json" -H "api-key: $KEY"'
each_key = pytest.mark.parametrize("key", [BEARER, API_KEY], ids=["bearer", "api-key"])
each_form = pytest.mark.parametrize(
    "address", ["v1/responses?api-version=preview", "v1/responses", "responses?api-version=2025-04-01-preview"]
)
MCP = '"type": "mcp", "server_label": "github", "server_url": "https://contoso.com/Azure/azure-rest-api-specs"'


@each_form
@each_key
def test_create_retrieve_and_delete(curl: Curl, address: str, key: str) -> None:
    path, _, query = address.partition("?")
    body = """'{"model": "demo", "input": "This is a test"}'"""
    response = curl(f'curl -X POST "$BASE/{address}" {key} -d {body}')
    assert (response["object"], response["status"]) == ("response", "completed")
    one = f'"$BASE/{path}/{response["id"]}?{query}"'
    assert curl(f"curl -X GET {one} {key}") == response
    assert curl(f"curl -X DELETE {one} {key}") == {"id": response["id"], "object": "response.deleted", "deleted": True}
    assert curl(f"curl -X GET {one} {key}")["error"]["message"] == f"Response with id '{response['id']}' not found."


def test_a_remote_mcp_server_is_asked_after_an_approval(curl: Curl) -> None:
    tools = f'"tools": [{{{MCP}, "require_approval": "always"}}]'
    body = f"""'{{"model": "demo", {tools}, "input": "What is this repo in 100 words?"}}'"""
    response = curl(f"curl $BASE/v1/responses?api-version=preview {BEARER} -d {body}")
    [request] = [item["id"] for item in response["output"] if item["type"] == "mcp_approval_request"]
    approval = f'{{"type": "mcp_approval_response", "approve": true, "approval_request_id": "{request}"}}'
    body = f"""'{{"model": "demo", {tools}, "previous_response_id": "{response["id"]}", "input": [{approval}]}}'"""
    answered = curl(f"curl $BASE/v1/responses?api-version=preview {BEARER} -d {body}")
    assert [item["type"] for item in answered["output"]][-2:] == ["mcp_call", "message"]


def test_a_remote_mcp_server_is_given_headers(curl: Curl) -> None:
    tool = f'{{{MCP}, "require_approval": "never", "headers": {{"Authorization": "Bearer of-the-test"}}}}'
    body = f"""'{{"model": "demo", "input": "What is this repo in 100 words?", "tools": [{tool}]}}'"""
    response = curl(f"curl $BASE/v1/responses?api-version=preview {BEARER} -d {body}")
    assert response["status"] == "completed"
    assert "of-the-test" not in json.dumps(response)


def test_in_the_background_polled_cancelled_and_resumed(curl: Curl) -> None:
    body = """'{"model": "demo", "input": "Write me a very long story", "background": true}'"""
    response = curl(f"curl $BASE/v1/responses?api-version=preview {BEARER} -d {body}")
    assert response["status"] in {"queued", "in_progress"}
    one = f"$BASE/v1/responses/{response['id']}"
    while response["status"] in {"queued", "in_progress"}:
        time.sleep(0.05)
        response = curl(f"curl -X GET {one}?api-version=preview {BEARER}")
    assert curl(f"curl -X POST {one}/cancel?api-version=preview {BEARER}") == response
    stream = curl(f'curl "{one}?stream=true&starting_after=42&api-version=2025-04-01-preview" {BEARER}')
    lines = [line.removeprefix("data: ") for line in stream.splitlines() if line.startswith("data: ")]
    assert lines.pop() == "[DONE]"
    events = [json.loads(line) for line in lines]
    assert [event["sequence_number"] for event in events] == list(range(43, 43 + len(events)))
    assert [line.removeprefix("event: ") for line in stream.splitlines() if line.startswith("event: ")] == [
        event["type"] for event in events
    ]
    assert events[-1]["response"] == response


def test_encrypted_reasoning(curl: Curl) -> None:
    tool = """{"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}}"""
    body = f"""'{{"model": "demo", "reasoning": {{"effort": "medium"}}, "input": "What is the weather like today?",
        "tools": [{tool}], "include": ["reasoning.encrypted_content"]}}'"""
    response = curl(f"curl $BASE/v1/responses?api-version=preview {BEARER} -d {body}")
    assert [bool(item["encrypted_content"]) for item in response["output"] if item["type"] == "reasoning"] == [True]
