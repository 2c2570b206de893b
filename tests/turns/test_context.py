"""What the model is told of what came before."""

from typing import Any

import pytest
from django.utils import timezone

from conversations.models import Branch, Conversation, Item, Response, User
from conversations.turns import context

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _scripted_model(conversation: Conversation) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(model="demo")
    conversation.refresh_from_db()


class Line:
    """Turns of one branch, one after the other."""

    def __init__(self, conversation: Conversation, user: User) -> None:
        self.conversation, self.user = conversation, user
        self.branch = Branch.objects.create(conversation=conversation, created_by=user)
        self.last: Response | None = None

    def say(
        self, text: str, answer: str | None = None, *, output: list[dict[str, Any]] | None = None, **fields: Any
    ) -> Response:
        ended = answer is not None or output is not None
        response = Response.objects.create(
            conversation=self.conversation,
            branch=self.branch,
            previous_response=self.last,
            created_by=self.user,
            model="demo",
            done_at=timezone.now() if ended else None,
            **{"status": "completed" if ended else "queued", "endpoint": "local", **fields},
        )
        if response.status == "completed":
            Response.objects.filter(pk=response.pk).update(provider_id=f"resp_{response.pk}")
        content = [{"type": "input_text", "text": text}]
        self._item(response, "input", 0, {"type": "message", "role": "user", "content": content})
        if answer is not None:
            content = [{"type": "output_text", "text": answer, "annotations": [], "logprobs": []}]
            output = [
                {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": content}
            ]
        for index, payload in enumerate(output or []):
            self._item(response, "output", index, payload)
        self.last = Response.objects.select_related("conversation", "previous_response").get(pk=response.pk)
        return self.last

    def _item(self, response: Response, direction: str, index: int, payload: dict[str, Any]) -> None:
        Item.objects.create(
            conversation=self.conversation,
            response=response,
            direction=direction,
            index=index,
            type=payload["type"],
            role=payload.get("role", ""),
            status=payload.get("status", ""),
            payload=payload,
        )


@pytest.fixture
def line(conversation: Conversation, alice: User) -> Line:
    return Line(conversation, alice)


def texts(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(item["role"], item["content"][0]["text"]) for item in body["input"] if item["type"] == "message"]


def test_the_answer_before_is_named_and_nothing_is_sent_twice(line: Line) -> None:
    first = line.say("One", "Answer one")
    body = context.build(line.say("Two")).body
    assert body["previous_response_id"] == first.provider_id
    assert texts(body) == [("user", "Two")]
    assert body["store"] is True


def test_instructions_are_sent_again_on_each_turn(line: Line) -> None:
    line.say("One", "Answer one")
    assert context.build(line.say("Two", instructions="Be brief.")).body["instructions"] == "Be brief."


@pytest.mark.parametrize(
    "fields",
    [
        {"provider_expires_at": timezone.now() - timezone.timedelta(days=1)},
        {"status": "cancelled"},
        {"status": "incomplete"},
        {"store": False},
        {"endpoint": "azure"},
    ],
    ids=["expired", "stopped", "interrupted", "not kept there", "another provider"],
)
def test_an_answer_that_cannot_be_named_is_told_again(line: Line, fields: dict[str, Any]) -> None:
    first = line.say("One", "Answer one")
    line.say("Two", "Answer two", **fields)
    request = context.build(line.say("Three"))
    assert request.body["previous_response_id"] == first.provider_id
    assert texts(request.body) == [("user", "Two"), ("assistant", "Answer two"), ("user", "Three")]


def test_where_nothing_can_be_named_the_whole_history_is_told_in_order(line: Line) -> None:
    for number in range(3):
        line.say(f"Message {number}", f"Answer {number}")
    request = context.build(line.say("The last"), rebuild=True)
    assert request.remarks == [context.RETOLD]
    assert "previous_response_id" not in request.body
    assert texts(request.body) == [
        pair for number in range(3) for pair in (("user", f"Message {number}"), ("assistant", f"Answer {number}"))
    ] + [("user", "The last")]


def test_a_history_longer_than_one_walk_is_told_whole(line: Line) -> None:
    for number in range(context.STRIDE + 5):
        line.say(f"Message {number}", f"Answer {number}")
    assert len(context.build(line.say("The last"), rebuild=True).body["input"]) == 2 * (context.STRIDE + 5) + 1


def test_a_history_that_is_too_long_is_cut_and_the_cut_is_said(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "MOST_TURNS", 3)
    monkeypatch.setattr(context, "STRIDE", 2)
    for number in range(6):
        line.say(f"Message {number}", f"Answer {number}")
    request = context.build(line.say("The last"), rebuild=True)
    assert len(request.body["input"]) < 13
    assert context.CUT in request.remarks


def test_a_stateless_conversation_keeps_nothing_at_the_provider(line: Line) -> None:
    Conversation.objects.filter(pk=line.conversation.pk).update(state="stateless")
    thought = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "sealed"}
    said = {"id": "msg_1", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes"}]}
    line.say("One", output=[thought, said])
    body = context.build(line.say("Two")).body
    assert body["store"] is False
    assert body["include"] == ["reasoning.encrypted_content"]
    assert "previous_response_id" not in body
    assert body["input"][1] == {"type": "reasoning", "summary": [], "encrypted_content": "sealed"}
    assert all("id" not in item for item in body["input"])


def test_reasoning_that_cannot_be_read_again_is_left_out(line: Line) -> None:
    thought = {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]}
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes"}]}
    line.say("One", output=[thought, said])
    body = context.build(line.say("Two"), rebuild=True).body
    assert [item["type"] for item in body["input"]] == ["message", "message", "message"]


