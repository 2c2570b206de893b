"""MCP: the documentation's fictitious servers, and a real one over streamable HTTP."""

import http.server
import json
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import Provider
from .scenarios import MCP, ask

QUESTION = "What is this repo in 100 words?"


def kinds(response: dict[str, Any]) -> list[str]:
    """The types of a response's items."""
    return [item["type"] for item in response["output"]]


def approval(request: dict[str, Any], approve: bool) -> dict[str, Any]:
    """A person's answer to an approval request."""
    return {"type": "mcp_approval_response", "approval_request_id": request["id"], "approve": approve}


class McpServer(http.server.BaseHTTPRequestHandler):
    """A small MCP server: one tool that adds; answers to calls come as an event stream."""

    seen: list[tuple[str, dict[str, str]]] = []

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append((message["method"], dict(self.headers)))
        results = {
            "initialize": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}},
            "tools/list": {
                "tools": [
                    {
                        "name": "add",
                        "description": "Add two numbers",
                        "annotations": {"readOnlyHint": True},
                        "inputSchema": {
                            "type": "object",
                            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
                            "required": ["a", "b"],
                        },
                    }
                ]
            },
        }
        if message["method"] == "tools/call":
            total = sum(message["params"]["arguments"].values())
            results["tools/call"] = {"content": [{"type": "text", "text": f"The sum is {total}"}]}
        if "id" not in message:
            self.send_response(202)
            self.end_headers()
            return
        answer = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": results[message["method"]]})
        streamed = message["method"] == "tools/call"
        body = f"event: message\ndata: {answer}\n\n" if streamed else answer
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if streamed else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Mcp-Session-Id", "session-1")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def mcp_url() -> Iterator[str]:
    """The address of a running MCP server."""
    McpServer.seen = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), McpServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/mcp"
        server.shutdown()


def test_without_a_policy_a_person_must_approve(provider: Provider) -> None:
    response = provider.create(ask(QUESTION, tools=[MCP]))
    assert kinds(response) == ["mcp_list_tools", "mcp_approval_request"]
    assert response["status"] == "completed"
    request = response["output"][1]
    assert (request["name"], json.loads(request["arguments"])) == ("fetch_azure_rest_api_docs", {})


def test_an_approved_call_is_made_without_listing_again(provider: Provider) -> None:
    first = provider.create(ask(QUESTION, tools=[MCP]))
    body = ask([approval(first["output"][1], True)], previous_response_id=first["id"], tools=[MCP])
    second = provider.create(body)
    assert kinds(second) == ["mcp_call", "message"]
    call = second["output"][0]
    assert call["approval_request_id"] == first["output"][1]["id"]
    assert "fictitious" in call["output"]
    assert call["error"] is None


def test_a_declined_call_is_not_made(provider: Provider) -> None:
    first = provider.create(ask(QUESTION, tools=[MCP]))
    second = provider.create(ask([approval(first["output"][1], False)], previous_response_id=first["id"], tools=[MCP]))
    assert kinds(second) == ["message"]
    assert "declined" in second["output"][0]["content"][0]["text"]


def test_an_approval_counts_once_and_only_for_a_request_that_was_made(provider: Provider) -> None:
    first = provider.create(ask(QUESTION, tools=[MCP]))
    answered = approval(first["output"][1], True)
    second = provider.create(ask([answered], previous_response_id=first["id"], tools=[MCP]))
    status, error = provider.refused(ask([answered], previous_response_id=second["id"], tools=[MCP]))
    assert (status, error["type"]) == (400, "invalid_request_error")
    unknown = {**answered, "approval_request_id": "mcpr_unknown"}
    assert provider.refused(ask([unknown], previous_response_id=first["id"], tools=[MCP]))[0] == 400


def test_policies_name_tools(provider: Provider) -> None:
    fetch = "fetch_azure_rest_api_docs"
    for policy, asks in (
        ("never", False),
        ("always", True),
        ({"never": {"tool_names": [fetch]}}, False),
        ({"never": {"tool_names": ["other"]}}, True),
        ({"always": {"tool_names": ["other"]}}, False),
        ({"never": {"read_only": True}}, False),
    ):
        response = provider.create(ask(QUESTION, tools=[{**MCP, "require_approval": policy}]))
        assert ("mcp_approval_request" in kinds(response)) == asks, policy


def test_tools_that_are_not_allowed_are_not_used(provider: Provider) -> None:
    tool = {**MCP, "require_approval": "never", "allowed_tools": ["search_azure_rest_api_docs"]}
    response = provider.create(ask(QUESTION, tools=[tool]))
    assert response["output"][1]["name"] == "search_azure_rest_api_docs"


def test_a_real_server_is_listed_and_called(mcp_url: str, start_provider: Callable[..., Provider]) -> None:
    allowed = os.environ | {"SALON_EGRESS_ALLOW": "127.0.0.0/8"}
    provider = start_provider("--fast", environment=allowed)
    tool = {
        "type": "mcp",
        "server_label": "sums",
        "server_url": mcp_url,
        "require_approval": "never",
        "headers": {"X-Team": "blue"},
        "authorization": "secret",
    }
    response = provider.create(ask("Add 20 and 22", tools=[tool]))
    assert kinds(response) == ["mcp_list_tools", "mcp_call", "message"]
    assert response["output"][1]["output"] == "The sum is 42"
    methods = [method for method, _ in McpServer.seen]
    assert methods[:3] == ["initialize", "notifications/initialized", "tools/list"]
    headers = McpServer.seen[-1][1]
    assert headers["Authorization"] == "Bearer secret"
    assert headers["X-Team"] == "blue"
    assert headers["Mcp-Session-Id"] == "session-1"


def test_secrets_for_a_server_are_not_repeated(provider: Provider) -> None:
    tool = {**MCP, "headers": {"Authorization": "Bearer secret"}, "require_approval": "never"}
    response = provider.create(ask(QUESTION, tools=[tool]))
    assert response["tools"][0]["headers"] is None
    assert response["tools"][0]["server_url"] == "https://gitmcp.io/<redacted>"
    assert "secret" not in json.dumps(response)


def test_a_server_on_a_private_address_is_not_reached(mcp_url: str, provider: Provider) -> None:
    tool = {**MCP, "server_url": mcp_url, "require_approval": "never"}
    response = provider.create(ask(QUESTION, tools=[tool]))
    assert "not a public address" in response["output"][0]["error"]
    assert McpServer.seen == []
