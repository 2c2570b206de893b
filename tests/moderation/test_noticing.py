"""The provider's filter, in both of its shapes, and blocked terms in answers come to the moderators by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from conversations import site_settings
from conversations.models import Case, Conversation, Response, User
from conversations.moderation import noticing
from conversations.site_settings import BLOCKED_TERMS
from tests.moderation.conftest import Make

HIT = {"violence": {"filtered": True, "severity": "medium"}, "hate": {"filtered": False, "severity": "safe"}}
HARSH = {"violence": {"filtered": True, "severity": "high"}}
RESPONSES_SHAPE = {"content_filters": [{"blocked": True, "source_type": "prompt", "content_filter_results": HIT}]}
CHAT_SHAPE = {"innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": HIT}}


@pytest.fixture
def turn(make: Make) -> Response:
    return Response.objects.get(conversation=make(canary="the lamp"))


def ended(turn: Response, **columns: Any) -> Case | None:
    Response.objects.filter(pk=turn.pk).update(**columns)
    turn.refresh_from_db()
    if noticing.wants_a_look(turn):
        noticing.look(turn.pk)
    return Case.objects.first()


@pytest.mark.parametrize("body", [RESPONSES_SHAPE, CHAT_SHAPE])
def test_a_refused_prompt_is_a_case_of_low_priority(turn: Response, body: dict[str, Any]) -> None:
    error = {"code": "content_filter", "message": "Refused", "provider": {"code": "content_filter", "body": body}}
    case = ended(turn, status="failed", error=error, final=None)
    assert case is not None
    assert (case.kind, case.priority, case.author) == ("refused", 1, turn.created_by)
    assert case.reports.get().comment == "violence: medium"


def test_an_answer_that_was_cut_is_a_case(turn: Response) -> None:
    case = ended(turn, status="incomplete", incomplete_details={"reason": "content_filter"})
    assert case is not None
    assert (case.kind, case.reports.get().source) == ("answer", "provider")


def test_what_the_filter_found_and_let_pass_is_ranked_by_its_severity(turn: Response) -> None:
    entry = {"blocked": False, "source_type": "completion", "content_filter_results": HARSH}
    case = ended(turn, final={**(turn.final or {}), "content_filters": [entry]})
    assert case is not None
    assert (case.kind, case.priority) == ("answer", 2)


@pytest.mark.parametrize(
    "filters", [None, [], "x", [None], [{"content_filter_results": None}], [{"content_filter_results": {"hate": 1}}]]
)
def test_nothing_found_is_no_case_whatever_its_form(turn: Response, filters: Any) -> None:
    assert ended(turn, final={**(turn.final or {}), "content_filters": filters}) is None


def test_a_blocked_term_in_an_answer_is_a_case_and_looking_twice_makes_no_other(turn: Response, admin: User) -> None:
    site_settings.change(BLOCKED_TERMS, "lamp", actor=admin)
    assert ended(turn) is not None
    case = ended(turn)
    assert case is not None
    assert (case.kind, case.reports.get().source, case.reports.get().comment) == ("answer", "check", "lamp")


def test_in_a_deleted_conversation_nothing_is_opened(turn: Response, admin: User) -> None:
    from django.utils import timezone

    site_settings.change(BLOCKED_TERMS, "lamp", actor=admin)
    Conversation.objects.filter(pk=turn.conversation_id).update(deleted_at=timezone.now())
    assert ended(turn) is None
