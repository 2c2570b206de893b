"""What a page costs does not depend on how long the conversation is."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations import snapshots
from conversations.models import Branch, Conversation, Item, Response, User
from conversations.shown import shown_item

pytestmark = pytest.mark.django_db


def lengthen(conversation: Conversation, user: User, turns: int) -> list[Response]:
    """Give the conversation this many complete turns in one line; return them."""
    branch = conversation.branch or Branch.objects.create(conversation=conversation, created_by=user)
    said: list[Response] = []
    for number in range(turns):
        response = Response.objects.create(
            conversation=conversation,
            branch=branch,
            created_by=user,
            previous_response=said[-1] if said else branch.head,
            status="completed",
            done_at=timezone.now(),
        )
        for direction, role in (("input", "user"), ("output", "assistant")):
            payload = {"type": "message", "role": role, "content": [{"type": "output_text", "text": str(number)}]}
            Item.objects.create(
                conversation=conversation,
                response=response,
                direction=direction,
                index=0,
                type="message",
                role=role,
                author=user if role == "user" else None,
                payload=payload,
                text=str(number),
            )
        said.append(response)
    Branch.objects.filter(pk=branch.pk).update(head=said[-1])
    Conversation.objects.filter(pk=conversation.pk).update(branch=branch)
    conversation.refresh_from_db()
    return said


def queries(client: Client, url: str) -> tuple[int, Any]:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(url)
    assert answer.status_code == 200
    return len(captured), answer


def test_opening_a_long_conversation_takes_as_many_queries_as_a_short_one(
    as_alice: Client, alice: User, conversation: Conversation
) -> None:
    url = f"/conversations/{conversation.pk}/turns/"
    lengthen(conversation, alice, 2)
    as_alice.get(url)
    short, _ = queries(as_alice, url)
    lengthen(conversation, alice, 2 * snapshots.PAGE)
    long, answer = queries(as_alice, url)
    assert (long, len(answer.json()["turns"])) == (short, snapshots.PAGE)


def test_older_pages_lead_to_the_first_message_and_repeat_nothing(
    as_alice: Client, alice: User, conversation: Conversation
) -> None:
    said = lengthen(conversation, alice, 2 * snapshots.PAGE + 5)
    seen: list[int] = []
    before: int | None = None
    for _ in range(3):
        query = f"?before={before}" if before else ""
        page = as_alice.get(f"/conversations/{conversation.pk}/turns/{query}").json()
        seen = [turn["id"] for turn in page["turns"]] + seen
        before = page["before"]
    assert before is None
    assert seen == [response.pk for response in said]


def test_encrypted_reasoning_stays_on_the_server() -> None:
    shown = shown_item({"type": "reasoning", "summary": [], "encrypted_content": "sealed"})
    assert shown == {"type": "reasoning", "summary": []}


def test_a_picture_is_shown_by_its_address() -> None:
    reference = {"$file": "file_1", "width": 1024, "height": 768}
    shown = shown_item({"type": "image_generation_call", "result": reference})
    assert shown == {
        "type": "image_generation_call",
        "image": {"id": "file_1", "url": "/files/file_1/", "width": 1024, "height": 768},
    }


def test_an_answer_says_about_what_it_cost_where_the_price_is_known(
    as_alice: Client, alice: User, conversation: Conversation
) -> None:
    first, second = lengthen(conversation, alice, 2)
    usage = {"input_tokens": 1_000_000, "output_tokens": 100_000}
    Response.objects.filter(pk=first.pk).update(model="gpt-4o-2024-08-06", usage=usage)
    Response.objects.filter(pk=second.pk).update(model="my-deployment", usage=usage)
    turns = as_alice.get(f"/conversations/{conversation.pk}/turns/").json()["turns"]
    assert [turn["cost"] for turn in turns] == [3.5, None]
