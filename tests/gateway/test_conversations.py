"""Conversations of the API are conversations here: made, noted, listed and deleted by who may."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from conversations.access import conversation_for
from conversations.actions import conversations as conversation_actions
from conversations.actions import turns
from conversations.models import Conversation, Item, Membership, Response, User
from conversations.turns import context
from tests.gateway.conftest import Caller
from tests.gateway.test_files import picture, upload

ASKED = {"type": "message", "role": "user", "content": "Which lamp?"}
SAID = {"type": "message", "role": "assistant", "content": "The small one."}
MORE = {"role": "user", "content": [{"type": "input_text", "text": "Why?"}]}


def made(caller: Caller, **body: Any) -> str:
    conversation_id: str = caller.send("conversations", body).json()["id"]
    return conversation_id


def texts(page: Any) -> list[str]:
    return [item["content"][0]["text"] for item in page.json()["data"]]


def ended(response: Response) -> None:
    Response.objects.filter(pk=response.pk).update(status="completed", done_at=timezone.now(), provider_id="resp_1")


def test_a_conversation_is_made_noted_and_deleted(alice_calls: Caller, alice: User) -> None:
    shown = alice_calls.send("conversations", {"metadata": {"project": "lamps"}}).json()
    assert (shown["object"], shown["metadata"]) == ("conversation", {"project": "lamps"})
    assert abs(shown["created_at"] - timezone.now().timestamp()) < 5
    address = f"conversations/{shown['id']}"
    assert alice_calls.get(address).json() == shown
    assert alice_calls.send(address, {"metadata": {"a": "b"}}).json() == shown | {"metadata": {"a": "b"}}
    assert alice_calls.send(address, {"metadata": None}).json()["metadata"] == {}
    assert Membership.objects.get(conversation=shown["id"], user=alice).is_owner
    deleted = {"id": shown["id"], "object": "conversation.deleted", "deleted": True}
    assert alice_calls.delete(address).json() == deleted
    assert alice_calls.get(address).status_code == 404


def test_a_programs_conversation_is_never_the_empty_one_that_a_page_begins_with(
    alice_calls: Caller, as_alice: Client
) -> None:
    program = made(alice_calls)
    assert program not in as_alice.post("/conversations/").headers["Location"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"metadata": []}, "metadata"),
        ({"metadata": "x"}, "metadata"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"metadata": {"a": None}}, "metadata.a"),
        ({"metadata": {"x" * 65: "a"}}, f"metadata.{'x' * 64}"),
        ({"metadata": {"a": "x" * 513}}, "metadata.a"),
        ({"metadata": {str(number): "" for number in range(17)}}, "metadata"),
        ({"items": "x"}, "items"),
        ({"items": []}, "items"),
        ({"items": [1]}, "items[0]"),
        ({"items": [{}]}, "items[0].type"),
        ({"items": [{"role": "user"}]}, "items[0].content"),
        ({"items": [ASKED] * 21}, "items"),
        ({"items": [{**ASKED, "content": [{"type": "input_image", "image_url": {"$file": "file_1"}}]}]}, None),
    ],
)
def test_a_bad_body_makes_nothing_and_names_what_is_wrong(
    alice_calls: Caller, body: dict[str, Any], param: str | None
) -> None:
    answer = alice_calls.send("conversations", body)
    assert answer.status_code == 400
    assert param is None or answer.json()["error"]["param"] == param
    assert not Conversation.objects.exists()


def test_items_are_added_listed_and_shown_in_the_browser(alice_calls: Caller, as_alice: Client) -> None:
    conversation_id = made(alice_calls, items=[ASKED, SAID])
    added = alice_calls.send(f"conversations/{conversation_id}/items", {"items": [MORE]}).json()
    assert (added["object"], added["has_more"], len(added["data"])) == ("list", False, 1)
    page = alice_calls.get(f"conversations/{conversation_id}/items", {"order": "asc"})
    assert texts(page) == ["Which lamp?", "The small one.", "Why?"]
    assert [item["role"] for item in page.json()["data"]] == ["user", "assistant", "user"]
    assert all(item["id"].startswith("msg_") and item["status"] == "completed" for item in page.json()["data"])
    assert texts(alice_calls.get(f"conversations/{conversation_id}/items")) == ["Why?", "The small one.", "Which lamp?"]
    assert Conversation.objects.get().title == "Which lamp?"
    shown = as_alice.get(f"/conversations/{conversation_id}/turns/").json()["turns"]
    assert [(len(turn["input"]), len(turn["output"]), turn["status"]) for turn in shown] == [
        (1, 1, "completed"),
        (1, 0, "completed"),
    ]


def test_items_are_listed_in_pages_of_any_size(alice_calls: Caller) -> None:
    conversation_id = made(alice_calls)
    for number in range(4):
        items = [ASKED | {"content": f"{number} asked"}, SAID | {"content": f"{number} said"}]
        alice_calls.send(f"conversations/{conversation_id}/items", {"items": items})
    address = f"conversations/{conversation_id}/items"
    everything = [item["id"] for item in alice_calls.get(address, {"order": "asc", "limit": 100}).json()["data"]]
    assert len(set(everything)) == 8
    for order, expected in (("asc", everything), ("desc", everything[::-1])):
        for limit in (1, 3, 8):
            seen: list[str] = []
            page: dict[str, Any] = {"has_more": True, "last_id": None}
            while page["has_more"]:
                asked = {"limit": limit, "order": order} | ({"after": page["last_id"]} if page["last_id"] else {})
                page = alice_calls.get(address, asked).json()
                seen += [item["id"] for item in page["data"]]
            assert seen == expected
    assert alice_calls.get(address, {"after": "msg_nothing"}).status_code == 400
    assert alice_calls.get(address, {"limit": "101"}).json()["error"]["param"] == "limit"


def test_a_conversation_without_items_is_an_empty_list(alice_calls: Caller) -> None:
    page = alice_calls.get(f"conversations/{made(alice_calls)}/items").json()
    assert page == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


def test_the_next_turn_is_told_what_was_added(alice_calls: Caller, alice: User) -> None:
    conversation_id = made(alice_calls, items=[ASKED, SAID, MORE])
    response = turns.send_message(conversation_for(alice, conversation_id), text="And the price?")[0]
    told = context.build(Response.objects.get(pk=response.pk)).body
    assert "previous_response_id" not in told
    said = [(item["role"], item["content"][0]["text"]) for item in told["input"]]
    assert said == [
        ("user", "Which lamp?"),
        ("assistant", "The small one."),
        ("user", "Why?"),
        ("user", "And the price?"),
    ]


def test_nothing_is_added_while_a_turn_runs(alice_calls: Caller, alice: User) -> None:
    conversation_id = made(alice_calls)
    turns.send_message(conversation_for(alice, conversation_id), text="A long story")
    answer = alice_calls.send(f"conversations/{conversation_id}/items", {"items": [ASKED]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conversation_locked")


def test_a_picture_is_added_by_its_id_and_shown_by_it(alice_calls: Caller) -> None:
    file_id = upload(alice_calls, picture(), "lamp.png", "vision").json()["id"]
    item = {"role": "user", "content": [{"type": "input_image", "file_id": file_id}]}
    conversation_id = made(alice_calls, items=[item])
    address = f"conversations/{conversation_id}/items"
    [shown] = alice_calls.get(address).json()["data"]
    assert shown["content"][0]["file_id"] == file_id
    assert shown["content"][0]["image_url"] is None
    [whole] = alice_calls.get(address, {"include[]": "message.input_image.image_url"}).json()["data"]
    assert whole["content"][0]["image_url"].startswith("data:image/png;base64,iVBOR")
    assert alice_calls.get(f"{address}/{shown['id']}").json() == shown


def test_a_deleted_item_is_told_and_shown_to_nobody(alice_calls: Caller, alice: User, as_alice: Client) -> None:
    conversation_id = made(alice_calls)
    ended(turns.send_message(conversation_for(alice, conversation_id), text="A secret")[0])
    ended(turns.send_message(conversation_for(alice, conversation_id), text="A lamp")[0])
    address = f"conversations/{conversation_id}/items"
    secret = alice_calls.get(address, {"order": "asc"}).json()["data"][0]
    answer = alice_calls.delete(f"{address}/{secret['id']}")
    assert answer.json()["id"] == conversation_id
    assert alice_calls.get(f"{address}/{secret['id']}").status_code == 404
    assert alice_calls.delete(f"{address}/{secret['id']}").status_code == 404
    assert texts(alice_calls.get(address)) == ["A lamp"]
    assert "A secret" not in as_alice.get(f"/conversations/{conversation_id}/turns/").content.decode()
    following = turns.send_message(conversation_for(alice, conversation_id), text="And now?")[0]
    told = context.build(Response.objects.get(pk=following.pk)).body
    assert "previous_response_id" not in told
    assert "A secret" not in str(told)
    assert "A lamp" in str(told)


def test_members_do_what_their_roles_let_them(
    conversation: Conversation, alice_calls: Caller, bob_calls: Caller, charlie_calls: Caller, bob: User
) -> None:
    address = f"conversations/{conversation.pk}"
    said = alice_calls.send(f"{address}/items", {"items": [ASKED]}).json()["data"][0]["id"]
    own = bob_calls.send(f"{address}/items", {"items": [MORE]}).json()["data"][0]["id"]
    assert texts(bob_calls.get(f"{address}/items")) == ["Why?", "Which lamp?"]
    assert bob_calls.delete(f"{address}/items/{said}").status_code == 403
    assert bob_calls.delete(f"{address}/items/{own}").status_code == 200
    assert bob_calls.delete(address).status_code == 403
    Membership.objects.filter(conversation=conversation, user=bob).update(role="viewer")
    assert bob_calls.get(address).status_code == 200
    assert bob_calls.send(address, {"metadata": {"a": "b"}}).status_code == 403
    assert bob_calls.send(f"{address}/items", {"items": [MORE]}).status_code == 403
    assert alice_calls.delete(f"{address}/items/{said}").status_code == 200
    assert charlie_calls.get(address).status_code == 404
    assert Item.objects.present().count() == 0


def test_the_same_request_under_the_same_key_is_one_conversation_and_one_item(alice_calls: Caller) -> None:
    def twice(path: str, body: Any, key: str) -> list[Any]:
        headers = {"Idempotency-Key": key}
        asked = [alice_calls.post(path, body, content_type="application/json", headers=headers) for _ in range(2)]
        return [answer.json() for answer in asked]

    first, again = twice("conversations", {"items": [ASKED]}, "a")
    assert first == again
    added, added_again = twice(f"conversations/{first['id']}/items", {"items": [SAID, MORE]}, "b")
    assert added == added_again
    assert Conversation.objects.count() == 1
    assert Item.objects.count() == 3


def test_a_listing_asks_the_database_as_often_however_long_it_is(
    alice_calls: Caller, django_assert_max_num_queries: Any
) -> None:
    conversation_id = made(alice_calls)
    for _ in range(30):
        alice_calls.send(f"conversations/{conversation_id}/items", {"items": [ASKED, SAID]})
    with django_assert_max_num_queries(8):
        alice_calls.get(f"conversations/{conversation_id}/items", {"limit": 100, "order": "asc"})


def test_what_was_begun_in_the_browser_is_read_by_a_program(alice_calls: Caller, alice: User) -> None:
    found = conversation_actions.create(alice)
    ended(turns.send_message(found, text="A lamp")[0])
    assert texts(alice_calls.get(f"conversations/{found.conversation.pk}/items")) == ["A lamp"]
