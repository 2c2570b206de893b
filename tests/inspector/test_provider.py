"""What the provider is asked and told from the inspector."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from django.test import Client
from django.utils import timezone

from conversations.inspector import provider as inspector_provider
from conversations.models import Conversation, Fact, Membership, Response, User
from conversations.turns import context
from tests.inspector.conftest import Answered, ScriptedProvider
from tests.inspector.test_panel import shown
from tests.upstream.script import answering

pytestmark = pytest.mark.django_db
Scripted = Callable[..., ScriptedProvider]
GONE = {"error": {"message": "Response with id 'resp_1' not found.", "type": "invalid_request_error", "code": None}}
DELETED = {"id": "resp_1", "object": "response.deleted", "deleted": True}


def delete(client: Client, response: Response) -> Any:
    where = f"/conversations/{response.conversation_id}/responses/{response.pk}/delete-at-provider/"
    return client.post(where, {}, content_type="application/json")


def remarks(response: Response) -> list[str]:
    response.refresh_from_db()
    return list(response.remarks)


def test_input_items_are_asked_for_live_and_in_pages(as_alice: Client, answered: Answered, scripted: Scripted) -> None:
    items = [{"id": "msg_0", "type": "message", "role": "user", "content": []}]
    page = {"object": "list", "data": items, "first_id": "msg_0", "last_id": "msg_0", "has_more": True}
    upstream = scripted(answering(page), answering(page | {"has_more": False}))
    response = answered("a", "b")
    assert "input/?after=msg_0" in shown(as_alice, response, "input/")
    assert "data-more" not in shown(as_alice, response, "input/", after="msg_0")
    assert upstream.requests[0].path == "/v1/responses/resp_1/input_items"
    assert upstream.requests[1].query["after"] == "msg_0"


def test_why_there_are_no_input_items_is_said(as_alice: Client, answered: Answered, scripted: Scripted) -> None:
    upstream = scripted(answering(GONE, status=404), answering({"error": {"message": "no"}}, status=500))
    response = answered("a", "b")
    assert "does not have this response any more" in shown(as_alice, response, "input/")
    assert "data-more" not in shown(as_alice, response, "input/")
    assert "store=false" in shown(as_alice, answered("a", "b", store=False), "input/")
    deleted = answered("a", "b", provider_deleted_at=timezone.now())
    assert "was deleted at the provider" in shown(as_alice, deleted, "input/")
    assert len(upstream.requests) == 2, "the provider is not asked for what cannot be there"


def test_a_provider_that_hangs_does_not_hold_the_page(
    as_alice: Client, answered: Answered, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response()

    scripted(hang)
    monkeypatch.setattr(inspector_provider, "PATIENCE", 0.2)
    response = answered("a", "b")
    assert "did not answer in time" in shown(as_alice, response, "input/")
    assert delete(as_alice, response).status_code == 502


def test_a_response_is_deleted_at_the_provider_once(as_alice: Client, answered: Answered, scripted: Scripted) -> None:
    upstream = scripted(answering(DELETED))
    response = answered("a", "b")
    for _ in range(2):
        assert delete(as_alice, response).status_code == 200
    assert [request.method for request in upstream.requests] == ["DELETE"]
    assert len(remarks(response)) == 1
    assert "by Alice" in response.remarks[0]
    assert Fact.objects.filter(response=response, kind=Fact.Kind.RESPONSE_UPDATED).count() == 1


def test_what_had_expired_counts_as_deleted(as_alice: Client, answered: Answered, scripted: Scripted) -> None:
    scripted(answering(GONE, status=404))
    response = answered("a", "b")
    assert delete(as_alice, response).status_code == 200
    response.refresh_from_db()
    assert response.provider_deleted_at is not None


def test_a_failed_deletion_is_said_and_changes_nothing(
    as_alice: Client, answered: Answered, scripted: Scripted
) -> None:
    scripted(answering({"error": {"message": "no"}}, status=500))
    response = answered("a", "b")
    refused = delete(as_alice, response)
    assert refused.status_code == 502
    assert refused.json()["error"]["message"]
    assert remarks(response) == []
    assert response.provider_deleted_at is None


def test_who_may_not_write_may_not_delete(
    as_bob: Client, as_charlie: Client, conversation: Conversation, bob: User, answered: Answered, scripted: Scripted
) -> None:
    upstream = scripted(answering(DELETED))
    response = answered("a", "b")
    assert delete(as_charlie, response).status_code == 404
    for role in ("viewer", "commenter"):
        Membership.objects.filter(conversation=conversation, user=bob).update(role=role)
        assert delete(as_bob, response).status_code == 403
        assert "data-delete-at-provider" not in shown(as_bob, response)
    Membership.objects.filter(conversation=conversation, user=bob).update(role="editor")
    assert upstream.requests == []
    assert delete(as_bob, response).status_code == 200


def test_what_runs_or_was_never_kept_is_not_deleted(as_alice: Client, answered: Answered, scripted: Scripted) -> None:
    upstream = scripted(answering(DELETED))
    assert delete(as_alice, answered("a", "b", status="in_progress", done_at=None)).status_code == 409
    assert delete(as_alice, answered("a", "b", store=False)).status_code == 409
    assert upstream.requests == []


def test_after_a_deletion_the_next_turn_is_told_the_history_from_here(
    as_alice: Client, answered: Answered, scripted: Scripted
) -> None:
    scripted(answering(DELETED))
    response = answered("How far?", "Sixty centimetres")
    following = answered("And at an angle?", "438 lux", status="queued", done_at=None)
    named = context.build(Response.objects.select_related("conversation", "previous_response").get(pk=following.pk))
    assert named.body["previous_response_id"] == "resp_1"
    assert delete(as_alice, response).status_code == 200
    told = context.build(Response.objects.select_related("conversation", "previous_response").get(pk=following.pk))
    assert "previous_response_id" not in told.body
    assert [item["role"] for item in told.body["input"]] == ["user", "assistant", "user"]
