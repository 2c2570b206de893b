"""What people do with turns, through the doors of the page."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from conversations import access
from conversations.actions import conversations, turns
from conversations.actions.turns import MOST_CHARACTERS, MOST_RUNNING
from conversations.errors import NotFound
from conversations.models import Conversation, Fact, Item, Membership, Response, User

pytestmark = pytest.mark.django_db(transaction=True)


def post(client: Client, conversation: Conversation, path: str, body: Any = None) -> Any:
    url = f"/conversations/{conversation.pk}/{path}/"
    return client.post(url, data=json.dumps(body or {}), content_type="application/json")


def send(client: Client, conversation: Conversation, text: str = "Hello", **fields: Any) -> dict[str, Any]:
    answer = post(client, conversation, "messages", {"text": text, **fields})
    assert answer.status_code == 201, answer.content
    return answer.json()


def complete(turn: dict[str, Any], text: str = "An answer.") -> Response:
    """End a turn as its runner would, without one."""
    response = Response.objects.get(pk=turn["turn"]["id"])
    response.status, response.done_at = Response.Status.COMPLETED, timezone.now()
    response.provider_id = f"resp_{response.pk}"
    response.save()
    payload = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    Item.objects.create(
        conversation=response.conversation,
        response=response,
        direction=Item.Direction.OUTPUT,
        index=0,
        type="message",
        role="assistant",
        status="completed",
        payload=payload,
        text=text,
    )
    return response


def page(client: Client, conversation: Conversation, **query: Any) -> dict[str, Any]:
    return client.get(f"/conversations/{conversation.pk}/turns/", query).json()


def test_a_message_queues_an_answer_and_everybody_is_told(as_alice: Client, conversation: Conversation) -> None:
    turn = send(as_alice, conversation, "How bright is the lamp?")["turn"]
    assert turn["status"] == "queued"
    assert turn["input"][0]["author"]["name"] == "Alice"
    assert turn["input"][0]["payload"]["content"] == [{"type": "input_text", "text": "How bright is the lamp?"}]
    fact = Fact.objects.get(conversation=conversation)
    assert (fact.position, fact.kind, fact.response_id) == (1, "response.created", turn["id"])


def test_what_the_sender_gets_is_what_a_fresh_page_shows(as_alice: Client, conversation: Conversation) -> None:
    first = complete(send(as_alice, conversation))
    sent = send(as_alice, conversation, "And then?", previous=first.pk)["turn"]
    assert page(as_alice, conversation)["turns"][-1] == sent


def test_the_same_client_id_twice_is_one_message(as_alice: Client, conversation: Conversation) -> None:
    first = send(as_alice, conversation, client_id="tab-1")
    again = post(as_alice, conversation, "messages", {"text": "Hello", "client_id": "tab-1"})
    assert again.status_code == 200
    assert again.json()["turn"]["id"] == first["turn"]["id"]
    assert Response.objects.count() == 1


def test_a_message_follows_the_newest_answer(as_alice: Client, as_bob: Client, conversation: Conversation) -> None:
    first = complete(send(as_alice, conversation))
    assert send(as_bob, conversation, "From Bob")["turn"]["previous"] == first.pk


def test_two_people_who_send_at_once_are_put_in_one_order(
    as_alice: Client, as_bob: Client, conversation: Conversation
) -> None:
    start = complete(send(as_alice, conversation))
    alices = send(as_alice, conversation, "Mine", previous=start.pk)["turn"]
    bobs = send(as_bob, conversation, "And mine", previous=start.pk)["turn"]
    assert (alices["previous"], bobs["previous"]) == (start.pk, alices["id"])
    assert [turn["id"] for turn in page(as_alice, conversation)["turns"]] == [start.pk, alices["id"], bobs["id"]]


def test_another_wording_makes_a_branch_beside_the_first(as_alice: Client, conversation: Conversation) -> None:
    first = complete(send(as_alice, conversation, "One"))
    second = complete(send(as_alice, conversation, "Two", previous=first.pk))
    edited = send(as_alice, conversation, "Two, but better", edits=second.pk)
    turns = page(as_alice, conversation)["turns"]
    assert [turn["id"] for turn in turns] == [first.pk, edited["turn"]["id"]]
    assert [sibling["id"] for sibling in turns[1]["siblings"]] == [second.pk, edited["turn"]["id"]]
    old = page(as_alice, conversation, branch=second.branch_id)["turns"]
    assert [turn["id"] for turn in old] == [first.pk, second.pk]


def test_the_first_message_can_be_worded_anew_too(as_alice: Client, conversation: Conversation) -> None:
    first = complete(send(as_alice, conversation, "One"))
    edited = send(as_alice, conversation, "One again", edits=first.pk)["turn"]
    assert edited["previous"] is None
    assert [sibling["id"] for sibling in edited["siblings"]] == [first.pk, edited["id"]]


def test_only_the_author_may_word_a_message_anew(as_alice: Client, as_bob: Client, conversation: Conversation) -> None:
    first = complete(send(as_alice, conversation))
    refused = post(as_bob, conversation, "messages", {"text": "Not hers", "edits": first.pk})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_yours")
    assert Response.objects.count() == 1


def test_a_message_is_worded_anew_by_its_author_from_another_persons_answer_to_it(
    as_alice: Client, as_bob: Client, conversation: Conversation
) -> None:
    first = complete(send(as_alice, conversation, "One"))
    bobs = complete(post(as_bob, conversation, f"responses/{first.pk}/regenerate").json())
    refused = post(as_bob, conversation, "messages", {"text": "Still hers", "edits": bobs.pk})
    assert refused.status_code == 403
    assert send(as_alice, conversation, "One, better", edits=bobs.pk)["turn"]["previous"] is None


def test_regenerating_answers_the_same_message_again(
    as_alice: Client, as_bob: Client, conversation: Conversation
) -> None:
    first = complete(send(as_alice, conversation, "Once more"))
    again = post(as_bob, conversation, f"responses/{first.pk}/regenerate")
    assert again.status_code == 201
    turn = again.json()["turn"]
    assert turn["input"][0]["payload"]["content"][0]["text"] == "Once more"
    assert [answer["id"] for answer in turn["answers"]] == [first.pk, turn["id"]]
    assert len(turn["siblings"]) == 1


def test_a_running_answer_is_not_regenerated(as_alice: Client, conversation: Conversation) -> None:
    turn = send(as_alice, conversation)["turn"]
    assert post(as_alice, conversation, f"responses/{turn['id']}/regenerate").status_code == 409


def test_an_interrupted_answer_can_be_continued(as_alice: Client, conversation: Conversation) -> None:
    first = complete(send(as_alice, conversation))
    assert post(as_alice, conversation, f"responses/{first.pk}/continue").status_code == 409
    Response.objects.filter(pk=first.pk).update(status=Response.Status.INCOMPLETE)
    turn = post(as_alice, conversation, f"responses/{first.pk}/continue").json()["turn"]
    assert turn["previous"] == first.pk
    assert turn["input"] == []  # the request to go on is the model's business, not the reader's


def test_stopping_asks_once_and_what_has_ended_stays(as_alice: Client, conversation: Conversation) -> None:
    turn = send(as_alice, conversation)
    assert post(as_alice, conversation, f"responses/{turn['turn']['id']}/stop").status_code == 202
    asked = Response.objects.get().cancel_requested_at
    assert asked is not None
    assert post(as_alice, conversation, f"responses/{turn['turn']['id']}/stop").status_code == 202
    assert Response.objects.get().cancel_requested_at == asked


@pytest.mark.parametrize("text", ["", " \n\t", "\x00"])
def test_an_empty_message_is_refused_with_a_sentence(as_alice: Client, conversation: Conversation, text: str) -> None:
    refused = post(as_alice, conversation, "messages", {"text": text})
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, "Write something first.")


def test_a_message_that_is_too_long_is_refused_with_its_length(as_alice: Client, conversation: Conversation) -> None:
    refused = post(as_alice, conversation, "messages", {"text": "a" * (MOST_CHARACTERS + 1)})
    assert refused.status_code == 413
    assert "400,001 characters" in refused.json()["error"]["message"]
    assert Response.objects.count() == 0


def test_half_a_character_is_no_json(as_alice: Client, conversation: Conversation) -> None:
    body = '{"text": "broken \\ud83d here"}'
    url = f"/conversations/{conversation.pk}/messages/"
    refused = as_alice.post(url, data=body, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "not_json")


def test_a_form_is_no_json(alice: User, conversation: Conversation) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    client.get(f"/conversations/{conversation.pk}/")
    headers = {"X-CSRFToken": client.cookies["csrftoken"].value}
    for path in ("messages", "update"):
        refused = client.post(f"/conversations/{conversation.pk}/{path}/", {}, headers=headers)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "not_json")


def test_what_no_database_can_look_for_is_unknown_and_no_error(as_alice: Client, conversation: Conversation) -> None:
    for address in ("/conversations/conv_%00/", "/conversations/conv_%00/turns/", "/files/file_%00/"):
        assert as_alice.get(address).status_code == 404
    assert send(as_alice, conversation, client_id="tab-\x00")["turn"]["input"][0]["client_id"] == "tab-"


def test_more_than_a_few_turns_may_not_wait(as_alice: Client, conversation: Conversation) -> None:
    for number in range(MOST_RUNNING):
        send(as_alice, conversation, f"Message {number}")
    refused = post(as_alice, conversation, "messages", {"text": "One too many"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "queue_full")


def test_nor_may_they_run_side_by_side_on_as_many_branches(as_alice: Client, conversation: Conversation) -> None:
    first = send(as_alice, conversation, "The first wording")["turn"]
    for number in range(MOST_RUNNING - 1):
        send(as_alice, conversation, f"Wording {number}", edits=first["id"])
    assert post(as_alice, conversation, "messages", {"text": "One more", "edits": first["id"]}).status_code == 429


def test_nothing_is_said_in_a_conversation_that_was_deleted_a_moment_ago(
    alice: User, bob: User, conversation: Conversation
) -> None:
    let_in = access.conversation_for(bob, conversation.pk)
    conversations.delete(access.conversation_for(alice, conversation.pk))
    with pytest.raises(NotFound):
        turns.send_message(let_in, text="Too late")
    with pytest.raises(NotFound):
        conversations.update(let_in, {"title": "Too late"})
    assert Response.objects.count() == 0


def test_a_viewer_reads_and_does_not_write(as_bob: Client, bob: User, conversation: Conversation) -> None:
    Membership.objects.filter(user=bob).update(role=Membership.Role.VIEWER)
    assert page(as_bob, conversation)["turns"] == []
    assert post(as_bob, conversation, "messages", {"text": "Hello"}).status_code == 403


def test_charlie_gets_for_alices_turn_what_he_gets_for_an_unknown_one(
    as_alice: Client, as_charlie: Client, conversation: Conversation
) -> None:
    turn = send(as_alice, conversation)["turn"]
    for path in ("messages", f"responses/{turn['id']}/stop", f"responses/{turn['id']}/regenerate", "update", "delete"):
        theirs = post(as_charlie, conversation, path, {"text": "Let me in"})
        unknown = as_charlie.post(
            f"/conversations/conv_unknown/{path}/", data='{"text": "Let me in"}', content_type="application/json"
        )
        assert (theirs.status_code, theirs.content) == (unknown.status_code, unknown.content) == (404, unknown.content)


def test_a_turn_of_another_conversation_is_unknown_here(
    as_alice: Client, alice: User, conversation: Conversation
) -> None:
    other = Conversation.objects.create(created_by=alice)
    Membership.objects.create(conversation=other, user=alice, role=Membership.Role.OWNER)
    turn = complete(send(as_alice, other))
    for body in ({"previous": turn.pk}, {"edits": turn.pk}, {"previous": 2**62}):
        assert post(as_alice, conversation, "messages", {"text": "Mixed", **body}).status_code == 404


@pytest.mark.parametrize("value", [[], {}, "1", 0, -1, 1.5, True, 2**63])
def test_an_id_that_is_none_is_refused(as_alice: Client, conversation: Conversation, value: Any) -> None:
    assert post(as_alice, conversation, "messages", {"text": "Hello", "previous": value}).status_code == 400


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Tell me about **lamps** and `code`", "Tell me about lamps and code"),
        ("# A heading\n> and a quote", "A heading and a quote"),
        ("<b>html</b> stays, snake_case too", "<b>html</b> stays, snake_case too"),
        ("word " * 40, " ".join(["word"] * 12) + "…"),
        ("***", "***"),
    ],
)
def test_the_first_words_are_the_title(as_alice: Client, alice: User, text: str, title: str) -> None:
    conversation = Conversation.objects.create(created_by=alice)
    Membership.objects.create(conversation=conversation, user=alice, role=Membership.Role.OWNER)
    send(as_alice, conversation, text)
    conversation.refresh_from_db()
    assert conversation.title == title
