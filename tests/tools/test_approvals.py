"""A call that needs approval is made once, as it was shown, after whoever may has agreed; or not at all."""

from __future__ import annotations

import datetime as dt
import json
import threading
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from conversations import snapshots
from conversations.access import conversation_for
from conversations.actions import conversations
from conversations.actions.approvals import LAPSED, lapse_due
from conversations.models import Approval, FunctionTool, Membership, Response, ToolCall, User
from conversations.turns.calls import WAITS
from tests.conftest import signed_in
from tests.tools.conftest import Chat
from tests.tools.lamp import asked, decide, made, outputs, waiting
from tests.tools.model import Model, calling, saying

pytestmark = pytest.mark.usefixtures("database_threads")


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
