"""A provider whose answers a test scripts, as strict about calls as the service: each must have its output."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.upstream.script import sse

Item = dict[str, Any]
Play = list[Item] | Callable[[dict[str, Any]], list[Item]]
numbers = itertools.count(1)


def calling(name: str, arguments: str, *, call_id: str = "") -> Item:
    """A function call."""
    number = next(numbers)
    return {
        "id": f"fc_{number}",
        "type": "function_call",
        "status": "completed",
        "call_id": call_id or f"call_{number}",
        "name": name,
        "arguments": arguments,
    }


def acting(*actions: Item, checks: list[str] | None = None, older: bool = False) -> Item:
    """A step on a computer: of the newer tool, or the one action of the `older`."""
    number = next(numbers)
    return {
        "id": f"cu_{number}",
        "type": "computer_call",
        "status": "in_progress" if older else "completed",
        "call_id": f"call_{number}",
        **({"action": actions[0]} if older else {"actions": list(actions)}),
        "pending_safety_checks": [
            {"id": f"sc_{number}_{place}", "code": "malicious_instructions", "message": message}
            for place, message in enumerate(checks or ())
        ],
    }


def saying(text: str) -> Item:
    part = {"type": "output_text", "text": text, "annotations": []}
    number = next(numbers)
    return {"id": f"msg_{number}", "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def asking(label: str, name: str, arguments: str) -> Item:
    """A request for approval of a call on an MCP server."""
    number = next(numbers)
    return {
        "id": f"mcpr_{number}",
        "type": "mcp_approval_request",
        "server_label": label,
        "name": name,
        "arguments": arguments,
    }


def listing(label: str, *tools: Item) -> Item:
    return {"id": f"mcpl_{next(numbers)}", "type": "mcp_list_tools", "server_label": label, "tools": list(tools)}


class Model:
    """Plays one output for each request; the last one again and again."""

    def __init__(self) -> None:
        self.plays: list[Play] = []
        self.asked: list[dict[str, Any]] = []
        self.echo: dict[str, Any] = {}
        """What every response says besides."""
        self.refuses = ""
        """The name of an option of a tool that it does not take."""
        self._kept: dict[str, list[Item]] = {}

    def will(self, *plays: Play) -> None:
        self.plays += plays

    def input(self, number: int = -1) -> list[Item]:
        """The input of a request."""
        return self.asked[number]["input"]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        history = [*self._kept.get(body.get("previous_response_id", ""), []), *body["input"]]
        called = {item["call_id"] for item in history if item.get("type") == "function_call"}
        answered = [item["call_id"] for item in history if item.get("type") == "function_call_output"]
        for problem, ids in (
            ("No tool output found for", called - set(answered)),
            ("No call for", set(answered) - called),
        ):
            if ids:
                return _refused(f"{problem} function call {sorted(ids)[0]}.")
        if problem := _unanswered_steps(history):
            return _refused(problem)
        if len(answered) != len(set(answered)):
            return _refused("A function call has two outputs.")
        if self.refuses and any(self.refuses in tool for tool in body.get("tools", ())):
            self.asked.append(body)
            return _refused(f"Unknown parameter: 'tools[0].{self.refuses}'.")
        play = self.plays[min(len(self.asked), len(self.plays) - 1)]
        self.asked.append(body)
        output = play(body) if callable(play) else play
        response = {"id": f"resp_{next(numbers)}", "object": "response", "model": body["model"], **self.echo}
        self._kept[response["id"]] = [*history, *output]
        events: list[dict[str, Any]] = [
            {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}},
            *(delta for index, item in enumerate(output) for delta in _deltas(index, item)),
            *(
                {"type": "response.output_item.done", "output_index": index, "item": item}
                for index, item in enumerate(output)
            ),
            {"type": "response.completed", "response": {**response, "status": "completed", "output": output}},
        ]
        body_of = sse(*({**event, "sequence_number": number} for number, event in enumerate(events)))
        return web.Response(body=body_of, content_type="text/event-stream")


def _unanswered_steps(history: list[Item]) -> str:
    """What is wrong about the steps on a computer, "" where each has its picture, and its checks are acknowledged."""
    steps = {item["call_id"]: item for item in history if item.get("type") == "computer_call"}
    given = {item["call_id"]: item for item in history if item.get("type") == "computer_call_output"}
    if different := steps.keys() ^ given.keys():
        return f"No tool output found for computer call {sorted(different)[0]}."
    for call_id, step in steps.items():
        if not given[call_id]["output"].get("image_url", "").startswith("data:image/png;base64,"):
            return "A picture is wanted."
        if step["pending_safety_checks"] != given[call_id].get("acknowledged_safety_checks", []):
            return f"Computer call {call_id} has safety checks that were not acknowledged."
    return ""


def _deltas(index: int, item: Item) -> list[dict[str, Any]]:
    """The text of a message in pieces of three letters."""
    if item["type"] != "message":
        return []
    text, at = item["content"][0]["text"], {"item_id": item["id"], "output_index": index, "content_index": 0}
    pieces = [text[start : start + 3] for start in range(0, len(text), 3)]
    return [
        {"type": "response.output_item.added", "output_index": index, "item": {**item, "content": []}},
        *({"type": "response.output_text.delta", **at, "delta": piece} for piece in pieces),
    ]


def _refused(message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "type": "invalid_request_error"}}, status=400)
