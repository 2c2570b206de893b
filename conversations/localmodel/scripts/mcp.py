"""MCP: list the server's tools, ask for approval where the policy wants one, call, tell."""

import json
from typing import Any

from conversations.egress.addresses import Allowance

from ..context import Turn
from ..errors import invalid
from ..events import Answer
from ..mcp import McpError, open_server
from ..schema import sample
from .functions import fitness
from .message import cut, say
from .text import excerpt

INTERRUPTED = {
    "type": "http_error",
    "code": 500,
    "message": "The call was interrupted; whether it was done is unknown.",
}


async def use_servers(answer: Answer, turn: Turn, tools: list[dict[str, Any]], allowance: Allowance) -> None:
    """List the tools of each server, then use the one that fits best."""
    offers = []
    for tool in tools:
        listed = await tools_of(answer, turn, tool, allowance)
        offers += [(tool, offer) for offer in listed if is_allowed(tool, offer)]
    if not offers:
        await say(answer, cut("The MCP server has no tool that I may use."))
        return
    best = max(offers, key=lambda pair: fitness({**pair[1], "parameters": pair[1]["input_schema"]}, turn.prompt))
    tool, offer = best
    arguments = json.dumps(sample(offer["input_schema"], turn.prompt), ensure_ascii=False)
    named = {"name": offer["name"], "server_label": tool["server_label"], "arguments": arguments}
    if needs_approval(tool, offer):
        async with answer.item("mcpr", type="mcp_approval_request", **named):
            pass
        return
    call = await call_tool(answer, tool, allowance, **named, approval_request_id=None)
    await tell(answer, turn, [call], declined=[])


async def tools_of(answer: Answer, turn: Turn, tool: dict[str, Any], allowance: Allowance) -> list[dict[str, Any]]:
    """The server's tools: known from an earlier turn, or listed now."""
    known = turn.find("mcp_list_tools", "server_label", tool["server_label"])
    if known and not known.get("error"):
        return list(known["tools"])
    async with answer.item("mcpl", type="mcp_list_tools", server_label=tool["server_label"], tools=[]) as item:
        await answer.progress(item, "in_progress")
        recorded = answer.recorded(item["id"])
        try:
            if recorded:
                item |= recorded
            else:
                async with open_server(tool, allowance) as server:
                    item["tools"] = await server.list_tools()
        except McpError as error:
            item["error"] = str(error)
        await answer.progress(item, "failed" if item.get("error") else "completed")
    return list(item["tools"])


def is_allowed(tool: dict[str, Any], offer: dict[str, Any]) -> bool:
    """Whether `allowed_tools`, a list of names or a filter, lets the model see this tool."""
    allowed = tool.get("allowed_tools")
    return allowed is None or meets(offer, {"tool_names": allowed} if isinstance(allowed, list) else allowed)


def needs_approval(tool: dict[str, Any], offer: dict[str, Any]) -> bool:
    """Whether a person must agree first. Without a policy, and where a policy says nothing, one must."""
    policy = tool.get("require_approval") or "always"
    if isinstance(policy, str):
        return policy != "never"
    if "never" in policy and meets(offer, policy["never"]):
        return False
    return "always" not in policy or meets(offer, policy["always"]) or "never" in policy


def meets(offer: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether a tool meets a filter of names and of being read-only."""
    named = "tool_names" not in wanted or offer["name"] in wanted["tool_names"]
    return named and wanted.get("read_only") in (None, offer["annotations"]["read_only"])


def check_answers(turn: Turn) -> None:
    """Raise ApiError unless the server of each approved request is offered again: its address is not remembered."""
    for response in turn.new_of("mcp_approval_response"):
        request = turn.find("mcp_approval_request", "id", response["approval_request_id"]) or {}
        if response["approve"] and not server_of(turn, request):
            raise invalid(f"MCP server '{request['server_label']}' not found in 'tools'.", param="tools")


def server_of(turn: Turn, request: dict[str, Any]) -> dict[str, Any] | None:
    """The `mcp` tool that an approval request is about."""
    tools = [tool for tool in turn.body.get("tools", []) if tool["type"] == "mcp"]
    return next((tool for tool in tools if tool["server_label"] == request["server_label"]), None)


async def answer_approvals(answer: Answer, turn: Turn, allowance: Allowance) -> None:
    """Do what was approved, leave what was not, and tell."""
    calls, declined = [], []
    for response in turn.new_of("mcp_approval_response"):
        request = turn.find("mcp_approval_request", "id", response["approval_request_id"])
        assert request
        tool = server_of(turn, request)
        if response["approve"] and tool:
            named = {key: request[key] for key in ("name", "server_label", "arguments")}
            calls.append(await call_tool(answer, tool, allowance, **named, approval_request_id=request["id"]))
        else:
            declined.append(request["name"])
    await tell(answer, turn, calls, declined=declined)


async def call_tool(
    answer: Answer,
    tool: dict[str, Any],
    allowance: Allowance,
    *,
    name: str,
    server_label: str,
    arguments: str,
    approval_request_id: str | None,
) -> dict[str, Any]:
    """One call. A call that a former process had begun is not made a second time."""
    fields = {"status": "in_progress", "arguments": "", "error": None, "output": None}
    named = {"name": name, "server_label": server_label, "approval_request_id": approval_request_id}
    async with answer.item("mcp", type="mcp_call", **fields, **named) as item:
        await answer.progress(item, "in_progress")
        await answer.stream("response.mcp_call_arguments", item, [arguments])
        item["arguments"] = arguments
        recorded = answer.recorded(item["id"])
        try:
            if recorded:
                item |= recorded
            elif answer.only_repeated:
                item["error"] = INTERRUPTED
            else:
                async with open_server(tool, allowance) as server:
                    item["output"] = await server.call(name, json.loads(arguments))
        except McpError as error:
            item["error"] = error.error
        item["status"] = "failed" if item["error"] else "completed"
        await answer.progress(item, item["status"])
    return item


async def tell(answer: Answer, turn: Turn, calls: list[dict[str, Any]], *, declined: list[str]) -> None:
    """What came of it."""
    lines = [f"You declined **{name}**, so I did not call it." for name in declined]
    for call in calls:
        if call["error"]:
            lines.append(f"**{call['name']}** at {call['server_label']} failed: {reason_of(call['error'])}")
        else:
            lines.append(f"**{call['name']}** at {call['server_label']} answered:\n\n{call['output']}")
    if turn.prompt:
        lines.append(f"That is for “{excerpt(turn.prompt)}”.")
    await say(answer, cut("\n\n".join(lines)))


def reason_of(error: dict[str, Any]) -> str:
    """The words of a call's error, whichever form it has."""
    return str(error["message"]) if "message" in error else " ".join(part.get("text", "") for part in error["content"])
