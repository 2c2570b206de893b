"""Background responses: followed again where their stream broke, looked at where there is none, cancelled once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from conversations import threads
from conversations.models import Conversation, Response, User
from conversations.turns import turn
from conversations.turns.recorder import recorder
from tests.turns.test_repair import Talking, refusing
from tests.upstream.script import Answer, answer_events, answering, sse, streaming

pytestmark = pytest.mark.usefixtures("database_threads")
WHOLE = answer_events("In the background")
FINAL = WHOLE[-1]["response"]
QUEUED = {"id": "resp_1", "object": "response", "status": "queued", "output": []}


@pytest.fixture
async def talking(
    conversation: Conversation, alice: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Talking]:
    monkeypatch.setattr(recorder, "_turn", asyncio.Lock())  # the one of this process belongs to another test's loop
    monkeypatch.setattr(turn, "POLL", (0.01,))
    settings.SALON_BACKGROUND = "always"
    talking = Talking(conversation, alice, settings)
    yield talking
    await talking.close()


def addresses(talking: Talking) -> list[str]:
    return [f"{request.method} {request.path_qs.removeprefix('/v1')}" for request in talking.script.requests]


async def hang(request: web.Request) -> None:
    """Keep a stream open until its reader has gone."""
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110 - aiohttp tells nobody
        await asyncio.sleep(0.01)


async def stopped(talking: Talking, *answers: Answer, when: Any) -> Response:
    """Send a message and stop its answer as soon as `when(turn)` is true; return the ended response."""
    asking = asyncio.create_task(talking.say("Long", *answers, model="gpt-4o"))
    async with asyncio.timeout(10):
        while not any(map(when, recorder.recordings.values())):  # noqa: ASYNC110 - the turn tells nobody
            await asyncio.sleep(0.01)
    next(iter(recorder.recordings.values())).cancelled.set()
    return await asking


async def test_a_stream_that_breaks_is_followed_from_the_last_event(talking: Talking) -> None:
    begun, rest = WHOLE[:2], WHOLE[2:]
    response = await talking.say("Go on", streaming(sse(*begun)), streaming(sse(*rest)), model="gpt-4o")
    assert (response.status, response.background) == ("completed", True)
    assert addresses(talking) == ["POST /responses", "GET /responses/resp_1?stream=true&starting_after=1"]
    assert talking.script.sent(0)["background"] is True


async def test_where_there_is_no_stream_the_response_is_looked_at_until_it_ends(talking: Talking) -> None:
    no_stream = refusing("This response cannot be streamed.", "stream")
    running = {**QUEUED, "status": "in_progress"}
    response = await talking.say(
        "Go on", answering(QUEUED), no_stream, answering(QUEUED), answering(running), answering(FINAL), model="gpt-4o"
    )
    assert (response.status, response.provider_id) == ("completed", "resp_1")
    assert addresses(talking) == [
        "POST /responses",
        "GET /responses/resp_1?stream=true",
        *["GET /responses/resp_1"] * 3,
    ]


async def test_a_response_that_was_cancelled_elsewhere_ends_as_such(talking: Talking) -> None:
    cancelled = {**QUEUED, "status": "cancelled"}
    response = await talking.say(
        "Go on", answering(QUEUED), refusing("no stream", "stream"), answering(cancelled), model="gpt-4o"
    )
    assert response.status == "cancelled"


async def test_one_that_is_gone_at_the_provider_ends_with_a_reason(talking: Talking) -> None:
    gone = refusing("Response with id 'resp_1' not found.", status=404)
    response = await talking.say("Go on", streaming(sse(*WHOLE[:2])), gone, gone, model="gpt-4o")
    assert response.status == "failed"
    assert response.error["message"]


async def test_stop_cancels_at_the_provider_and_keeps_what_was_said(talking: Talking) -> None:
    cancelled = {**QUEUED, "status": "cancelled"}
    response = await stopped(
        talking, streaming(sse(*WHOLE[:2]), then=hang), answering(cancelled), when=lambda turn: turn.sequence >= 2
    )
    assert response.status == "cancelled"
    assert addresses(talking) == ["POST /responses", "POST /responses/resp_1/cancel"]


async def test_stop_that_comes_too_late_keeps_the_whole_answer(talking: Talking) -> None:
    response = await stopped(
        talking, streaming(sse(*WHOLE[:2]), then=hang), answering(FINAL), when=lambda turn: turn.sequence >= 2
    )
    assert response.status == "completed"


async def test_stop_waits_for_the_id_without_which_nobody_could_cancel(talking: Talking) -> None:
    async def late(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.5)
        return await streaming(sse(*WHOLE[:2]), then=hang)(request)

    cancelled = {**QUEUED, "status": "cancelled"}
    response = await stopped(
        talking, late, answering(cancelled), when=lambda _: talking.script is not None and talking.script.requests
    )
    assert response.status == "cancelled"
    assert addresses(talking)[-1] == "POST /responses/resp_1/cancel"


async def test_a_provider_that_cannot_be_told_to_stop_is_remarked(talking: Talking) -> None:
    broken = answering({"error": {"message": "no"}}, status=403)
    response = await stopped(
        talking, streaming(sse(*WHOLE[:2]), then=hang), broken, when=lambda turn: turn.sequence >= 2
    )
    assert response.status == "cancelled"
    assert turn.NOT_TOLD in response.remarks


async def test_stopping_what_has_ended_does_nothing(talking: Talking) -> None:
    from conversations.access import conversation_for
    from conversations.actions import turns

    response = await talking.say("Short", streaming(sse(*WHOLE)), model="gpt-4o")
    for _ in range(2):
        access = await threads.runner.run(conversation_for, talking.alice, talking.conversation.pk)
        await threads.runner.run(turns.stop, access, response)
    await threads.runner.run(response.refresh_from_db)
    assert response.status == "completed"
    assert response.cancel_requested_at is None
