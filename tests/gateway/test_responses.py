"""The calls on responses as far as they need no runner: what is refused, what is found, what is listed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations.actions import conversations, turns
from conversations.models import Conversation, Item, Membership, Response, StreamChunk, User
from tests.gateway.conftest import Caller

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("demo")]
MESSAGE = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def demo() -> Any:
    with override_settings(SALON_MODELS=["demo"]):
        yield


def ended(user: User, words: str, answer: str, *, after: Response | None = None, **columns: Any) -> Response:
    """A response that has ended, in a new conversation or after another one."""
    found = conversations.create(user) if after is None else access_of(user, after)
    asked = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": words}]}]
    response, _ = turns.ask(
        found, asked, model="demo", after_id=after.pk if after else None, door=Response.Door.GATEWAY
    )
    said = {"type": "message", "id": f"msg_{response.pk}", "role": "assistant", "status": "completed"}
    said["content"] = [{"type": "output_text", "text": answer, "annotations": []}]  # type: ignore[assignment]
    final = {"id": f"resp_{response.pk}", "object": "response", "status": "completed", "output": [said]}
    values = {"provider_id": final["id"], "status": "completed", "done_at": timezone.now(), "final": final} | columns
    Response.objects.filter(pk=response.pk).update(**values)
    response.refresh_from_db()
    Item.from_payload(said, response=response, direction=Item.Direction.OUTPUT, index=0).save()
    return response


def access_of(user: User, response: Response) -> Any:
    from conversations import access

    return access.conversation_for(user, response.conversation_id)


WRONG: list[tuple[dict[str, Any], str | None]] = [
    ({"model": None}, "model"),
    ({"model": 5}, "model"),
    ({"model": "nobody-has-this"}, "model"),
    ({"input": None}, "input"),
    ({"input": ""}, "input"),
    ({"input": []}, "input"),
    ({"input": 5}, "input"),
    ({"input": ["words"]}, "input[0]"),
    ({"input": [{}]}, "input[0].type"),
    ({"input": [{"type": 5}]}, "input[0].type"),
    ({"input": [{"role": "user"}]}, "input[0].content"),
    ({"input": [{"role": 5, "content": "a"}]}, "input[0].role"),
    ({"input": [{"role": "user", "content": 5}]}, "input[0].content"),
    ({"input": [{"role": "user", "content": ["a"]}]}, "input[0].content[0]"),
    ({"input": [{"role": "user", "content": [{"text": "a"}]}]}, "input[0].content[0].type"),
    ({"input": [{"type": "function_call_output", "call_id": 5, "output": ""}]}, "input[0].call_id"),
    ({"input": [{"type": "x", "a": [{"$file": "file_1"}]}]}, "input[0].a[0].$file"),
    ({"input": MESSAGE * 5_001}, "input"),
    ({"background": "yes"}, "background"),
    ({"background": True, "store": False}, "background"),
    ({"include": "reasoning.encrypted_content"}, "include"),
    ({"include": [5]}, "include[0]"),
    ({"instructions": 5}, "instructions"),
    ({"max_output_tokens": "many"}, "max_output_tokens"),
    ({"max_output_tokens": 1.5}, "max_output_tokens"),
    ({"metadata": []}, "metadata"),
    ({"metadata": {"a": 5}}, "metadata"),
    ({"parallel_tool_calls": 1}, "parallel_tool_calls"),
    ({"stream": "true"}, "stream"),
    ({"temperature": "warm"}, "temperature"),
    ({"temperature": True}, "temperature"),
    ({"text": "plain"}, "text"),
    ({"tools": {}}, "tools"),
    ({"tools": ["function"]}, "tools[0]"),
    ({"tools": [{}]}, "tools[0].type"),
    ({"tool_choice": []}, "tool_choice"),
    ({"conversation": {}}, "conversation.id"),
    ({"conversation": 5}, "conversation"),
    ({"conversation": "conv_1", "previous_response_id": "resp_1"}, "previous_response_id"),
    ({"previous_response_id": 5}, "previous_response_id"),
    ({"previous_response_id": "resp_\x00"}, "previous_response_id"),
    ({"previous_response_id": ""}, "previous_response_id"),
]


@pytest.mark.parametrize(("change", "param"), WRONG, ids=lambda value: json.dumps(value)[:60])
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_wrong_is_named_and_nothing_is_kept(
    alice_calls: Caller, change: dict[str, Any], param: str, stream: bool
) -> None:
    answer = alice_calls.send("responses", {"model": "demo", "input": MESSAGE, "stream": stream} | change)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert not Response.objects.exists()
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("path", ["responses/compact", "responses/input_tokens"])
def test_what_is_passed_on_is_checked_too(alice_calls: Caller, path: str) -> None:
    for change, param in (({"model": None}, "model"), ({"input": [5]}, "input[0]"), ({"tools": [5]}, "tools[0]")):
        answer = alice_calls.send(path, {"model": "demo", "input": MESSAGE} | change)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


@pytest.mark.parametrize("query", ["stream=maybe", "stream=true&starting_after=x", "stream=true&starting_after=1e3"])
def test_a_wrong_query_is_named(alice_calls: Caller, alice: User, query: str) -> None:
    response = ended(alice, "Hello", "Hello.")
    answer = alice_calls.get(f"responses/{response.provider_id}?{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_type")


@pytest.mark.parametrize("odd", ["resp_%00", "..", "%2e%2e", "resp_" + "a" * 5000, "%ff", "'; --", "🦔"])
def test_an_odd_id_is_an_unknown_one(alice_calls: Caller, odd: str) -> None:
    for method, path in (("GET", ""), ("GET", "?stream=true"), ("DELETE", ""), ("POST", "/cancel")):
        answer = alice_calls.generic(method, f"responses/{odd}{path}")
        assert answer.status_code == 404
        assert set(answer.json()["error"]) >= {"message", "type", "param", "code"}
    assert alice_calls.get(f"responses/{odd}/input_items").status_code == 404


def test_a_response_is_found_by_members_alone(
    alice_calls: Caller, bob_calls: Caller, charlie_calls: Caller, alice: User, bob: User
) -> None:
    response = ended(alice, "Hello", "Hello.")
    Membership.objects.create(conversation=response.conversation, user=bob, role=Membership.Role.VIEWER)
    assert alice_calls.get(f"responses/{response.provider_id}").json()["conversation"]["id"] == response.conversation_id
    assert bob_calls.get(f"responses/{response.provider_id}").status_code == 200
    assert charlie_calls.get(f"responses/{response.provider_id}").status_code == 404
    body = {"model": "demo", "input": MESSAGE, "previous_response_id": response.provider_id}
    refused = bob_calls.send("responses", body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "read_only")
    assert bob_calls.delete(f"responses/{response.provider_id}").status_code == 403


def test_what_its_client_did_not_want_stored_is_not_found(alice_calls: Caller, alice: User) -> None:
    response = ended(alice, "Hello", "Hello.", options={"store": False})
    assert alice_calls.get(f"responses/{response.provider_id}").status_code == 404
    body = {"model": "demo", "input": MESSAGE, "previous_response_id": response.provider_id}
    assert alice_calls.send("responses", body).json()["error"]["code"] == "previous_response_not_found"


def test_a_deleted_response_is_gone_and_those_around_it_are_not(alice_calls: Caller, alice: User) -> None:
    first = ended(alice, "The lamp is green.", "Noted.")
    second = ended(alice, "Which colour?", "Green.", after=first)
    assert alice_calls.delete(f"responses/{first.provider_id}").json() == {
        "id": first.provider_id,
        "object": "response.deleted",
        "deleted": True,
    }
    assert alice_calls.get(f"responses/{first.provider_id}").status_code == 404
    assert alice_calls.delete(f"responses/{first.provider_id}").status_code == 404
    assert alice_calls.get(f"responses/{second.provider_id}").status_code == 200
    listed = alice_calls.get(f"responses/{second.provider_id}/input_items").json()
    assert [item["content"][0]["text"] for item in listed["data"]] == ["Which colour?"]
    assert Conversation.objects.visible_to(alice).count() == 1
    alice_calls.delete(f"responses/{second.provider_id}")
    assert not Conversation.objects.visible_to(alice).exists()


@pytest.fixture
def chain(alice: User) -> list[Response]:
    """Sixty turns, one after the other."""
    responses: list[Response] = []
    for number in range(60):
        responses.append(ended(alice, f"q{number}", f"a{number}", after=responses[-1] if responses else None))
    return responses


def words(listed: dict[str, Any]) -> list[str]:
    return [item["content"][0]["text"] for item in listed["data"]]


def test_input_items_are_paged_in_both_directions(alice_calls: Caller, chain: list[Response]) -> None:
    expected = [word for number in range(60) for word in (f"q{number}", f"a{number}")][:-1]
    path = f"responses/{chain[-1].provider_id}/input_items"
    assert words(alice_calls.get(path).json()) == expected[::-1][:20]
    for order, whole in (("desc", expected[::-1]), ("asc", expected)):
        seen: list[str] = []
        query = {"order": order, "limit": "7"}
        while True:
            page = alice_calls.get(path, query).json()
            seen += words(page)
            assert page["first_id"] == page["data"][0]["id"]
            if not page["has_more"]:
                break
            query["after"] = page["last_id"]
        assert seen == whole


def test_a_page_of_input_items_costs_the_same_anywhere(alice_calls: Caller, chain: list[Response]) -> None:
    path = f"responses/{chain[-1].provider_id}/input_items"
    page = alice_calls.get(path, {"limit": "100"}).json()
    for query in ({}, {"after": page["last_id"]}):
        with CaptureQueriesContext(connection) as queries:
            alice_calls.get(path, query)
        assert len(queries) <= 14


@pytest.mark.parametrize("after", ["msg_unknown", "msg_" + "0" * 48, "x", "%00"])
def test_a_page_behind_an_unknown_item(alice_calls: Caller, alice: User, after: str) -> None:
    response = ended(alice, "Hello", "Hello.")
    answer = alice_calls.get(f"responses/{response.provider_id}/input_items?after={after}")
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "after")


def test_the_stream_of_an_old_response_is_told_anew(alice_calls: Caller, alice: User) -> None:
    response = ended(alice, "Hello", "A lamp.")
    assert not StreamChunk.objects.exists()
    answer = alice_calls.get(f"responses/{response.provider_id}?stream=true&starting_after=1")

    async def read() -> bytes:
        return b"".join([part async for part in answer])

    text = async_to_sync(read)().decode()
    frames = [frame for frame in text.split("\n\n") if frame.startswith("event: ")]
    assert frames[0].startswith("event: response.output_item.added")
    assert frames[-1].startswith("event: response.completed")
    assert text.endswith("data: [DONE]\n\n")
