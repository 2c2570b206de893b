"""What people set for a conversation or a message: checked by name, kept, told to everybody, dropped where unfit."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from conversations import catalog
from conversations.models import Conversation, Fact, Membership, Response

pytestmark = pytest.mark.django_db(transaction=True)
MODELS = ["gpt-4o", "gpt-5", "my-deployment", "demo"]


@pytest.fixture(autouse=True)
def _models(settings: Any, conversation: Conversation) -> None:
    settings.SALON_MODELS = MODELS
    Conversation.objects.filter(pk=conversation.pk).update(model="demo")


def post(client: Client, conversation: Conversation, path: str, body: Any) -> Any:
    url = f"/conversations/{conversation.pk}/{path}/"
    return client.post(url, data=json.dumps(body), content_type="application/json")


def options(conversation: Conversation) -> dict[str, Any]:
    return Conversation.objects.get(pk=conversation.pk).options


def test_options_are_kept_by_the_names_of_the_api_and_everybody_is_told(
    as_bob: Client, conversation: Conversation
) -> None:
    asked = {"temperature": 0.5, "reasoning.effort": "low", "reasoning.summary": "auto", "metadata": {"team": "light"}}
    answer = post(as_bob, conversation, "update", {"options": asked})
    assert answer.status_code == 200
    expected = {"temperature": 0.5, "reasoning": {"effort": "low", "summary": "auto"}, "metadata": {"team": "light"}}
    assert answer.json()["conversation"]["options"] == expected == options(conversation)
    assert Fact.objects.get(conversation=conversation).kind == "conversation.updated"


def test_a_change_of_one_leaves_what_else_stands_there(as_alice: Client, conversation: Conversation) -> None:
    held = {"text": {"format": {"type": "json_object"}, "verbosity": "low"}, "tools": [{"type": "web_search"}]}
    Conversation.objects.filter(pk=conversation.pk).update(options=held)
    post(as_alice, conversation, "update", {"options": {"text.verbosity": "high"}})
    assert options(conversation) == held | {"text": {"format": {"type": "json_object"}, "verbosity": "high"}}
    post(as_alice, conversation, "update", {"options": {"text.verbosity": None, "temperature": None}})
    assert options(conversation) == held | {"text": {"format": {"type": "json_object"}}}


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("temperature", 3, "Temperature: a number from 0 to 2."),
        ("temperature", "hot", "Temperature: a number from 0 to 2."),
        ("temperature", True, "Temperature: a number from 0 to 2."),
        ("top_p", -0.1, "Top p: a number from 0 to 1."),
        ("max_output_tokens", 5, "Most output tokens: a whole number from 16 to 128,000."),
        ("max_output_tokens", 10**30, "Most output tokens: a whole number"),
        ("max_output_tokens", 99.5, "Most output tokens: a whole number"),
        ("truncation", "sometimes", "Truncation: one of auto, disabled."),
        ("reasoning.effort", "a lot", "Reasoning effort: one of none, minimal, low, medium, high, xhigh, max."),
        ("reasoning.summary", ["auto"], "Reasoning summary: one of"),
        ("text.verbosity", {"level": "low"}, "Verbosity: one of low, medium, high."),
        ("tool_choice", "any", "Tool choice: one of auto, none, required."),
        ("parallel_tool_calls", "yes", "Parallel tool calls: yes or no."),
        ("service_tier", "gold", "Service tier: one of"),
        ("metadata", {"k" * 65: "v"}, "Metadata: at most 16 pairs"),
        ("metadata", {"k": 1}, "Metadata: at most 16 pairs"),
        ("metadata", {str(n): "v" for n in range(17)}, "Metadata: at most 16 pairs"),
        ("metadata", ["a"], "Metadata: at most 16 pairs"),
        ("store", False, "“store” cannot be set here."),
        ("tools", [], "“tools” cannot be set here."),
        ("__proto__", 1, "“__proto__” cannot be set here."),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_field_and_nothing_changes(
    as_alice: Client, conversation: Conversation, path: str, value: Any, sentence: str
) -> None:
    answer = post(as_alice, conversation, "update", {"options": {"temperature": 1, path: value}})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["message"].startswith(sentence)
    assert error["code"] == f"options.{path}"
    assert options(conversation) == {}


@pytest.mark.parametrize("given", [7, "temperature", [], True])
def test_options_that_are_no_object_are_refused(as_alice: Client, conversation: Conversation, given: Any) -> None:
    assert post(as_alice, conversation, "update", {"options": given}).status_code == 400
    if given:
        assert post(as_alice, conversation, "messages", {"text": "Hello", "options": given}).status_code == 400


def test_a_model_is_not_asked_for_what_it_does_not_take(as_alice: Client, conversation: Conversation) -> None:
    post(as_alice, conversation, "update", {"model": "gpt-5"})
    refused = post(as_alice, conversation, "update", {"options": {"temperature": 0.5}})
    assert refused.json()["error"]["message"].startswith("Temperature: gpt-5 does not take it.")
    minimal = post(as_alice, conversation, "update", {"options": {"reasoning.effort": "xhigh"}})
    assert minimal.status_code == 400


def test_another_model_drops_what_it_does_not_take_and_says_so(as_alice: Client, conversation: Conversation) -> None:
    asked = {"temperature": 0.5, "reasoning.effort": "xhigh", "text.verbosity": "low", "max_output_tokens": 120_000}
    post(as_alice, conversation, "update", {"options": asked})
    answer = post(as_alice, conversation, "update", {"model": "gpt-5"}).json()
    assert answer["said"] == "gpt-5 does not take: Temperature, Reasoning effort."
    assert answer["conversation"]["options"] == {"text": {"verbosity": "low"}, "max_output_tokens": 120_000}
    answer = post(as_alice, conversation, "update", {"model": "gpt-4o"}).json()
    assert answer["said"] == "gpt-4o does not take: Verbosity, Most output tokens."
    assert post(as_alice, conversation, "update", {"title": "Other"}).json()["said"] == ""


def test_a_message_has_options_of_its_own_over_the_conversations(as_alice: Client, conversation: Conversation) -> None:
    post(as_alice, conversation, "update", {"options": {"reasoning.effort": "low", "reasoning.summary": "auto"}})
    own = {"reasoning.effort": "high", "text.verbosity": "low"}
    sent = post(as_alice, conversation, "messages", {"text": "Hello", "options": own})
    assert sent.status_code == 201
    asked = Response.objects.get(pk=sent.json()["turn"]["id"]).options
    assert asked == {"reasoning": {"effort": "high", "summary": "auto"}, "text": {"verbosity": "low"}}
    assert options(conversation) == {"reasoning": {"effort": "low", "summary": "auto"}}
    following = post(as_alice, conversation, "messages", {"text": "And then?"})
    assert Response.objects.get(pk=following.json()["turn"]["id"]).options == options(conversation)


@pytest.mark.parametrize("own", [{"temperature": 1}, {"reasoning.effort": "extreme"}, {"instructions": "Obey"}])
def test_a_message_with_bad_options_is_not_sent(as_alice: Client, conversation: Conversation, own: Any) -> None:
    assert post(as_alice, conversation, "messages", {"text": "Hello", "options": own}).status_code == 400
    assert not Response.objects.exists()


def test_an_answer_by_another_model_leaves_out_what_that_one_does_not_take(
    as_alice: Client, conversation: Conversation
) -> None:
    post(as_alice, conversation, "update", {"options": {"temperature": 0.5, "max_output_tokens": 500}})
    sent = post(as_alice, conversation, "messages", {"text": "Hello"}).json()["turn"]
    Response.objects.filter(pk=sent["id"]).update(status="completed", done_at="2026-01-01T00:00Z")
    again = post(as_alice, conversation, f"responses/{sent['id']}/regenerate", {"model": "gpt-5"}).json()["turn"]
    response = Response.objects.get(pk=again["id"])
    assert response.options == {"max_output_tokens": 500}
    assert response.remarks == ["gpt-5 does not take: Temperature."]


def test_a_reader_sets_nothing(as_bob: Client, conversation: Conversation) -> None:
    Membership.objects.filter(conversation=conversation, user__name="Bob").update(role="viewer")
    assert post(as_bob, conversation, "update", {"options": {"temperature": 1}}).status_code == 403


def test_what_a_provider_was_found_to_refuse_is_not_offered_again(as_alice: Client, conversation: Conversation) -> None:
    catalog.learn("demo", "reasoning.effort=minimal")
    catalog.learn("demo", "top_p")
    page = as_alice.get(f"/conversations/{conversation.pk}/").context["state"]
    offered = {model["name"]: model["options"] for model in page["models"]}
    assert "top_p" not in offered["demo"]
    assert offered["demo"]["reasoning.effort"] == ["none", "low", "medium", "high", "xhigh", "max"]
    assert "temperature" not in offered["gpt-5"]
    assert offered["gpt-4o"]["max_output_tokens"] == 16384
    assert set(offered["my-deployment"]) == {"max_output_tokens", "tool_choice", "parallel_tool_calls", "metadata"}


def test_where_conversations_are_kept_can_be_fixed_for_all(
    as_alice: Client, conversation: Conversation, settings: Any
) -> None:
    assert post(as_alice, conversation, "update", {"state": "manual"}).status_code == 200
    settings.SALON_STATE_LOCKED = True
    refused = post(as_alice, conversation, "update", {"state": "stateless"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "state")
    assert post(as_alice, conversation, "update", {"title": "New", "state": "manual"}).status_code == 200
    assert post(as_alice, conversation, "update", {"state": ""}).status_code == 200
    assert post(as_alice, conversation, "update", {"state": "elsewhere"}).status_code == 400
