"""The small model: a real language model, and a weak one. Its words become the API's events here."""

import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import msgspec

from ..context import Turn, text_of
from ..engine import Engine, unavailable
from ..events import Answer
from ..runs import Script
from .functions import call_function, fitting
from .message import say

INTRODUCTION = "You are a small built-in demo model. Answer briefly and in plain words."
TEMPERATURE = 0.2
REPEAT_PENALTY = 1.1
MOST_TOKENS = 256
# Less than the engine could take (2048 with the answer): reading it costs about a second for a hundred tokens.
PROMPT_TOKENS = 1024
# What the chat template adds to each message.
FRAME_TOKENS = 8


def script(turn: Turn, engine: Engine | None) -> Script:
    """Talk, or call a function when the request insists on one. Raises ApiError without an engine."""
    if engine is None:
        raise unavailable()
    if turn.must_call and not turn.new_of("function_call_output"):
        return partial(call, engine=engine)
    return partial(talk, engine=engine)


async def talk(answer: Answer, turn: Turn, engine: Engine) -> None:
    """A message, in the form of a JSON schema where the request wants one."""
    form = turn.body.get("text", {}).get("format", {})
    schema = form.get("schema") if form.get("type") == "json_schema" else None
    plain_json = {"response_format": {"type": "json_object"}} if form.get("type") == "json_object" else {}
    shape = {"response_format": schema_format(schema)} if schema else plain_json
    await say(answer, speak(answer, turn, engine, shape))


async def call(answer: Answer, turn: Turn, engine: Engine) -> None:
    """A call of the fitting function; the engine is held to its schema."""
    tool = fitting(turn.tools, turn)[0]
    shape = {"response_format": schema_format(tool.get("parameters") or {"type": "object"})}
    await call_function(answer, tool["name"], speak(answer, turn, engine, shape))


def schema_format(schema: dict[str, Any]) -> dict[str, Any]:
    """What holds the engine to a schema."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


async def speak(answer: Answer, turn: Turn, engine: Engine, shape: dict[str, Any]) -> AsyncIterator[str]:
    """The model's words. Those that a former process had said come first, and are what the model goes on from."""
    said = said_before(answer)
    for piece in said:
        yield piece
    limit = min(MOST_TOKENS, turn.body.get("max_output_tokens", MOST_TOKENS))
    messages = await fit(messages_of(turn), engine)
    if said:
        messages.append({"role": "assistant", "content": "".join(said)})
    body = {
        "messages": messages,
        "temperature": turn.body.get("temperature", TEMPERATURE),
        "top_p": turn.body.get("top_p", 1.0),
        "repeat_penalty": REPEAT_PENALTY,
        "max_tokens": max(1, limit - len(said)),
        **shape,
    }
    async for chunk in engine.chat(body):
        for choice in chunk.get("choices", []):
            if piece := choice["delta"].get("content"):
                yield piece
            if choice["finish_reason"] == "length":
                answer.stop_at_limit()


def said_before(answer: Answer) -> list[str]:
    """The deltas that a former process published."""
    events = [msgspec.json.decode(event) for event in answer.replayed]
    return [event["delta"] for event in events if event["type"].endswith(".delta")]


def messages_of(turn: Turn) -> list[dict[str, str]]:
    """The conversation as a chat: instructions first, tool outputs told as the user's words."""
    instructions = turn.body.get("instructions")
    messages = [{"role": "system", "content": instructions if isinstance(instructions, str) else INTRODUCTION}]
    for item in turn.items:
        if item["type"] == "message":
            role = "system" if item["role"] in ("system", "developer") else item["role"]
            messages.append({"role": role, "content": text_of(item)})
        elif item["type"] == "function_call":
            messages.append({"role": "assistant", "content": f"I call {item['name']} with {item['arguments']}."})
        elif item["type"] == "function_call_output":
            output = item["output"] if isinstance(item["output"], str) else json.dumps(item["output"])
            messages.append({"role": "user", "content": f"It answered: {output}"})
    return [message for message in messages if message["content"]]


async def fit(messages: list[dict[str, str]], engine: Engine) -> list[dict[str, str]]:
    """The messages that fit into the context: the first, and as many of the last as there is room for.

    A last message that is too long by itself keeps its beginning and its end.
    """
    room = PROMPT_TOKENS - FRAME_TOKENS * 2
    first, rest = messages[0], messages[1:]
    first = {**first, "content": await shortened(first["content"], room // 2, engine)}
    room -= await engine.count(first["content"])
    kept: list[dict[str, str]] = []
    for message in reversed(rest):
        if not kept:
            message = {**message, "content": await shortened(message["content"], room - FRAME_TOKENS, engine)}
        room -= await engine.count(message["content"]) + FRAME_TOKENS
        if room < 0:
            break
        kept.insert(0, message)
    return [first, *kept]


async def shortened(text: str, most: int, engine: Engine) -> str:
    """The text with its middle left out, until it is no more than so many tokens."""
    # No token is shorter than a byte, and few are longer than eight characters: do not tokenize a megabyte.
    text = middle_out(text, most * 8)
    while (count := await engine.count(text)) > most:
        text = middle_out(text, len(text) * most // count - 8)
    return text


def middle_out(text: str, most: int) -> str:
    """The beginning and the end of a text, so many characters together."""
    half = max(1, most // 2)
    return text if len(text) <= half * 2 else f"{text[:half]} … {text[-half:]}"
