"""A model calls functions, they run once, and their outputs make the next response of the same line."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from conversations import access, snapshots
from conversations.actions.calls import MOST_ROUNDS
from conversations.actions.turns import ask, regenerate, stop
from conversations.models import FunctionTool, Membership, Response, ToolCall, User
from conversations.turns import calls
from conversations.turns.calls import INTERRUPTED, LOOPS, MOST_CALLS
from conversations.turns.recorder import recorder
from conversations.turns.runner import due
from conversations.turns.turn import run_turn
from tests.tools.conftest import Chat
from tests.tools.model import Model, calling, saying

Tools = Callable[..., None]
made: list[Any] = []


@pytest.fixture(autouse=True)
def nothing_made_yet() -> None:
    made.clear()


def add(a: int, b: int) -> int:
    """Add two numbers."""
    made.append((a, b))
    return a + b


def outputs(items: list[dict[str, Any]]) -> list[str]:
    return [item["output"] for item in items if item["type"] == "function_call_output"]


@pytest.fixture
async def adding(chat: Chat, model: Model, tools: Tools) -> Chat:
    tools(add)
    await chat.switch_on(functions=["add"])
    return chat


async def test_a_call_is_made_and_the_model_goes_on_with_its_output(adding: Chat, model: Model) -> None:
    model.will([calling("add", '{"a": 2, "b": 3}')], [saying("Five.")])
    first = await adding.say("What is 2 + 3?")
    assert made == [(2, 3)]
    _, second = await adding.answers()
    assert second.answers_id == second.previous_response_id == first.pk
    assert (second.status, second.round, second.created_by_id) == ("completed", 1, first.created_by_id)
    assert await adding.inputs(second) == [
        {"type": "function_call_output", "call_id": model.input(1)[0]["call_id"], "output": "5"}
    ]
    assert model.asked[1]["previous_response_id"] == first.provider_id
    assert model.asked[0]["tools"] == model.asked[1]["tools"]
    assert model.asked[0]["tools"][0]["strict"] is True


async def test_the_page_shows_no_message_of_nobody(adding: Chat, model: Model) -> None:
    model.will([calling("add", '{"a": 2, "b": 3}')], [saying("Five.")])
    await adding.say()
    first, second = await adding.answers()
    shown = await adding.db(snapshots.turns, adding.conversation, [first.pk, second.pk])
    assert [turn["continues"] for turn in shown] == [False, True]
    assert [item["type"] for item in shown[1]["input"]] == ["function_call_output"]
    assert shown[1]["input"][0]["author"] is None


async def test_several_calls_are_made_together_and_answered_in_their_order(
    chat: Chat, model: Model, tools: Tools
) -> None:
    together = threading.Barrier(3, timeout=5)

    def meet(name: str) -> str:
        """Wait for the others."""
        together.wait()
        return name

    tools(meet)
    await chat.switch_on(functions=["meet"])
    model.will([calling("meet", f'{{"name": "{name}"}}') for name in "abc"], [saying("Met.")])
    await chat.say()
    assert outputs(model.input()) == ["a", "b", "c"]


async def test_a_tool_that_is_not_switched_on_is_not_offered_and_not_run(
    chat: Chat, model: Model, tools: Tools
) -> None:
    tools(add)
    model.will([calling("add", '{"a": 2, "b": 3}')], [saying("Well.")])
    response = await chat.say()
    assert "tools" not in model.asked[0]
    assert (response.status, made, len(model.asked)) == ("completed", [], 1)
    # and the conversation goes on: the call has an output of its own
    assert (await chat.say("Go on")).status == "completed"
    assert outputs(model.input()) == [calls.UNANSWERED]


async def test_functions_that_a_client_brings_are_its_own_to_run(adding: Chat, model: Model) -> None:
    model.will([calling("add", '{"a": 2, "b": 3}')])
    found = await adding.db(access.conversation_for, adding.user, adding.conversation.pk)
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Add"}]}
    theirs = {"type": "function", "name": "add", "parameters": {"type": "object", "properties": {}}}
    for door in Response.Door:
        response, _ = await adding.db(ask, found, [message], options={"tools": [theirs]}, door=door)
        await adding.after(response)
        assert (response.status, made) == ("completed", [])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (calling("subtract", "{}"), "There is no tool 'subtract'"),
        (calling("add", '{"a": 1}'), "missing required field"),
        (calling("add", '{"a": "one", "b": 2}'), "Expected `int`"),
        (calling("add", '{"a": 1, "b": 2, "c": 3}'), "unknown field"),
        (calling("add", "not json"), "do not fit"),
        (calling("add", "[" * 100_000), "do not fit"),
        (calling("add", '{"a":' + " " * 200_000 + "1}"), "is the most"),
        (calling("\x00\ud800", "{}"), "There is no tool"),
    ],
    ids=["unknown", "missing", "type", "extra", "not json", "deep", "long", "odd"],
)
async def test_a_call_that_does_not_fit_is_explained_to_the_model(
    adding: Chat, model: Model, call: dict[str, Any], said: str
) -> None:
    model.will([call], [saying("I see.")])
    await adding.say()
    assert said in outputs(model.input())[0]
    assert made == []


async def test_a_call_id_that_comes_again_is_not_run_again(adding: Chat, model: Model) -> None:
    again = calling("add", '{"a": 2, "b": 3}', call_id="call_same")
    model.will([again, again], [saying("Five.")])
    await adding.say()
    assert made == [(2, 3)]
    assert outputs(model.input()) == ["5"]
    model.will([calling("add", '{"a": 9, "b": 9}', call_id="call_same")], [saying("Hm.")])
    await adding.say("Again")
    assert made == [(2, 3)]


async def test_too_many_calls_at_once_are_not_all_made(adding: Chat, model: Model) -> None:
    model.will([calling("add", f'{{"a": {n}, "b": 0}}') for n in range(MOST_CALLS + 3)], [saying("Well.")])
    await adding.say()
    assert len(made) == MOST_CALLS
    assert outputs(model.input())[-1].startswith("Too many calls at once")


async def test_a_model_that_loops_has_to_answer_and_is_stopped(adding: Chat, model: Model) -> None:
    model.will(lambda body: [calling("add", '{"a": 1, "b": 1}')])
    await adding.say()
    last = (await adding.answers())[-1]
    assert len(made) == MOST_ROUNDS
    assert len(model.asked) == MOST_ROUNDS + 1
    assert model.asked[-1]["tool_choice"] == "none"
    assert last.remarks[-1] == LOOPS.format(MOST_ROUNDS)
    assert (last.status, await adding.db(due)) == ("completed", [])
    model.plays = [[saying("Yes?")]]
    assert (await adding.say("Still there?")).status == "completed"


async def test_a_choice_that_forces_a_call_forces_one_only(adding: Chat, model: Model) -> None:
    model.will([calling("add", '{"a": 2, "b": 3}')], [saying("Five.")])
    found = await adding.db(access.conversation_for, adding.user, adding.conversation.pk)
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Add"}]}
    options = {"tool_choice": "required", "temperature": 0.5}
    response, _ = await adding.db(ask, found, [message], options=options)
    await adding.after(response)
    assert [body.get("tool_choice") for body in model.asked] == ["required", None]
    assert [body["temperature"] for body in model.asked] == [0.5, 0.5]


async def test_a_message_that_waited_stands_behind_the_whole_answer(adding: Chat, model: Model, bob: User) -> None:
    model.will([calling("add", '{"a": 2, "b": 3}')], [saying("Five.")], [saying("Hello Bob.")])
    first = await adding.say("Alice asks", run=False)
    await adding.say("Bob waits", by=bob, run=False, previous_id=first.pk)
    await adding.run()
    first, answer, bobs = await adding.answers()
    assert answer.answers_id == first.pk
    assert bobs.previous_response_id == answer.pk
    assert [response.status for response in (first, answer, bobs)] == ["completed"] * 3
    assert model.asked[2]["previous_response_id"] == answer.provider_id


async def test_a_call_whose_runner_died_is_reported_and_not_made_again(adding: Chat, model: Model) -> None:
    model.will([calling("add", '{"a": 2, "b": 3}')], [saying("I see.")])
    first = await adding.say(run=False)
    await run_turn(first.pk, "runner that dies")
    (answer,) = await adding.db(lambda: list(Response.objects.filter(answers=first)))
    # As kill -9 leaves it: claimed, begun, and nobody there
    await adding.db(Response.objects.filter(pk=answer.pk).update, epoch=1, status="in_progress")
    await adding.db(ToolCall.objects.update, state=ToolCall.State.RUNNING)
    await adding.run()
    assert made == []
    assert outputs(model.input()) == [INTERRUPTED]
    assert (await adding.answers())[-1].status == "completed"


async def test_a_call_that_was_made_before_the_runner_died_is_not_made_again(adding: Chat, model: Model) -> None:
    model.will([calling("add", '{"a": 2, "b": 3}')], [saying("Five.")])
    first = await adding.say(run=False)
    await run_turn(first.pk, "runner that dies")
    (answer,) = await adding.db(lambda: list(Response.objects.filter(answers=first)))
    await adding.db(ToolCall.objects.update, state=ToolCall.State.DONE, output="5")
    await adding.db(Response.objects.filter(pk=answer.pk).update, epoch=1, status="in_progress")
    await adding.run()
    assert (made, outputs(model.input())) == ([], ["5"])


async def test_stopping_ends_the_answer_and_the_conversation_goes_on(chat: Chat, model: Model, tools: Tools) -> None:
    begun = threading.Event()

    def dawdle() -> str:
        """Dawdle."""
        begun.set()
        time.sleep(0.5)
        return "done"

    tools(dawdle)
    await chat.switch_on(functions=["dawdle"])
    model.will([calling("dawdle", "{}")], [saying("Hello.")])
    first = await chat.say(run=False)
    await run_turn(first.pk, "runner")
    (answer,) = await chat.db(lambda: list(Response.objects.filter(answers=first)))
    running = asyncio.create_task(run_turn(answer.pk, "runner"))
    await asyncio.to_thread(begun.wait, 5)
    found = await chat.db(access.conversation_for, chat.user, chat.conversation.pk)
    await chat.db(stop, found, answer)
    recorder.recordings[answer.pk].cancelled.set()
    await running
    await chat.db(answer.refresh_from_db)
    assert answer.status == "cancelled"
    assert (await chat.say("Go on")).status == "completed"
    assert outputs(model.input()) == [INTERRUPTED]


async def test_answering_again_uses_the_outputs_that_are_there(adding: Chat, model: Model) -> None:
    model.will([calling("add", '{"a": 2, "b": 3}')], [saying("Five.")], [saying("It is five.")])
    await adding.say()
    answer = (await adding.answers())[-1]
    found = await adding.db(access.conversation_for, adding.user, adding.conversation.pk)
    again = await adding.after(await adding.db(regenerate, found, answer))
    assert again.status == "completed"
    assert made == [(2, 3)]
    assert outputs(model.input()) == ["5"]


async def test_who_lost_their_place_meanwhile_has_nothing_run_for_them(adding: Chat, model: Model) -> None:
    model.will([calling("add", '{"a": 2, "b": 3}')], [saying("I see.")])
    first = await adding.say(run=False)
    await run_turn(first.pk, "runner")
    await adding.db(Membership.objects.filter(user=adding.user).update, role="viewer")
    await adding.run()
    assert made == []
    assert "not offered to the person who asked" in outputs(model.input())[0]


async def test_an_administrator_says_who_is_offered_a_tool(adding: Chat, model: Model, bob: User) -> None:
    row = await adding.db(FunctionTool.objects.create, name="add", everyone=False)
    await adding.db(row.people.add, bob)
    model.will([saying("Hello.")])
    await adding.say("Alice")
    assert "tools" not in model.asked[-1]
    await adding.say("Bob", by=bob)
    assert model.asked[-1]["tools"][0]["name"] == "add"
    await adding.db(FunctionTool.objects.update, is_active=False)
    await adding.say("Bob", by=bob)
    assert "tools" not in model.asked[-1]


async def test_a_model_without_tools_is_offered_none_and_the_answer_says_so(
    adding: Chat, model: Model, settings: Any
) -> None:
    settings.SALON_MODELS = ["smollm2-135m"]
    model.will([saying("Hello.")])
    response = await adding.say()
    assert "tools" not in model.asked[-1]
    assert "takes no tools" in response.remarks[0]


async def test_in_stateless_conversations_calls_and_outputs_are_told_again(
    adding: Chat, model: Model, settings: Any
) -> None:
    settings.SALON_STATE = "stateless"
    model.will([calling("add", '{"a": 2, "b": 3}')], [saying("Five.")], [saying("Yes.")])
    await adding.say()
    await adding.say("Sure?")
    assert [item["type"] for item in model.input()] == [
        "message", "function_call", "function_call_output", "message", "message",
    ]  # fmt: skip
