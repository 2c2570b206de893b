"""Turns at Azure, signed in with Entra ID by the identity of an App Service: the real credential, the real wire."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from conversations import threads
from conversations.access import conversation_for
from conversations.actions import turns
from conversations.models import Conversation, Membership, Response, User
from conversations.turns.provider import forget
from conversations.turns.recorder import recorder
from conversations.turns.turn import run_turn
from conversations.upstream import entra
from conversations.upstream.config import provider_config
from tests.upstream.azure import Azure

pytestmark = pytest.mark.usefixtures("database_threads")
Ask = Callable[..., Awaitable[list[Response]]]
V1 = {"AZURE_OPENAI_API_VERSION": ""}
DATED = {"AZURE_OPENAI_API_VERSION": "2025-04-01-preview"}
FORMS = pytest.mark.parametrize("form", [V1, DATED], ids=["v1", "dated"])


class Clock:
    """The time of Salon, of the credential and of Azure, which the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        wall, monotonic = time.time, time.monotonic
        monkeypatch.setattr(time, "time", lambda: wall() + self.ahead)
        monkeypatch.setattr(entra, "monotonic", lambda: monotonic() + self.ahead)
        self.now = time.time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
async def azure(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Azure]:
    monkeypatch.setattr(recorder, "_turn", asyncio.Lock())  # the one of this process belongs to another test's loop
    azure = Azure(now=clock.now)
    yield azure
    await forget()
    azure.close()


@pytest.fixture
def ask(azure: Azure, alice: User, conversation: Conversation, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """`responses = await ask(form, "One", "Two")`: send each text to a conversation of its own, all at once."""
    places = [conversation]

    def place(number: int) -> Conversation:
        while len(places) <= number:
            places.append(Conversation.objects.create(created_by=alice))
            Membership.objects.create(conversation=places[-1], user=alice, role=Membership.Role.OWNER)
        return places[number]

    def queue(number: int, text: str) -> Response:
        return turns.send_message(conversation_for(alice, place(number).pk), text=text)[0]

    async def ask(form: dict[str, str], *texts: str) -> list[Response]:
        for name in [name for name in os.environ if name.startswith(("AZURE_", "OPENAI_"))]:
            monkeypatch.delenv(name)
        for name, value in (azure.settings | form).items():
            monkeypatch.setenv(name, value)
        settings.SALON_PROVIDER = provider_config(os.environ)
        settings.SALON_ENDPOINT = settings.SALON_PROVIDER.base_url
        settings.SALON_MODELS = ["gpt-4o"]
        responses = [await threads.runner.run(queue, number, text) for number, text in enumerate(texts)]
        await asyncio.gather(*(run_turn(response.pk, "runner") for response in responses))
        for response in responses:
            await threads.runner.run(response.refresh_from_db)
        return responses

    return ask


@FORMS
async def test_a_turn_goes_over_the_wire_as_azure_takes_it(ask: Ask, azure: Azure, form: dict[str, str]) -> None:
    (response,) = await ask(form, "Good morning")
    assert (response.status, response.provider_id) == ("completed", "resp_1")
    (asked,) = azure.turns
    if form == DATED:
        assert (asked.path, asked.query) == ("/openai/responses", {"api-version": "2025-04-01-preview"})
    else:
        assert (asked.path, asked.query) == ("/openai/v1/responses", {})
    assert asked.token == "token-1"
    assert asked.body["model"] == "gpt-4o"
    assert asked.body["input"][0]["content"][0]["text"] == "Good morning"
    assert azure.fetched == [{"resource": "https://ai.azure.com", "api-version": "2019-08-01"}]


async def test_the_scope_of_the_first_documents_works(ask: Ask, azure: Azure) -> None:
    await ask({"AZURE_OPENAI_SCOPE": "https://cognitiveservices.azure.com/.default"}, "Good morning")
    assert azure.fetched[0]["resource"] == "https://cognitiveservices.azure.com"


async def test_many_turns_that_start_together_fetch_one_token(ask: Ask, azure: Azure) -> None:
    responses = await ask(V1, *("Good morning" for _ in range(12)))
    assert {response.status for response in responses} == {"completed"}
    assert len(azure.turns) == 12
    assert len(azure.fetched) == 1


@FORMS
async def test_a_token_that_has_expired_between_two_turns_is_never_sent(
    ask: Ask, azure: Azure, clock: Clock, form: dict[str, str]
) -> None:
    await ask(form, "One")
    clock.ahead = azure.life + 60
    (second,) = await ask(form, "Two")
    assert second.status == "completed"
    assert [(asked.token, asked.status) for asked in azure.turns] == [("token-1", 200), ("token-2", 200)]
    assert azure.turns[1].body["previous_response_id"] == "resp_1"


async def test_a_token_is_refreshed_before_its_end_and_nobody_waits_for_it(
    ask: Ask, azure: Azure, clock: Clock
) -> None:
    await ask(V1, "One")
    clock.ahead = azure.life - 200
    await ask(V1, "Two")
    await asyncio.to_thread(azure.wait_for_tokens, 2)
    await asyncio.sleep(0.1)
    await ask(V1, "Three")
    assert [(asked.token, asked.status) for asked in azure.turns] == [
        ("token-1", 200),
        ("token-1", 200),
        ("token-2", 200),
    ]


@FORMS
async def test_a_token_that_azure_refuses_is_refreshed_once_for_all(
    ask: Ask, azure: Azure, form: dict[str, str]
) -> None:
    await ask(form, "One")
    azure.revoked.add("token-1")
    responses = await ask(form, *("Two" for _ in range(6)))
    assert {response.status for response in responses} == {"completed"}
    assert len(azure.fetched) == 2
    assert {asked.token for asked in azure.turns if asked.status == 200} == {"token-1", "token-2"}


async def test_an_identity_that_may_not_use_the_resource_needs_an_administrator(ask: Ask, azure: Azure) -> None:
    azure.revoked |= {f"token-{number}" for number in range(10)}
    (response,) = await ask(V1, "One")
    assert response.status == "failed"
    assert "administrator" in response.error["message"]
    assert [asked.token for asked in azure.turns] == ["token-1", "token-2"]


async def test_an_app_service_without_an_identity_is_explained(ask: Ask, azure: Azure) -> None:
    (response,) = await ask({"IDENTITY_HEADER": "wrong"}, "One")
    assert response.status == "failed"
    assert "AZURE_OPENAI_API_KEY" in response.error["message"]
    assert azure.turns == []
