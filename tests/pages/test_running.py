"""The list of what runs in a person's conversations."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations.models import Branch, Conversation, Membership, Response, StreamChunk, User

pytestmark = pytest.mark.django_db


def run(conversation: Conversation, user: User, *events: dict[str, Any], **fields: Any) -> Response:
    branch = conversation.branch or Branch.objects.create(conversation=conversation, created_by=user)
    Conversation.objects.filter(pk=conversation.pk).update(branch=branch)
    conversation.branch = branch
    response = Response.objects.create(
        conversation=conversation,
        created_by=user,
        **{"branch": branch, "model": "demo", "status": "in_progress", **fields},
    )
    for number, event in enumerate(events):
        StreamChunk.objects.create(response=response, epoch=1, sequence=number, count=1, events=[event])
    return response


def shown(client: Client) -> list[Any]:
    return client.get("/running/").context["work"]


def test_a_persons_own_work_comes_first_with_who_asked_for_the_rest(
    as_alice: Client, alice: User, bob: User, conversation: Conversation
) -> None:
    run(conversation, bob)
    own = run(conversation, alice)
    rows = shown(as_alice)
    assert [(row.response_id == own.pk, row.asked_by, row.may_stop) for row in rows] == [
        (True, "", True),
        (False, "Bob", True),
    ]
    page = as_alice.get("/running/").content.decode()
    assert "A lamp for the window" in page
    assert f"/conversations/{conversation.pk}/responses/{own.pk}/stop/" in page


def test_what_has_ended_or_is_not_shared_or_was_deleted_is_not_there(
    as_charlie: Client, as_alice: Client, alice: User, conversation: Conversation
) -> None:
    run(conversation, alice, status="completed", done_at=timezone.now())
    assert shown(as_alice) == []
    run(conversation, alice)
    assert len(shown(as_alice)) == 1
    assert shown(as_charlie) == []
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=timezone.now())
    assert shown(as_alice) == []
    assert "Nothing runs" in as_alice.get("/running/").content.decode()


def test_who_only_reads_stops_nothing(as_bob: Client, alice: User, conversation: Conversation) -> None:
    run(conversation, alice)
    Membership.objects.filter(user__name="Bob").update(role="viewer")
    assert [row.may_stop for row in shown(as_bob)] == [False]
    assert "data-stop" not in as_bob.get("/running/").content.decode()


@pytest.mark.parametrize(
    ("event", "progress"),
    [
        ({"type": "response.queued"}, "Queued at the provider"),
        ({"type": "response.reasoning_summary_text.delta", "delta": "Hm"}, "Thinking"),
        ({"type": "response.output_text.delta", "delta": "Yes"}, "Writing"),
        ({"type": "response.output_item.added", "item": {"type": "message"}}, "Writing"),
        ({"type": "response.output_item.done", "item": {"type": "reasoning"}}, "Thinking"),
        ({"type": "response.image_generation_call.partial_image", "partial_image_index": 1}, "partial image 2"),
        ({"type": "response.image_generation_call.generating"}, "Making an image"),
        ({"type": "response.mcp_call.in_progress"}, "Using a server"),
        ({"type": "response.of.tomorrow"}, "At work"),
    ],
)
def test_it_tells_how_far_it_is(
    as_alice: Client, alice: User, conversation: Conversation, event: dict[str, Any], progress: str
) -> None:
    run(conversation, alice, {"type": "response.created"}, event)
    assert progress in shown(as_alice)[0].progress


def test_before_the_first_event_it_tells_what_is_waited_for(
    as_alice: Client, alice: User, conversation: Conversation
) -> None:
    first = run(conversation, alice, background=True, provider_id="resp_1")
    run(conversation, alice, previous_response=first, status="queued")
    run(conversation, alice, cancel_requested_at=timezone.now())
    assert [row.progress for row in shown(as_alice)] == [
        "Queued at the provider",
        "Waits for the answer before it",
        "Stopping",
    ]


def test_work_on_another_branch_is_opened_there(as_alice: Client, alice: User, conversation: Conversation) -> None:
    other = Branch.objects.create(conversation=conversation, created_by=alice)
    run(conversation, alice)
    run(conversation, alice, branch=other)
    assert [row.url.endswith(f"?branch={other.pk}") for row in shown(as_alice)] == [False, True]


def test_the_list_costs_the_same_for_one_and_for_many(
    as_alice: Client, alice: User, conversation: Conversation
) -> None:
    run(conversation, alice, {"type": "response.created"})
    shown(as_alice)
    with CaptureQueriesContext(connection) as few:
        shown(as_alice)
    for _ in range(30):
        other = Conversation.objects.create(created_by=alice, title="Other")
        Membership.objects.create(conversation=other, user=alice, role="owner")
        run(other, alice, {"type": "response.created"})
    with CaptureQueriesContext(connection) as many:
        assert len(shown(as_alice)) == 31
    assert queries(many) == queries(few)


def queries(captured: CaptureQueriesContext) -> int:
    """Count queries, without those that the catalogue makes whenever a moment has passed."""
    tables = ("conversations_catalogentry", "conversations_refusedparameter")
    return sum(not any(table in query["sql"] for table in tables) for query in captured.captured_queries)


def test_every_page_of_the_shell_has_it(as_alice: Client, conversation: Conversation) -> None:
    for address in ("/", "/settings/", f"/conversations/{conversation.pk}/"):
        assert '<running-work source="/running/">' in as_alice.get(address).content.decode()
