"""The scripted task on a computer, with both of its tools."""

from typing import Any

from .conftest import Provider
from .pictures import data_url, plain
from .scenarios import PREVIEW, ask

SCREENSHOT = {"type": "computer_screenshot", "image_url": data_url(plain((800, 600), (255, 255, 255)))}


def output(call: dict[str, Any]) -> dict[str, Any]:
    """A screenshot in answer to a call, its safety checks acknowledged."""
    answer = {"type": "computer_call_output", "call_id": call["call_id"], "output": SCREENSHOT}
    return {**answer, "acknowledged_safety_checks": call["pending_safety_checks"]}


def play(provider: Provider, tool: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The whole task: all calls, and the last response."""
    options = {"tools": [tool], "truncation": "auto"}
    response = provider.create(ask("Look for bees", **options))
    calls = []
    while response["output"][0]["type"] == "computer_call":
        calls.append(response["output"][0])
        response = provider.create(ask([output(calls[-1])], previous_response_id=response["id"], **options))
    return calls, response


def test_the_preview_tool_takes_one_action_at_a_time(provider: Provider) -> None:
    calls, last = play(provider, PREVIEW)
    actions = [call["action"]["type"] for call in calls]
    assert actions == ["screenshot", "click", "type", "keypress", "wait", "scroll"]
    assert not any("actions" in call for call in calls)
    assert calls[1]["action"] == {"type": "click", "button": "left", "x": 512, "y": 384}
    assert calls[2]["action"]["text"] == "Look for bees"
    assert last["output"][0]["type"] == "message"


def test_the_newer_tool_takes_batches_on_the_screen_that_it_sees(provider: Provider) -> None:
    calls, last = play(provider, {"type": "computer"})
    batches = [[action["type"] for action in call["actions"]] for call in calls]
    assert batches == [["screenshot"], ["click", "type"], ["keypress"], ["wait", "scroll"]]
    assert (calls[1]["actions"][0]["x"], calls[1]["actions"][0]["y"]) == (400, 300)
    assert "800 × 600" in last["output"][0]["content"][0]["text"]


def test_a_safety_check_must_be_acknowledged(provider: Provider) -> None:
    options = {"tools": [{"type": "computer"}]}
    response = provider.create(ask("Look for bees", **options))
    for _ in range(2):
        answered = output(response["output"][0])
        response = provider.create(ask([answered], previous_response_id=response["id"], **options))
    (check,) = response["output"][0]["pending_safety_checks"]
    assert check["message"]
    ignored = {**output(response["output"][0]), "acknowledged_safety_checks": []}
    status, error = provider.refused(ask([ignored], previous_response_id=response["id"], **options))
    assert (status, error["type"]) == (400, "invalid_request_error")
    assert "acknowledged" in error["message"]


def test_a_new_message_starts_a_new_task(provider: Provider) -> None:
    _, last = play(provider, PREVIEW)
    again = provider.create(ask("Now wasps", tools=[PREVIEW], truncation="auto", previous_response_id=last["id"]))
    assert again["output"][0]["action"] == {"type": "screenshot"}


def test_the_preview_tool_needs_truncation(provider: Provider) -> None:
    status, error = provider.refused(ask("Look for bees", tools=[PREVIEW]))
    assert (status, error["param"]) == (400, "truncation")
