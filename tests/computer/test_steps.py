"""A model works with the computer: each step once, a picture after it, as the API takes it."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from conversations import access
from conversations.actions import calls, turns
from conversations.actions.approvals import lapse_due
from conversations.computer.desk import desk
from conversations.models import Approval, File, Item, Membership, Response, Setting, ToolCall, User
from conversations.site_settings import forget
from conversations.turns import computing
from conversations.turns.mirror import claim
from conversations.turns.recorder import recorder
from conversations.turns.runner import due
from conversations.turns.turn import run_turn
from tests.tools.conftest import Chat
from tests.tools.conftest import approver as approver
from tests.tools.lamp import decide, waiting
from tests.tools.model import Model, acting, saying

pytestmark = pytest.mark.usefixtures("database_threads")
LOOK = {"type": "screenshot"}
TYPE = {"type": "type", "text": "bees"}
ENTER = {"type": "keypress", "keys": ["ENTER"]}


@pytest.fixture(autouse=True)
def _newer(settings: Any, model: Model) -> None:
    settings.SALON_MODELS = ["gpt-5.4"]


async def test_a_step_is_made_and_the_model_sees_the_picture(on: Chat, model: Model) -> None:
    model.will([acting(LOOK)], [acting(TYPE, ENTER)], [saying("Done.")])
    await on.say("Look for bees")
    assert [body["tools"] for body in model.asked] == [[{"type": "computer"}]] * 3
    first, second = (model.input(number)[0] for number in (1, 2))
    assert set(first) == {"type", "call_id", "output"}
    assert set(first["output"]) == {"type", "image_url"}
    assert (first["type"], first["output"]["type"]) == ("computer_call_output", "computer_screenshot")
    pictures = [base64.b64decode(item["output"]["image_url"].partition(",")[2]) for item in (first, second)]
    assert {Image.open(io.BytesIO(picture)).size for picture in pictures} == {(1024, 768)}
    assert pictures[0] != pictures[1]
    assert [response.status for response in await on.answers()] == ["completed"] * 3
    await computing.tidy()
    assert desk.held == []


async def test_what_is_kept_is_a_file_of_the_recordings_and_no_base64(on: Chat, model: Model) -> None:
    model.will([acting(LOOK)], [saying("Done.")])
    await on.say("Look")
    file = await on.db(File.objects.get)
    assert (file.purpose, file.media_type, file.name) == ("recording", "image/png", "Start")
    (_, answering) = await on.answers()
    (item,) = await on.inputs(answering)
    assert item["output"]["image_url"]["$file"] == file.pk


async def test_the_older_tool_gets_what_was_recorded_of_the_real_service(on: Chat, model: Model, settings: Any) -> None:
    folder = os.environ.get("RECORDED_STREAMS")
    if not folder:
        pytest.skip("RECORDED_STREAMS names no folder of recorded streams")
    name = "openai-dotnet/ResponsesToolTests__ComputerToolWithScreenshotRoundTrip.json"
    entries = json.loads((Path(folder) / name).read_text())["Entries"]
    asked, answered = ([entry[side] for entry in entries] for side in ("RequestBody", "ResponseBody"))
    settings.SALON_MODELS = ["computer-use-preview"]
    model.will(*(response["output"] for response in answered), [saying("Saved.")])
    await on.say("Click on the Save button.")
    ours = [dict(body) for body in model.asked[:2]]
    for real, own in zip(asked, ours, strict=True):
        assert {**real["tools"][0], "environment": "browser"} == own["tools"][0]
        assert real["truncation"] == own["truncation"]
    (real,), (own,) = (body["input"] for body in (asked[1], ours[1]))
    assert (set(real), set(real["output"])) == (set(own), set(own["output"]))
    assert real["call_id"] == own["call_id"]


async def test_what_the_provider_doubts_waits_for_a_person_and_is_acknowledged(on: Chat, model: Model) -> None:
    model.will([acting(LOOK)], [acting(ENTER, checks=["Is this right?"])], [saying("Done.")])
    await on.say("Send it")
    approval = await waiting(on)
    assert (approval.name, approval.decides) == ("computer.step", "asker")
    assert json.loads(approval.arguments) == {"why": "Is this right?", "action": ENTER}
    await computing.tidy()
    assert len(model.asked) == 2
    assert len(desk.held) == 1
    assert (await decide(on, on.user, approval))[0] == 200
    await on.run()
    (output,) = model.input()
    (check,) = output["acknowledged_safety_checks"]
    assert (check["code"], check["message"]) == ("malicious_instructions", "Is this right?")
    assert [response.status for response in await on.answers()] == ["completed"] * 3


async def test_a_second_person_decides_where_an_administrator_wants_that(
    on: Chat, model: Model, bob: User, approver: User
) -> None:
    await on.db(Setting.objects.filter(pk="computer").update, value="approver")
    await on.db(forget)
    model.will([acting(ENTER, checks=["Is this right?"])], [saying("Done.")])
    await on.say("Send it")
    approval = await waiting(on)
    status, body = await decide(on, on.user, approval)
    assert (status, body["error"]["message"]) == (403, "You asked, so another person decides about this call.")
    assert len(model.asked) == 1
    assert (await decide(on, bob, approval))[0] == 200
    await on.run()
    assert model.input()[0]["acknowledged_safety_checks"][0]["message"] == "Is this right?"


async def test_a_declined_step_is_not_made_and_the_conversation_goes_on_without_it(on: Chat, model: Model) -> None:
    model.will([acting(LOOK)], [acting(ENTER, checks=["Is this right?"])], [saying("Well.")])
    await on.say("Send it")
    assert (await decide(on, on.user, await waiting(on), "decline"))[0] == 200
    await on.run()
    await computing.tidy()
    assert desk.held == []
    assert len(model.asked) == 2
    response = await on.say("What now?")
    assert response.status == "completed"
    kinds = [item.get("type") for item in model.input()]
    assert kinds == ["message", "computer_call", "computer_call_output", "message"]


async def test_a_step_is_not_approved_after_the_conversation_has_gone_on(on: Chat, model: Model) -> None:
    model.will([acting(ENTER, checks=["Is this right?"])], [saying("Well.")])
    await on.say("Send it")
    approval = await waiting(on)
    await on.say("Never mind")
    status, body = await decide(on, on.user, approval)
    assert (status, body["error"]["code"]) == (409, "gone_on")
    await on.run()
    assert await on.db(ToolCall.objects.filter(state="done").count) == 0


async def test_a_step_that_was_altered_behind_our_back_is_not_made(on: Chat, model: Model) -> None:
    model.will([acting(ENTER, checks=["Is this right?"])], [saying("Well.")])
    await on.say("Send it")
    approval = await waiting(on)
    assert (await decide(on, on.user, approval))[0] == 200
    item = await on.db(Item.objects.get, type="computer_call")
    await on.db(Item.objects.filter(pk=item.pk).update, payload={**item.payload, "actions": [TYPE, ENTER]})
    await on.run()
    last = (await on.answers())[-1]
    assert (last.status, last.error["message"]) == ("failed", computing.ALTERED)
    assert await on.db(File.objects.count) == 0


async def test_a_model_that_never_ends_is_stopped(on: Chat, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MOST_STEPS", 3)
    model.will(lambda body: [acting(LOOK)])
    await on.say("Look for ever")
    answers = await on.answers()
    assert len(answers) == 4
    assert "3 times in a row" in answers[-1].remarks[-1]
    assert model.asked[-1]["tool_choice"] == "none"
    await computing.tidy()
    assert desk.held == []


async def test_a_task_that_takes_too_long_is_ended(on: Chat, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computing, "MOST_SECONDS", 0)
    model.will([acting(LOOK)], [saying("Done.")])
    await on.say("Look")
    last = (await on.answers())[-1]
    assert (last.status, last.error["message"]) == ("failed", computing.LONG)
    assert desk.held == []


async def test_stop_ends_it_in_the_middle_of_a_step(on: Chat, model: Model) -> None:
    model.will([acting(LOOK)], [acting(*[{"type": "wait"}] * 20)], [saying("Done.")])
    await on.say("Wait", run=False)
    for _ in range(2):
        for pk in await on.db(due):
            await run_turn(pk, "runner")
    (pk,) = await on.db(due)
    turn = asyncio.ensure_future(run_turn(pk, "runner"))
    async with asyncio.timeout(60):
        while not await on.db(ToolCall.objects.filter(state="running").exists):  # noqa: ASYNC110  # a row says it
            await asyncio.sleep(0.05)
    await on.db(lambda: turns.stop(access.conversation_for(on.user, on.conversation.pk), Response(pk=pk)))
    recorder.recordings[pk].cancelled.set()
    async with asyncio.timeout(30):
        await turn
    last = (await on.answers())[-1]
    assert last.status == "cancelled"
    assert desk.held == []
    assert [row.state for row in await on.db(lambda: list(ToolCall.objects.order_by("id")))] == ["done", "interrupted"]


async def test_after_a_crash_no_step_is_made_twice(on: Chat, model: Model) -> None:
    model.will([acting(LOOK)], [saying("Done.")])
    await on.say("Look", run=False)
    (first,) = await on.db(due)
    await run_turn(first, "runner")
    (second,) = await on.db(due)
    response = await on.db(claim, second, "another")  # which takes the step, and is killed
    await on.db(computing._take, response)
    await on.db(Response.objects.filter(pk=second).update, lease_until=timezone.now() - timedelta(seconds=1))
    await on.run()
    last = (await on.answers())[-1]
    assert (last.status, last.error["message"]) == ("failed", computing.INTERRUPTED)
    assert len(model.asked) == 1
    assert await on.db(File.objects.count) == 0


async def test_the_next_step_is_not_made_in_another_browser(on: Chat, model: Model) -> None:
    model.will([acting(LOOK)], [acting(TYPE, ENTER)], [saying("Done.")])
    await on.say("Look for bees", run=False)
    for _ in range(2):
        for pk in await on.db(due):
            await run_turn(pk, "runner")
    await desk.close_all()  # as after a restart
    await on.run()
    last = (await on.answers())[-1]
    assert (last.status, last.error["message"]) == ("failed", computing.GONE)


async def test_nothing_is_done_for_somebody_who_may_not_write_any_more(on: Chat, model: Model) -> None:
    model.will([acting(LOOK)], [saying("Done.")])
    await on.say("Look", run=False)
    (first,) = await on.db(due)
    await run_turn(first, "runner")
    await on.db(Membership.objects.filter(user=on.user).update, role="viewer")
    await on.run()
    assert (await on.answers())[-1].error["message"] == computing.ASKER_GONE


async def test_an_administrator_who_switches_it_off_ends_what_runs(on: Chat, model: Model) -> None:
    model.will([acting(LOOK)], [acting(LOOK)], [saying("Done.")])
    await on.say("Look", run=False)
    for _ in range(2):
        for pk in await on.db(due):
            await run_turn(pk, "runner")
    await on.db(Setting.objects.filter(pk="computer").delete)
    await on.db(forget)
    await on.run()
    assert (await on.answers())[-1].error["message"] == computing.NOT_OFFERED
    assert desk.held == []


async def test_without_it_no_model_is_offered_a_computer(chat: Chat, model: Model) -> None:
    await chat.switch_on(hosted=["computer"])
    model.will([saying("Hello.")])
    await chat.say("Hello")
    assert "tools" not in model.asked[0]


async def test_a_history_that_is_told_again_has_grey_for_pictures_that_a_rule_took(on: Chat, model: Model) -> None:
    await on.db(lambda: type(on.conversation).objects.filter(pk=on.conversation.pk).update(state="manual"))
    model.will([acting(LOOK)], [saying("Done.")], [saying("Yes.")])
    await on.say("Look")
    await on.db(File.objects.update, purged_at=timezone.now(), sha256="", size=0)
    response = await on.say("And?")
    assert response.status == "completed"
    (output,) = [item for item in model.input() if item.get("type") == "computer_call_output"]
    assert len(output["output"]["image_url"]) < 200


async def test_a_lapsed_step_is_not_made(on: Chat, model: Model) -> None:
    model.will([acting(ENTER, checks=["Is this right?"])], [saying("Well.")])
    await on.say("Send it")
    await on.db(Approval.objects.update, expires_at=timezone.now())
    await on.db(lapse_due)
    await on.run()
    assert len(model.asked) == 1
    assert desk.held == []
