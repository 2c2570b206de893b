"""A call that needs approval is made once, as it was shown, after whoever may has agreed; or not at all."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations import snapshots
from conversations.access import conversation_for
from conversations.actions import conversations
from conversations.actions.approvals import LAPSED, lapse_due
from conversations.models import Approval, FunctionTool, McpServer, Membership, Response, ToolCall, User
from conversations.tools.registry import tool
from conversations.turns.calls import WAITS
from tests.conftest import signed_in
from tests.tools.conftest import Chat
from tests.tools.model import Model, asking, calling, saying

made: list[str] = []


@tool(approval=True)
def switch_lamp(state: str) -> str:
    """Switch the lamp."""
    made.append(state)
    return f"The lamp is {state}."


def look() -> str:
    """Look at the lamp."""
    return "dark"


@pytest.fixture
async def lamp(chat: Chat, model: Model, tools: Callable[..., None]) -> Chat:
    made.clear()
    tools(switch_lamp, look)
    await chat.switch_on(functions=["switch_lamp", "look"])
    return chat


@pytest.fixture
def approver(bob: User) -> User:
    bob.user_permissions.add(Permission.objects.get(codename="decide_approvals"))
    return bob


async def asked(chat: Chat, **options: Any) -> Approval:
    """Alice says something, and the model asks for the call that it was scripted to make."""
    await chat.say(**options)
    return await waiting(chat)


async def waiting(chat: Chat) -> Approval:
    return await chat.db(Approval.objects.get, state="pending")


async def decide(chat: Chat, who: User, approval: Approval, decision: str = "approve", **fields: Any) -> Any:
    """Answer through the door, as a browser does; return status and body."""

    def post() -> tuple[int, Any]:
        url = f"/conversations/{chat.conversation.pk}/approvals/{approval.pk}/"
        body = {"decision": decision, "digest": approval.digest, **fields}
        answer = signed_in(who).post(url, data=json.dumps(body), content_type="application/json")
        return answer.status_code, answer.json()

    return await chat.db(post)


def outputs(items: list[dict[str, Any]]) -> list[str]:
    return [item["output"] for item in items if item["type"] == "function_call_output"]


async def test_nothing_is_done_before_a_person_agrees(lamp: Chat, model: Model) -> None:
    model.will([calling("look", "{}"), calling("switch_lamp", '{"state": "on"}')], [saying("It is on.")])
    approval = await asked(lamp)
    assert made == []
    assert len(model.asked) == 1
    assert (approval.name, approval.arguments, approval.decides) == ("switch_lamp", '{"state": "on"}', "asker")
    status, body = await decide(lamp, lamp.user, approval, note="Go ahead")
    assert status == 200
    shown = body["turn"]["approvals"][0]
    assert (shown["state"], shown["decided_by"]["name"], shown["note"]) == ("approved", "Alice", "Go ahead")
    await lamp.run()
    assert made == ["on"]
    assert outputs(model.input()) == ["dark", "The lamp is on."]
    assert [response.status for response in await lamp.answers()] == ["completed", "completed"]


async def test_a_declined_call_is_not_made_and_the_model_hears_why(lamp: Chat, model: Model) -> None:
    model.will([calling("switch_lamp", '{"state": "on"}')], [saying("As you wish.")])
    approval = await asked(lamp)
    assert (await decide(lamp, lamp.user, approval, "decline", note="It is day"))[0] == 200
    await lamp.run()
    assert made == []
    assert outputs(model.input()) == ["A person declined this call. It was not made. Their note: It is day"]


async def test_an_approval_counts_once(lamp: Chat, model: Model) -> None:
    model.will([calling("switch_lamp", '{"state": "on"}')], [saying("It is on.")])
    approval = await asked(lamp)
    assert (await decide(lamp, lamp.user, approval))[0] == 200
    status, body = await decide(lamp, lamp.user, approval)
    assert (status, body["error"]["message"]) == (409, "Alice approved this call already.")
    assert (await decide(lamp, lamp.user, approval, "decline"))[0] == 409
    await lamp.run()
    assert (await decide(lamp, lamp.user, approval))[0] == 409
    await lamp.run()
    assert made == ["on"]
    assert await lamp.db(Response.objects.filter(answers__isnull=False).count) == 1


async def test_of_many_answers_at_once_one_counts(lamp: Chat, model: Model) -> None:
    model.will([calling("switch_lamp", '{"state": "on"}')], [saying("Well.")])
    approval = await asked(lamp)
    start, statuses = threading.Barrier(6), []

    def answer(decision: str) -> None:
        client = signed_in(lamp.user)
        start.wait(10)
        url = f"/conversations/{lamp.conversation.pk}/approvals/{approval.pk}/"
        body = json.dumps({"decision": decision, "digest": approval.digest})
        statuses.append(client.post(url, data=body, content_type="application/json").status_code)
        connections.close_all()

    def all_at_once() -> None:
        threads = [threading.Thread(target=answer, args=(("approve", "decline")[n % 2],)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    await lamp.db(all_at_once)
    assert sorted(statuses) == [200, 409, 409, 409, 409, 409]
    await lamp.run()
    row = await lamp.db(Approval.objects.get, pk=approval.pk)
    assert made == (["on"] if row.state == "approved" else [])
    assert await lamp.db(Response.objects.filter(answers__isnull=False).count) == 1


async def test_only_what_was_shown_is_approved(lamp: Chat, model: Model) -> None:
    model.will([calling("switch_lamp", '{"state": "on"}')], [saying("Well.")])
    approval = await asked(lamp)
    for altered in ("0" * 64, "", approval.digest.upper()):
        status, body = await decide(lamp, lamp.user, approval, digest=altered)
        assert (status, body["error"]["code"]) == (409, "altered")
    # Arguments that are sent along count for nothing
    assert (await decide(lamp, lamp.user, approval, arguments='{"state": "off"}'))[0] == 200
    await lamp.run()
    assert made == ["on"]


async def test_a_row_that_was_altered_behind_our_back_is_not_executed(lamp: Chat, model: Model) -> None:
    model.will([calling("switch_lamp", '{"state": "on"}')], [saying("Well.")])
    approval = await asked(lamp)
    await lamp.db(ToolCall.objects.update, arguments='{"state": "off"}')
    status, body = await decide(lamp, lamp.user, approval)
    assert (status, body["error"]["code"]) == (409, "altered")
    await lamp.db(ToolCall.objects.update, arguments='{"state": "on"}')
    assert (await decide(lamp, lamp.user, approval))[0] == 200
    await lamp.db(ToolCall.objects.update, arguments='{"state": "off"}')
    await lamp.run()
    assert made == []


async def test_late_is_too_late(lamp: Chat, model: Model) -> None:
    model.will([calling("switch_lamp", '{"state": "on"}')], [saying("Well.")])
    approval = await asked(lamp)
    await lamp.db(Approval.objects.update, expires_at=timezone.now() - dt.timedelta(seconds=1))
    status, body = await decide(lamp, lamp.user, approval)
    assert (status, body["error"]["message"]) == (
        409,
        "This call has lapsed: nobody decided in time. Nothing was done.",
    )
    assert await lamp.db(lapse_due) == 1
    assert await lamp.db(lapse_due) == 0
    await lamp.run()
    assert (made, len(model.asked)) == ([], 1)
    response = (await lamp.answers())[-1]
    assert (await lamp.db(snapshots.turn, response))["approvals"][0]["state"] == "lapsed"
    assert (await lamp.say("And now?")).status == "completed"
    assert outputs(model.input()) == [LAPSED]


async def test_who_may_decide(lamp: Chat, model: Model, approver: User, charlie: User, admin: User) -> None:
    model.will([calling("switch_lamp", '{"state": "on"}')], [saying("Well.")])
    approval = await asked(lamp)
    for who, expected in ((approver, 403), (charlie, 404), (admin, 404)):
        assert (await decide(lamp, who, approval))[0] == expected
        assert (await decide(lamp, who, approval, "decline"))[0] == expected
    assert (await decide(lamp, lamp.user, approval))[0] == 200


async def test_another_person_decides_where_an_administrator_wants_that(
    lamp: Chat, model: Model, approver: User
) -> None:
    await lamp.db(FunctionTool.objects.create, name="switch_lamp", decides="approver")
    model.will([calling("switch_lamp", '{"state": "on"}')], [saying("It is on.")])
    approval = await asked(lamp)
    status, body = await decide(lamp, lamp.user, approval)
    assert (status, body["error"]["message"]) == (403, "You asked, so another person decides about this call.")
    await lamp.db(Membership.objects.filter(user=approver).update, role="viewer")
    assert (await decide(lamp, approver, approval))[0] == 200
    await lamp.run()
    assert made == ["on"]
    (_, answer) = await lamp.answers()
    assert answer.created_by_id == lamp.user.pk


async def test_who_asked_may_always_take_it_back(lamp: Chat, model: Model, approver: User) -> None:
    await lamp.db(FunctionTool.objects.create, name="switch_lamp", decides="approver")
    model.will([calling("switch_lamp", '{"state": "on"}')], [saying("Well.")])
    approval = await asked(lamp)
    assert (await decide(lamp, lamp.user, approval, "decline"))[0] == 200
    assert (await decide(lamp, approver, approval))[0] == 409
    await lamp.run()
    assert made == []


async def test_without_the_permission_another_person_decides_nothing(lamp: Chat, model: Model, bob: User) -> None:
    await lamp.db(FunctionTool.objects.create, name="switch_lamp", decides="approver")
    model.will([calling("switch_lamp", '{"state": "on"}')], [saying("Well.")])
    assert (await decide(lamp, bob, await asked(lamp)))[0] == 403


async def test_nothing_is_done_for_somebody_who_has_gone(lamp: Chat, model: Model, approver: User) -> None:
    await lamp.db(FunctionTool.objects.create, name="switch_lamp", decides="approver")
    model.will([calling("switch_lamp", '{"state": "on"}')], [saying("Well.")])
    approval = await asked(lamp)
    await lamp.db(User.objects.filter(pk=lamp.user.pk).update, is_active=False)
    status, body = await decide(lamp, approver, approval)
    assert (status, body["error"]["code"]) == (409, "asker_gone")
    assert (await decide(lamp, approver, approval, "decline"))[0] == 200


async def test_after_the_conversation_is_deleted_nothing_is_decided(lamp: Chat, model: Model) -> None:
    model.will([calling("switch_lamp", '{"state": "on"}')], [saying("Well.")])
    approval = await asked(lamp)
    await lamp.db(conversations.delete, await lamp.db(conversation_for, lamp.user, lamp.conversation.pk))
    assert (await decide(lamp, lamp.user, approval))[0] == 404
    assert await lamp.db(lambda: Approval.objects.waiting_for(lamp.user).count()) == 0


async def test_after_stop_an_approved_call_is_not_made(lamp: Chat, model: Model) -> None:
    model.will([calling("switch_lamp", '{"state": "on"}')], [saying("Well.")])
    approval = await asked(lamp)
    assert (await decide(lamp, lamp.user, approval))[0] == 200
    await lamp.db(Response.objects.running().update, cancel_requested_at=timezone.now())
    await lamp.run()
    assert made == []
    assert (await lamp.answers())[-1].status == "cancelled"


@pytest.mark.parametrize(
    "body",
    [
        {"decision": "perhaps"},
        {"decision": None},
        {"decision": ["approve"]},
        {"digest": 5},
        {"digest": None},
        {"note": "x" * 501},
        {"note": {"a": 1}},
    ],
)
async def test_an_answer_that_is_none_is_refused(lamp: Chat, model: Model, body: dict[str, Any]) -> None:
    model.will([calling("switch_lamp", '{"state": "on"}')], [saying("Well.")])
    approval = await asked(lamp)
    status, answer = await decide(lamp, lamp.user, approval, **{"decision": "approve", **body})
    assert status in {400, 409}
    assert answer["error"]["message"]
    assert (await waiting(lamp)).pk == approval.pk


async def test_people_go_on_while_a_call_waits_and_its_result_comes_later(lamp: Chat, model: Model, bob: User) -> None:
    model.will([calling("switch_lamp", '{"state": "on"}')], [saying("Hello Bob.")], [saying("It is on now.")])
    approval = await asked(lamp)
    assert (await lamp.say("While that waits", by=bob)).status == "completed"
    assert outputs(model.input()) == [WAITS]
    assert (await decide(lamp, lamp.user, approval))[0] == 200
    await lamp.run()
    assert made == ["on"]
    answers = await lamp.answers()
    assert [response.status for response in answers] == ["completed"] * 3
    assert answers[-1].answers_id == answers[0].pk
    (told,) = model.input()
    assert told["role"] == "developer"
    assert told["content"][0]["text"].endswith("The lamp is on.")
    assert (await lamp.db(snapshots.turn, answers[-1]))["input"] == []


async def test_declining_late_needs_no_answer(lamp: Chat, model: Model, bob: User) -> None:
    model.will([calling("switch_lamp", '{"state": "on"}')], [saying("Hello Bob.")])
    approval = await asked(lamp)
    await lamp.say("While that waits", by=bob)
    assert (await decide(lamp, lamp.user, approval, "decline"))[0] == 200
    await lamp.run()
    assert (made, len(model.asked)) == ([], 2)


async def test_several_calls_wait_for_all_decisions(lamp: Chat, model: Model) -> None:
    model.will(
        [calling("switch_lamp", '{"state": "on"}'), calling("switch_lamp", '{"state": "off"}')], [saying("Well.")]
    )
    await lamp.say()
    first, second = await lamp.db(lambda: list(Approval.objects.order_by("id")))
    assert (await decide(lamp, lamp.user, first))[0] == 200
    await lamp.run()
    assert (made, len(model.asked)) == ([], 1)
    assert (await decide(lamp, lamp.user, second, "decline"))[0] == 200
    await lamp.run()
    assert made == ["on"]
    assert outputs(model.input())[0] == "The lamp is on."
    assert outputs(model.input())[1].startswith("A person declined")


async def test_an_administrator_may_want_approval_of_any_tool_and_of_none(lamp: Chat, model: Model) -> None:
    await lamp.db(FunctionTool.objects.create, name="look", approval="always")
    await lamp.db(FunctionTool.objects.create, name="switch_lamp", approval="never")
    model.will([calling("look", "{}"), calling("switch_lamp", '{"state": "on"}')], [saying("Well.")])
    assert (await asked(lamp)).name == "look"


async def test_arguments_that_do_not_fit_ask_nobody(lamp: Chat, model: Model) -> None:
    model.will([calling("switch_lamp", '{"state": 5}')], [saying("Well.")])
    await lamp.say()
    assert await lamp.db(Approval.objects.count) == 0
    assert "Expected `str`" in outputs(model.input())[0]


# MCP servers


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


# The page of what waits for me


async def test_what_waits_for_me_stands_on_a_page_and_is_counted(
    lamp: Chat, model: Model, approver: User, charlie: User
) -> None:
    await lamp.db(FunctionTool.objects.create, name="switch_lamp", decides="approver")
    model.will([calling("switch_lamp", '{"state": "<b>on</b>\\u202e"}')], [saying("It is on.")])
    approval = await asked(lamp)

    def page(who: User) -> str:
        return signed_in(who).get("/approvals/").content.decode()

    for who in (lamp.user, charlie):
        assert "Nothing waits for you" in await lamp.db(page, who)
    html = await lamp.db(page, approver)
    assert 'data-ref="count">1<' in html
    assert "&quot;&lt;b&gt;on&lt;/b&gt;\\u202e&quot;" in html
    assert "‮" not in html

    def press(who: User, decision: str) -> Any:
        url = f"/conversations/{lamp.conversation.pk}/approvals/{approval.pk}/"
        form = {"decision": decision, "digest": approval.digest, "note": "Fine"}
        return signed_in(who).post(url, form, follow=True)

    assert "Approved." in (await lamp.db(press, approver, "approve")).content.decode()
    assert "approved this call already" in (await lamp.db(press, approver, "decline")).content.decode()
    assert (await lamp.db(press, charlie, "approve")).status_code == 404
    assert "Nothing waits for you" in await lamp.db(page, approver)
    await lamp.run()
    assert len(made) == 1


async def test_the_list_takes_as_many_queries_for_many_as_for_one(lamp: Chat, model: Model) -> None:
    model.will([calling("switch_lamp", json.dumps({"state": str(n)})) for n in range(8)])
    await lamp.say()

    def count() -> int:
        client = signed_in(lamp.user)
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/approvals/").content.decode().count("<section") == Approval.objects.pending().count()
        return len(captured)

    many = await lamp.db(count)
    await lamp.db(Approval.objects.exclude(pk=(await lamp.db(Approval.objects.first)).pk).delete)
    assert await lamp.db(count) == many


def test_a_form_without_javascript_needs_its_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post("/conversations/conv_1/approvals/1/", {"decision": "approve"}).status_code == 403
