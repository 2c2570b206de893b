"""Function calls, structured output, reasoning, and the hosted searches."""

import json
from typing import Any

from .conftest import Provider
from .scenarios import CLOCK, SCHEMA, THINK, WEATHER, ask


def kinds(response: dict[str, Any]) -> list[str]:
    """The types of a response's items."""
    return [item["type"] for item in response["output"]]


def test_the_fitting_function_is_called_with_arguments_from_the_prompt(provider: Provider) -> None:
    response = provider.create(ask("What's the weather in San Francisco, in F?", tools=[CLOCK, WEATHER]))
    (call,) = response["output"]
    assert call["name"] == "get_weather"
    assert json.loads(call["arguments"]) == {"location": "San Francisco", "unit": "F"}


def test_outputs_of_functions_are_used_in_a_text(provider: Provider) -> None:
    first = provider.create(ask("What's the weather in Rome?", tools=[WEATHER]))
    (call,) = first["output"]
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": '{"temperature": "70 degrees"}'}
    second = provider.create(ask([output], previous_response_id=first["id"], tools=[WEATHER]))
    assert kinds(second) == ["message"]
    assert "temperature: 70 degrees" in second["output"][0]["content"][0]["text"]


def test_several_functions_are_called_at_once_only_when_allowed(provider: Provider) -> None:
    body = ask("I want the weather and the time", tools=[WEATHER, CLOCK])
    assert kinds(provider.create(body)) == ["function_call", "function_call"]
    assert kinds(provider.create({**body, "parallel_tool_calls": False})) == ["function_call"]


def test_tool_choice_is_obeyed(provider: Provider) -> None:
    body = ask("Hello", tools=[WEATHER, CLOCK])
    forced = provider.create({**body, "tool_choice": {"type": "function", "name": "get_time"}})
    assert [call["name"] for call in forced["output"]] == ["get_time"]
    assert kinds(provider.create({**body, "tool_choice": "none"})) == ["message"]
    searched = ask("Hello", tools=[{"type": "web_search"}], tool_choice="required")
    assert kinds(provider.create(searched)) == ["web_search_call", "message"]
    allowed = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "get_time"}]}
    assert [call["name"] for call in provider.create({**body, "tool_choice": allowed})["output"]] == ["get_time"]


def test_a_custom_tool_gets_text(provider: Provider) -> None:
    first = provider.create(ask("print 1", tools=[{"type": "custom", "name": "run"}]))
    (call,) = first["output"]
    assert (call["type"], call["input"]) == ("custom_tool_call", "print 1")
    output = {"type": "custom_tool_call_output", "call_id": call["call_id"], "output": "it printed 1"}
    second = provider.create(ask([output], previous_response_id=first["id"]))
    assert "it printed 1" in second["output"][0]["content"][0]["text"]


def test_a_schema_gets_valid_json(provider: Provider) -> None:
    form = {"type": "json_schema", "name": "trip", "schema": SCHEMA, "strict": True}
    response = provider.create(ask("3 days in Rome", text={"format": form}))
    assert json.loads(response["output"][0]["content"][0]["text"]) == {"city": "Rome", "days": 3}
    assert response["text"]["format"]["schema"] == SCHEMA


def test_reasoning_comes_first_with_its_summary_and_its_tokens(provider: Provider) -> None:
    response = provider.create(ask("Why?", reasoning=THINK))
    assert kinds(response) == ["reasoning", "message"]
    assert len(response["output"][0]["summary"]) == 2
    assert response["usage"]["output_tokens_details"]["reasoning_tokens"] == 128
    assert "encrypted_content" not in response["output"][0]


def test_reasoning_can_be_sent_back_encrypted(provider: Provider) -> None:
    body = ask("Why?", reasoning=THINK, include=["reasoning.encrypted_content"], store=False)
    first = provider.create(body)
    question = {"role": "user", "content": "What did I say before?"}
    items = [{"role": "user", "content": "Why?"}, *first["output"], question]
    second = provider.create(ask(items, store=False))
    assert "Why?" in second["output"][0]["content"][0]["text"]
    spoilt = [{**item, "encrypted_content": "gAAAABspoilt"} if "summary" in item else item for item in items]
    status, error = provider.refused(ask(spoilt, store=False))
    assert (status, error["code"]) == (400, "invalid_encrypted_content")


def test_searches_and_code_happen_only_when_asked_for(provider: Provider) -> None:
    tools = [{"type": "web_search"}, {"type": "code_interpreter", "container": {"type": "auto"}}]
    assert kinds(provider.create(ask("Hello there", tools=tools))) == ["message"]
    assert kinds(provider.create(ask("Search the web", tools=tools))) == ["web_search_call", "message"]
    assert kinds(provider.create(ask("Run Python code", tools=tools))) == ["code_interpreter_call", "message"]


def test_a_web_search_cites_its_source_at_the_right_place(provider: Provider) -> None:
    response = provider.create(
        ask("Search for bees", tools=[{"type": "web_search"}], include=["web_search_call.action.sources"])
    )
    call, message = response["output"]
    (part,) = message["content"]
    (citation,) = part["annotations"]
    assert part["text"][citation["start_index"] : citation["end_index"]] == f"[{citation['title']}]({citation['url']})"
    assert call["action"]["sources"] == [{"type": "url", "url": citation["url"]}]


def test_the_code_interpreter_tells_what_its_code_prints(provider: Provider) -> None:
    tools = [{"type": "code_interpreter", "container": {"type": "auto"}}]
    response = provider.create(
        ask("Calculate the factorial of 5", tools=tools, include=["code_interpreter_call.outputs"])
    )
    call, message = response["output"]
    assert "math.factorial(5)" in call["code"]
    assert call["outputs"] == [{"type": "logs", "logs": "120\n"}]
    assert "120" in message["content"][0]["text"]


def test_a_tool_that_does_not_exist_is_refused(provider: Provider) -> None:
    status, error = provider.refused(ask("Hello", tools=[{"type": "telepathy"}]))
    assert (status, error["param"]) == (400, "tools[0].type")
