"""Tools that raise, hang, flood or return odd things: each is bounded, and told to the model."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from conversations.tools.registry import ToolFailed, tool
from conversations.tools.runs import MOST_OUTPUT
from tests.tools.conftest import Chat
from tests.tools.model import Model, calling, saying

Tools = Callable[..., None]
made: list[Any] = []


@pytest.fixture(autouse=True)
def nothing_made_yet() -> None:
    made.clear()


def outputs(items: list[dict[str, Any]]) -> list[str]:
    return [item["output"] for item in items if item["type"] == "function_call_output"]


def raises() -> str:
    """Raise."""
    raise KeyError("lamp")


def fails() -> str:
    """Fail."""
    raise ToolFailed("There is no lamp.")


def leaves() -> str:
    """Leave."""
    raise SystemExit(3)


def floods() -> str:
    """Return ten megabytes."""
    return "x" * 10_000_000


class Odd:
    def __str__(self) -> str:
        return "odd \ud800\x00"


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (raises, "The tool failed: KeyError: 'lamp'"),
        (fails, "There is no lamp."),
        (leaves, "The tool failed: SystemExit: 3"),
        (floods, "(Cut: the result has 10,000,000 characters.)"),
    ],
)
async def test_what_a_tool_does_wrong_is_told_to_the_model(
    chat: Chat, model: Model, tools: Tools, function: Any, said: str
) -> None:
    tools(function)
    await chat.switch_on(functions=[function.__name__])
    model.will([calling(function.__name__, "{}")], [saying("I see.")])
    await chat.say()
    (output,) = outputs(model.input())
    assert output.endswith(said)
    assert len(output) < MOST_OUTPUT + 100


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (None, "null"),
        ({"a": [1, 2.5]}, '{"a":[1,2.5]}'),
        (b"\xff\xfe", "(2 bytes that are no text)"),
        (Odd(), "odd "),
        ({1, 2}, "[1,2]"),
        ({(1, 2): "x"}, '{"(1, 2)":"x"}'),
        (float("nan"), "null"),
    ],
)
async def test_whatever_a_tool_returns_becomes_a_text(
    chat: Chat, model: Model, tools: Tools, result: Any, text: str
) -> None:
    def give() -> object:
        """Give something."""
        return result

    tools(give)
    await chat.switch_on(functions=["give"])
    model.will([calling("give", "{}")], [saying("I see.")])
    await chat.say()
    assert outputs(model.input())[0].startswith(text)


async def test_a_tool_that_hangs_is_given_up_and_then_not_called_any_more(
    chat: Chat, model: Model, tools: Tools
) -> None:
    end = threading.Event()

    @tool(seconds=0.1)
    def hang() -> None:
        """Hang."""
        made.append("hang")
        end.wait(20)

    tools(hang)
    await chat.switch_on(functions=["hang"])
    model.will(
        [calling("hang", "{}")],
        [calling("hang", "{}")],
        [calling("hang", "{}")],
        [calling("hang", "{}")],
        [saying("I see.")],
    )
    began = time.monotonic()
    await chat.say()
    assert time.monotonic() - began < 5
    assert made == ["hang"] * 3
    assert "did not answer within 0.1 seconds" in outputs(model.input(1))[0]
    assert "hangs at present" in outputs(model.input())[0]
    end.set()


async def test_a_tool_that_computes_for_ever_is_ended(chat: Chat, model: Model, tools: Tools) -> None:
    ended = threading.Event()

    @tool(seconds=0.2)
    def spin() -> None:
        """Spin."""
        try:
            while True:
                pass
        finally:
            ended.set()

    tools(spin)
    await chat.switch_on(functions=["spin"])
    model.will([calling("spin", "{}")], [saying("I see.")])
    await chat.say()
    assert ended.wait(5)


async def test_an_asynchronous_tool_is_cancelled_at_its_limit(chat: Chat, model: Model, tools: Tools) -> None:
    @tool(seconds=0.2)
    async def sleep() -> None:
        """Sleep."""
        try:
            await asyncio.sleep(20)
        finally:
            made.append("cancelled")

    tools(sleep)
    await chat.switch_on(functions=["sleep"])
    model.will([calling("sleep", "{}")], [saying("I see.")])
    await chat.say()
    assert "given up" in outputs(model.input())[0]
    assert made == ["cancelled"]


async def test_the_event_loop_goes_on_while_a_tool_works(chat: Chat, model: Model, tools: Tools) -> None:
    def work() -> str:
        """Work."""
        time.sleep(0.4)
        return "done"

    tools(work)
    await chat.switch_on(functions=["work"])
    model.will([calling("work", "{}")], [saying("I see.")])
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.02)
            beats += 1

    beating = asyncio.create_task(beat())
    await chat.say()
    beating.cancel()
    assert beats > 10
