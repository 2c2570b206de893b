"""What the models do: one script for each kind of request, chosen by what it offers, brings and says."""

import json
import re
from functools import partial
from typing import Any

from conversations.egress.addresses import Allowance

from ..context import Turn
from ..engine import Engine
from ..events import Answer
from ..requests import FUNCTION_TOOLS, SMALL, WEB_SEARCH_TOOLS
from ..runs import Script
from ..schema import sample
from . import computer, functions, hosted, images, mcp, reasoning, small, text
from .message import cut, refuse, say

REFUSE = re.compile(r"\brefuse\b", re.I)
COMPUTER_TOOLS = ("computer", "computer_use_preview")
# What a message must speak of for a tool that is one of several, or that is not used without being asked for.
SUBJECTS = {
    "image_generation": r"draw|paint|image|picture|photo|sketch|illustrat|logo|icon|portrait",
    "mcp": r"mcp|repo|server|docs?\b|documentation",
    "computer": r"click|open|browser|type|screen|page|website|computer",
    "web_search": r"search|web|internet|online|news|latest|today|find|look up",
    "file_search": r"file|document|search|find|look up",
    "code_interpreter": r"code|python|calculat|comput|factorial|sum|plot",
}
ON_REQUEST = ("web_search", "file_search", "code_interpreter")


class Scripts:
    """Chooses the script of a turn, for the small model and for the demo."""

    def __init__(self, *, engine: Engine | None, allowance: Allowance) -> None:
        self.engine = engine
        self.allowance = allowance

    async def choose(self, turn: Turn) -> Script:
        """The script that answers a turn. Raises ApiError for what the request cannot have."""
        if turn.faults.text() is not None or turn.faults.number("deltas") is not None:
            return text.tell
        if turn.body["model"] == SMALL:
            return small.script(turn, self.engine)
        step = await self._step(turn)
        return partial(in_order, [reasoning.reason, step]) if reasoning.is_asked(turn) else step

    async def _step(self, turn: Turn) -> Script:
        if turn.new_of("mcp_approval_response"):
            mcp.check_answers(turn)
            return partial(mcp.answer_approvals, allowance=self.allowance)
        outputs = turn.new_of("function_call_output") + turn.new_of("custom_tool_call_output")
        if not outputs and REFUSE.search(turn.prompt):
            return decline
        if not outputs and (tools := wanted(turn)):
            return await self._use(turn, tools)
        if turn.body.get("text", {}).get("format", {}).get("type") in ("json_schema", "json_object"):
            return structured
        return functions.report if outputs else text.tell

    async def _use(self, turn: Turn, tools: list[dict[str, Any]]) -> Script:
        tool = tools[0]
        if tool["type"] in FUNCTION_TOOLS:
            return partial(functions.call, tools=functions.fitting(tools, turn))
        if tool["type"] == "image_generation":
            return partial(images.generate, tool=tool, painting=await images.prepare(turn, tool))
        if tool["type"] == "mcp":
            return partial(mcp.use_servers, tools=tools, allowance=self.allowance)
        if tool["type"] in COMPUTER_TOOLS:
            return partial(computer.operate, tool=tool)
        calls: dict[str, Script] = {"file_search": hosted.search_files, "code_interpreter": hosted.interpret}
        return calls.get(tool["type"], hosted.search_web)


def wanted(turn: Turn) -> list[dict[str, Any]]:
    """The tools of one kind that this turn calls for; none where a text will do.

    A kind offered alone is used, but for the searches and the interpreter, which the message must ask for. Among
    several it is the one that the message speaks of most.
    """
    kinds: dict[str, list[dict[str, Any]]] = {}
    for tool in turn.tools:
        kinds.setdefault(kind_of(tool), []).append(tool)
    if turn.new_of("computer_call_output"):
        return kinds.get("computer", [])
    if not turn.new_of("message") and not turn.must_call:
        return []
    best = max(kinds, key=lambda kind: interest(kind, kinds[kind], turn.prompt), default=None)
    if best is None:
        return []
    asked = interest(best, kinds[best], turn.prompt) > 0
    if asked or turn.must_call or (len(kinds) == 1 and best not in ON_REQUEST):
        return kinds[best]
    return []


def kind_of(tool: dict[str, Any]) -> str:
    """The kind of a tool: its type, with the several names of one thing made one."""
    if tool["type"] in FUNCTION_TOOLS:
        return "function"
    if tool["type"] in COMPUTER_TOOLS:
        return "computer"
    return "web_search" if tool["type"] in WEB_SEARCH_TOOLS else str(tool["type"])


def interest(kind: str, tools: list[dict[str, Any]], prompt: str) -> int:
    """How much a message speaks of what a kind of tool does."""
    if kind == "function":
        return max(functions.fitness(tool, prompt) for tool in tools)
    return 3 * len(set(re.findall(SUBJECTS[kind], prompt, re.I)))


async def in_order(steps: list[Script], answer: Answer, turn: Turn) -> None:
    """One script after the other, in one response."""
    for step in steps:
        await step(answer, turn)


async def structured(answer: Answer, turn: Turn) -> None:
    """JSON that is valid for the schema asked for."""
    form = turn.body["text"]["format"]
    value = sample(form["schema"], turn.prompt) if "schema" in form else {"answer": turn.prompt}
    await say(answer, cut(json.dumps(value, ensure_ascii=False)))


async def decline(answer: Answer, turn: Turn) -> None:
    """A refusal."""
    await refuse(answer, "I cannot help with that. You asked the demo to refuse, and so it does.")
