"""Function and custom tool calls, and what is said when their outputs come."""

import json
from typing import Any

from ..context import Turn
from ..events import Answer
from ..schema import sample, words_in
from .message import cut, say

# Words that say nothing about what a tool is for.
EMPTY = {
    "a",
    "an",
    "and",
    "the",
    "of",
    "for",
    "in",
    "on",
    "at",
    "to",
    "is",
    "what",
    "get",
    "set",
    "do",
    "it",
    "by",
    "with",
}
AT_ONCE = 4


def fitness(tool: dict[str, Any], prompt: str) -> int:
    """How many words a tool's name, description and properties share with the prompt; its name counts double."""
    asked = set(words_in(prompt)) - EMPTY
    named = set(words_in(tool["name"])) - EMPTY
    properties = (tool.get("parameters") or {}).get("properties", {})
    described = set(words_in(f"{tool.get('description') or ''} {' '.join(properties)}")) - EMPTY
    return 2 * len(asked & named) + len(asked & described)


def fitting(tools: list[dict[str, Any]], turn: Turn) -> list[dict[str, Any]]:
    """The tools to call: the best, and with `parallel_tool_calls` all others whose whole name is in the prompt."""
    best = max(tools, key=lambda tool: fitness(tool, turn.prompt))
    if not turn.body.get("parallel_tool_calls", True):
        return [best]
    asked = set(words_in(turn.prompt))
    named = [tool for tool in tools if (words := set(words_in(tool["name"])) - EMPTY) and words <= asked]
    return ([best] + [tool for tool in named if tool is not best])[:AT_ONCE]


async def call(answer: Answer, turn: Turn, tools: list[dict[str, Any]]) -> None:
    """Call each tool with arguments made from the prompt."""
    for tool in tools:
        if tool["type"] == "custom":
            await call_custom(answer, tool, turn.prompt)
        else:
            arguments = sample(tool.get("parameters") or {"type": "object"}, turn.prompt)
            await call_function(answer, tool["name"], cut(json.dumps(arguments, ensure_ascii=False)))


async def call_function(answer: Answer, name: str, pieces: Any) -> None:
    """One function call, its arguments streamed."""
    fields = {"status": "in_progress", "arguments": "", "call_id": answer.new_id("call"), "name": name}
    async with answer.item("fc", type="function_call", **fields) as item:
        sent = await answer.stream("response.function_call_arguments", item, pieces)
        item |= {"status": "completed", "arguments": "".join(sent)}


async def call_custom(answer: Answer, tool: dict[str, Any], text: str) -> None:
    """One call of a custom tool, its input streamed."""
    fields = {"status": "in_progress", "input": "", "call_id": answer.new_id("call"), "name": tool["name"]}
    async with answer.item("ctc", type="custom_tool_call", **fields) as item:
        sent = await answer.stream("response.custom_tool_call_input", item, cut(text))
        item |= {"status": "completed", "input": "".join(sent)}


async def report(answer: Answer, turn: Turn) -> None:
    """Say what the tools answered."""
    lines = []
    for output in [*turn.new_of("function_call_output"), *turn.new_of("custom_tool_call_output")]:
        kind = output["type"].removesuffix("_output")
        called = turn.find(kind, "call_id", output["call_id"]) or {}
        lines.append(f"- **{called.get('name')}** answered: {plain(output['output'])}")
    await say(answer, cut("I asked the tools.\n\n" + "\n".join(lines) + "\n\nThat answers “" + turn.prompt + "”."))


def plain(output: Any) -> str:
    """A tool's output as words: text as it is, an object as its names and values."""
    if isinstance(output, list):
        return " ".join(part.get("text", f"({part.get('type')})") for part in output)
    try:
        value = json.loads(output)
    except ValueError:
        return str(output)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {entry}" for name, entry in value.items())
    return str(output)
