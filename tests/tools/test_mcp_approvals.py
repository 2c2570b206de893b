"""A provider asks for approval of a call on an MCP server: people's answers go back to it."""

from __future__ import annotations

from typing import Any

import pytest

from conversations.models import Approval, McpServer, User
from tests.tools.conftest import Chat
from tests.tools.lamp import asked, decide
from tests.tools.model import Model, asking, saying


@pytest.fixture
async def shop(chat: Chat, model: Model) -> McpServer:
    server = await chat.db(McpServer.objects.create, label="shop", url="https://shop.example/mcp")
    await chat.switch_on(servers=[server.pk])
    return server


async def test_a_persons_answer_goes_to_the_provider_with_the_tools_again(
    chat: Chat, model: Model, shop: McpServer
) -> None:
    request = asking("shop", "update_product", '{"sku": "FENN-01"}')
    model.will([request], [saying("Done.")])
    approval = await asked(chat)
    assert (approval.server_label, approval.arguments) == ("shop", '{"sku": "FENN-01"}')
    assert (await decide(chat, chat.user, approval))[0] == 200
    await chat.run()
    answer = {"type": "mcp_approval_response", "approval_request_id": request["id"], "approve": True}
    assert model.input() == [answer]
    assert model.asked[1]["tools"] == model.asked[0]["tools"]
    assert model.asked[1]["tools"][0]["require_approval"] == "always"
    assert model.asked[1]["previous_response_id"]


async def test_a_declined_mcp_call_carries_the_note(chat: Chat, model: Model, shop: McpServer) -> None:
    model.will([asking("shop", "update_product", "{}")], [saying("As you wish.")])
    assert (await decide(chat, chat.user, await asked(chat), "decline", note="Not today"))[0] == 200
    await chat.run()
    (answer,) = model.input()
    assert (answer["approve"], "Not today" in answer["reason"]) == (False, True)


async def test_a_request_of_a_server_that_is_none_of_ours_asks_nobody(
    chat: Chat, model: Model, shop: McpServer
) -> None:
    model.will([asking("elsewhere", "update_product", "{}")])
    await chat.say()
    assert await chat.db(Approval.objects.count) == 0


async def test_people_go_on_while_an_mcp_call_waits(chat: Chat, model: Model, shop: McpServer, bob: User) -> None:
    request = asking("shop", "update_product", "{}")
    model.will([request], [saying("Hello Bob.")], [saying("Done.")])
    approval = await asked(chat)
    await chat.say("While that waits", by=bob)
    assert (await decide(chat, chat.user, approval))[0] == 200
    await chat.run()
    assert [item["type"] for item in model.input()] == ["mcp_approval_response"]
    assert [response.status for response in await chat.answers()] == ["completed"] * 3


async def test_a_server_that_was_withdrawn_is_not_called(chat: Chat, model: Model, shop: McpServer) -> None:
    model.will([asking("shop", "update_product", "{}")], [saying("Well.")])
    approval = await asked(chat)
    await chat.db(McpServer.objects.update, is_active=False)
    status, body = await decide(chat, chat.user, approval)
    assert (status, body["error"]["code"]) == (409, "not_offered")
    assert (await decide(chat, chat.user, approval, "decline"))[0] == 200


async def test_in_a_stateless_conversation_the_request_is_told_again(
    chat: Chat, model: Model, shop: McpServer, settings: Any
) -> None:
    settings.SALON_STATE = "stateless"
    request = asking("shop", "update_product", "{}")
    model.will([request], [saying("Done.")])
    assert (await decide(chat, chat.user, await asked(chat)))[0] == 200
    await chat.run()
    assert model.input()[1] == request
    assert model.input()[2]["type"] == "mcp_approval_response"