def test_calls_and_their_outputs_stay_together(line: Line) -> None:
    call = {
        "id": "fc_1",
        "type": "function_call",
        "call_id": "call_1",
        "name": "now",
        "arguments": "{}",
        "status": "completed",
    }
    result = {"type": "function_call_output", "call_id": "call_1", "output": "noon"}
    line.say("What time is it?", output=[call, result])
    items = context.build(line.say("Thanks"), rebuild=True).body["input"]
    assert items[1] == {"type": "function_call", "call_id": "call_1", "name": "now", "arguments": "{}"}
    assert items[2] == result


def test_a_regenerated_answer_gets_the_same_message(line: Line) -> None:
    first = line.say("One", "Answer one")
    again = Response.objects.create(
        conversation=line.conversation,
        branch=line.branch,
        input_from=first,
        created_by=line.user,
        model="demo",
        endpoint="local",
    )
    assert texts(context.build(again).body) == [("user", "One")]


@pytest.mark.parametrize(("setting", "expected"), [("always", True), ("never", None), ("auto", None)])
def test_background_follows_the_deployment(line: Line, settings: Any, setting: str, expected: bool | None) -> None:
    settings.SALON_BACKGROUND = setting
    assert context.build(line.say("One")).body.get("background") == expected


def test_nothing_runs_in_the_background_where_the_provider_keeps_nothing(line: Line, settings: Any) -> None:
    settings.SALON_BACKGROUND, settings.SALON_STATE = "always", "stateless"
    assert "background" not in context.build(line.say("One")).body


def test_models_that_think_long_run_in_the_background_by_themselves(line: Line) -> None:
    response = line.say("One")
    response.model = "gpt-5-pro"
    assert context.build(response).body["background"] is True


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"tools": [{"type": "image_generation"}]}, True),
        ({"reasoning": {"effort": "xhigh"}}, True),
        ({"reasoning": {"effort": "low"}}, None),
        ({"tools": [{"type": "image_generation"}], "background": False}, False),
        ({"background": True}, True),
    ],
    ids=["images", "much thinking", "little thinking", "asked not to", "asked to"],
)
def test_what_takes_minutes_runs_in_the_background_by_itself(
    line: Line, options: dict[str, Any], expected: bool | None
) -> None:
    assert context.build(line.say("One", options=options)).body.get("background") is expected


def test_in_manual_state_the_provider_keeps_what_is_sent_again_each_time(line: Line, settings: Any) -> None:
    Conversation.objects.filter(pk=line.conversation.pk).update(state="manual")
    thought = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "sealed"}
    said = {"id": "msg_1", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes"}]}
    line.say("One", output=[thought, said])
    request = context.build(line.say("Two"))
    assert request.body["store"] is True
    assert "previous_response_id" not in request.body
    assert [item["type"] for item in request.body["input"]] == ["message", "reasoning", "message", "message"]
    assert request.body["include"] == ["reasoning.encrypted_content"]
    assert request.remarks == []
    settings.SALON_BACKGROUND = "always"
    assert context.build(line.say("Three")).body["background"] is True


def test_a_state_that_is_fixed_for_all_wins_over_the_conversations(line: Line, settings: Any) -> None:
    Conversation.objects.filter(pk=line.conversation.pk).update(state="stateless")
    settings.SALON_STATE_LOCKED = True
    assert context.build(line.say("One")).body["store"] is True
    settings.SALON_STATE = "stateless"
    assert context.build(line.say("Two")).body["store"] is False


def test_tools_are_sent_again_on_each_turn(line: Line) -> None:
    tools = [{"type": "web_search"}]
    line.say("One", "Answer one", options={"tools": tools})
    assert context.build(line.say("Two", options={"tools": tools})).body["tools"] == tools
