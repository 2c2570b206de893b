"""What the inspector tells of an answer, and to whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from conversations.catalog import capabilities
from conversations.models import Conversation, Membership, Response, User
from tests.inspector.conftest import Answered, log_events
from tests.items.gallery import ITEMS, MCP_TOOL
from tests.upstream.script import answer_events

pytestmark = pytest.mark.django_db


def address(response: Response, part: str = "") -> str:
    return f"/conversations/{response.conversation_id}/responses/{response.pk}/inspector/{part}"


def shown(client: Client, response: Response, part: str = "", **query: Any) -> str:
    answer = client.get(address(response, part), query)
    assert answer.status_code == 200, answer.content
    return " ".join(answer.content.decode().split())


def test_the_overview_says_what_it_was_and_how_long_it_took(as_alice: Client, answered: Answered) -> None:
    queued = timezone.now() - timedelta(minutes=1)
    response = answered(
        "How far?",
        "Sixty centimetres",
        queued_at=queued,
        started_at=queued + timedelta(seconds=0.02),
        first_event_at=queued + timedelta(seconds=0.84),
        first_token_at=queued + timedelta(seconds=6.05),
        done_at=queued + timedelta(seconds=11.38),
        request_id="req_7",
        deployment="team-gpt5",
        remarks=["The provider was busy."],
        usage={
            "input_tokens": 3384,
            "input_tokens_details": {"cached_tokens": 2432},
            "output_tokens": 708,
            "output_tokens_details": {"reasoning_tokens": 320},
            "total_tokens": 4092,
        },
    )
    page = shown(as_alice, response)
    for fact in ("queued 0.02 s", "first event 0.84 s", "first word 6.05 s", "done 11.38 s", "133 tokens a second"):
        assert fact in page
    for fact in ("resp_1", "req_7", "team-gpt5", "https://a.example", "The provider was busy.", "Alice"):
        assert fact in page
    for count in ("952", "2,432", "320", "388", "4,092"):
        assert f">{count}<" in page


def test_a_cost_is_estimated_where_the_price_is_known_and_else_not_made_up(
    as_alice: Client, answered: Answered
) -> None:
    usage = {"input_tokens": 1_000_000, "output_tokens": 0, "total_tokens": 1_000_000}
    known = capabilities("gpt-5").prices.input
    assert known is not None
    assert f"${known:,.4f}" in shown(as_alice, answered("a", "b", usage=usage))
    assert "price unknown" in shown(as_alice, answered("a", "b", usage=usage, model="nobody-knows-it"))


def test_what_the_provider_keeps_is_said_with_its_end(as_alice: Client, answered: Answered) -> None:
    now = timezone.now()
    until = now + timedelta(days=28, hours=1)
    assert "for 28 more days" in shown(as_alice, answered("a", "b", provider_expires_at=until))
    gone = shown(as_alice, answered("a", "b", provider_expires_at=now - timedelta(days=1)))
    assert "The provider kept it until" in gone
    assert "Nothing of this answer" in shown(as_alice, answered("a", "b", store=False))
    deleted = shown(as_alice, answered("a", "b", provider_deleted_at=now))
    assert "Deleted at the provider on" in deleted
    assert "data-delete-at-provider" not in deleted
    assert "Deleted at the provider on" in shown(as_alice, answered("a", "b", deleted_at=now))


def test_an_answer_that_never_came_is_explained_in_every_part(as_alice: Client, answered: Answered) -> None:
    error = {"code": "ProviderUnavailable", "message": "The provider could not be reached."}
    response = answered("a", "b", status="failed", provider_id="", parameters={}, error=error)
    assert "could not be reached" in shown(as_alice, response)
    assert "Nothing has been sent yet" in shown(as_alice, response, "request/")
    assert "without a response object" in shown(as_alice, response, "response/")
    assert "The provider knows nothing of this answer" in shown(as_alice, response, "input/")
    assert "pruned" in shown(as_alice, response, "events/")
    assert "resp_" not in shown(as_alice, response, "chain/")


def test_the_request_is_told_with_its_input_and_without_its_secrets(as_alice: Client, answered: Answered) -> None:
    answered("How far?", "Sixty centimetres", parameters={"model": "gpt-5", "store": False}, store=False)
    response = answered(
        "And at an angle?",
        "438 lux",
        store=False,
        instructions="Be short.",
        parameters={"model": "gpt-5", "store": False, "temperature": 0.2, "tools": [MCP_TOOL]},
    )
    request = shown(as_alice, response, "request/")
    for words in ("How far?", "Sixty centimetres", "And at an angle?", "Be short.", "temperature", "X-Key"):
        assert words in request
    assert "hush" not in request


def test_with_a_named_response_only_the_new_input_was_sent(as_alice: Client, answered: Answered) -> None:
    answered("How far?", "Sixty centimetres")
    request = shown(as_alice, answered("And at an angle?", "438 lux"), "request/")
    assert "resp_1" in request
    assert "How far?" not in request


def test_the_response_is_verbatim_but_for_bytes_and_what_is_sealed(as_alice: Client, answered: Answered) -> None:
    picture = {"type": "image_generation_call", "result": {"$file": "file_abc", "width": 1024, "height": 768}}
    final = {"id": "resp_1", "billing": {"payer": "developer"}, "output": [ITEMS["reasoning"], picture]}
    response = shown(as_alice, answered("a", "b", final=final), "response/")
    assert "billing" in response
    assert "[file_abc, 1024 × 768: kept here]" in response
    assert "gAAAAABsealed" not in response
    assert "sealed by the provider" in response


def test_a_long_body_comes_in_pages_that_make_the_whole(as_alice: Client, answered: Answered) -> None:
    import html
    import json
    import re

    final = {"output": [{"number": number, "text": "lamp " * 20} for number in range(400)]}
    response = answered("a", "b", final=final)
    text, after = "", "0"
    while after:
        page = as_alice.get(address(response, "response/"), {"after": after}).content.decode()
        found = re.search(r"<code[^>]*>(.*)</code>", page, re.DOTALL)
        assert found is not None
        assert len(found[1]) < 60_000
        text += html.unescape(found[1])
        following = re.search(r"after=(\d+)", page)
        after = following[1] if following else ""
    assert json.loads(text) == final


def test_events_are_listed_with_the_providers_numbers(as_alice: Client, answered: Answered) -> None:
    response = answered("a", "b")
    events = answer_events("one two three four")
    log_events(response, events[:3], events[3:])
    page = shown(as_alice, response, "events/")
    assert "6 events, no gaps" in page
    assert "<span>1–4</span><span>response.output_text.delta</span>" in page
    log_events(answered("a", "b"), [])
    missing = answered("a", "b")
    log_events(missing, [events[0], events[3]])
    assert "1 gap in the provider’s numbers" in shown(as_alice, missing, "events/")


def test_a_long_log_comes_in_pages(as_alice: Client, answered: Answered) -> None:
    response = answered("a", "b")
    one = {"type": "response.output_text.delta", "delta": "x"}
    log_events(response, *([{**one, "sequence_number": number}] for number in range(150)))
    first = shown(as_alice, response, "events/")
    assert "0–59" in first
    assert "events/?after=1:59" in first
    assert "120–149" in shown(as_alice, response, "events/", after="1:119")
    assert "data-more" not in shown(as_alice, response, "events/", after="1:119")


def test_the_chain_leads_back_to_the_first_turn(as_alice: Client, answered: Answered) -> None:
    first = answered("The first question", "b", provider_deleted_at=timezone.now())
    answered("The second", "b", parameters={"model": "gpt-5", "store": True})
    last = answered("The third", "b")
    chain = shown(as_alice, last, "chain/")
    assert chain.index("The first question") < chain.index("The second") < chain.index("The third")
    assert "deleted there" in chain
    assert "Rebuilt from the team’s copy" in chain
    assert 'Went on from <span class="mono">resp_2</span>' in chain
    assert f'data-inspect="{first.pk}"' in chain
    for number in range(25):
        last = answered(f"Turn {number}", "b")
    chain = shown(as_alice, last, "chain/")
    assert "The first question" not in chain
    assert "Show earlier turns" in chain


def test_members_may_look_and_nobody_else(
    as_bob: Client, as_charlie: Client, as_admin: Client, conversation: Conversation, bob: User, answered: Answered
) -> None:
    response = answered("a", "b")
    elsewhere = Conversation.objects.create(created_by=bob)
    Membership.objects.create(conversation=elsewhere, user=bob, role="owner")
    for role in ("viewer", "commenter", "editor"):
        Membership.objects.filter(conversation=conversation, user=bob).update(role=role)
        for part in ("", "request/", "response/", "chain/", "events/", "as/curl/"):
            assert as_bob.get(address(response, part)).status_code == 200
    for part in ("", "request/", "response/", "input/", "chain/", "events/", "as/curl/", "nonsense/"):
        assert as_charlie.get(address(response, part)).status_code == 404
        assert as_admin.get(address(response, part)).status_code == 404
        stolen = address(response, part).replace(conversation.pk, elsewhere.pk)
        assert as_bob.get(stolen).status_code == 404
    assert as_bob.get(address(response, "nonsense/")).status_code == 404


def test_an_unreadable_cursor_begins_at_the_beginning(as_alice: Client, answered: Answered) -> None:
    response = answered("a", "b", final={"id": "resp_1"})
    log_events(response, answer_events())
    for after in ("-1", "x:y", "1:2:3", "9" * 30, "\x00", "٣", "1:" + "9" * 40):
        for part in ("response/", "events/", "chain/"):
            shown(as_alice, response, part, after=after)
