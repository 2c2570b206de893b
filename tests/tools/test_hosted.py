"""Tools of the provider itself: switched on in a conversation, sent with each turn of a model that takes them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from conversations.models import Conversation, User, VectorStore
from conversations.upstream.config import ProviderConfig
from tests.tools.conftest import Chat
from tests.tools.model import Model, saying


def switch(client: Client, conversation: Conversation, **kinds: Any) -> Any:
    return client.post(f"/conversations/{conversation.pk}/tools/", kinds, content_type="application/json")


def test_a_writer_switches_them_on_and_off_for_everybody(as_bob: Client, conversation: Conversation) -> None:
    answer = switch(as_bob, conversation, hosted={"web_search": True, "image_generation": True})
    assert answer.json()["conversation"]["offered"]["hosted"] == ["web_search", "image_generation"]
    switch(as_bob, conversation, hosted={"web_search": False})
    conversation.refresh_from_db()
    assert conversation.offered["hosted"] == ["image_generation"]


@pytest.mark.parametrize("name", ["computer", "file_search", "apply_patch", "", "mcp"])
def test_no_other_tool_can_be_switched_on(name: str, as_alice: Client, conversation: Conversation) -> None:
    assert switch(as_alice, conversation, hosted={name: True}).status_code == 400
    conversation.refresh_from_db()
    assert not conversation.offered.get("hosted")


async def test_they_go_with_each_turn(chat: Chat, model: Model) -> None:
    await chat.switch_on(hosted=["web_search", "code_interpreter", "image_generation"])
    model.will([saying("Done.")], [saying("Again.")])
    await chat.say("Look it up")
    await chat.say("And again")
    wanted = [
        {"type": "web_search"},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {"type": "image_generation", "partial_images": 2},
    ]
    assert [body["tools"] for body in model.asked] == [wanted, wanted]


def test_a_vector_store_is_switched_on_by_whom_it_is_offered_to(
    as_alice: Client, as_bob: Client, bob: User, conversation: Conversation
) -> None:
    store = VectorStore.objects.create(label="Handbook", provider_id="vs_1", everyone=False)
    store.people.add(bob)
    assert switch(as_alice, conversation, stores={store.pk: True}).status_code == 400
    answer = switch(as_bob, conversation, stores={store.pk: True})
    assert answer.json()["conversation"]["offered"]["stores"] == [store.pk]


async def test_the_model_searches_what_the_asker_may(chat: Chat, model: Model, bob: User) -> None:
    shown = await chat.db(VectorStore.objects.create, label="Handbook", provider_id="vs_1")
    hidden = await chat.db(VectorStore.objects.create, label="Wages", provider_id="vs_2", everyone=False)
    await chat.switch_on(stores=[shown.pk, hidden.pk])
    model.will([saying("Done.")])
    await chat.say("Look it up in the handbook")
    assert model.asked[0]["tools"] == [{"type": "file_search", "vector_store_ids": ["vs_1"]}]


async def test_a_model_that_does_not_take_one_is_not_sent_it(chat: Chat, model: Model, settings: Any) -> None:
    settings.SALON_MODELS = ["o3-mini"]
    await chat.switch_on(hosted=["web_search", "code_interpreter"])
    model.will([saying("Done.")])
    await chat.say("Look it up")
    assert [tool["type"] for tool in model.asked[0]["tools"]] == ["code_interpreter"]


async def test_azure_is_asked_for_partial_images_until_it_refuses_them(chat: Chat, model: Model, settings: Any) -> None:
    plain = settings.SALON_PROVIDER
    settings.SALON_PROVIDER = ProviderConfig("azure", plain.base_url, plain.api_key)
    await chat.switch_on(hosted=["image_generation"])
    model.refuses = "partial_images"
    model.will([saying("Done.")])
    first = await chat.say("Paint a lamp")
    await chat.say("And a bowl")
    tools = [tool for body in model.asked for tool in body["tools"]]
    assert [tool.get("partial_images") for tool in tools] == [2, None, None]
    assert "partial_images" in first.remarks[-1]
