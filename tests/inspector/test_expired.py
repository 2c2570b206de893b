"""A conversation goes on when the provider has forgotten what came before, and the inspector says what was done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from django.test import Client

from conversations import threads
from conversations.models import Response
from conversations.turns.provider import forget
from conversations.turns.turn import run_turn
from conversations.upstream.config import ProviderConfig
from tests.inspector.conftest import Answered
from tests.inspector.test_panel import shown
from tests.upstream.script import Answer, Script, answer_events, answering, sse, streaming

pytestmark = pytest.mark.usefixtures("database_threads")
FORGOTTEN = {
    "error": {
        "message": "Previous response with id 'resp_1' not found.",
        "type": "invalid_request_error",
        "param": "previous_response_id",
        "code": "previous_response_not_found",
    }
}
Ask = Callable[..., Awaitable[Script]]


@pytest.fixture
async def provider(settings: Any) -> AsyncIterator[Ask]:
    servers: list[TestServer] = []

    async def start(*answers: Answer) -> Script:
        script, app = Script(*answers), web.Application()
        app.router.add_route("*", "/{path:.*}", script.handle)
        servers.append(TestServer(app))
        await servers[-1].start_server()
        settings.SALON_PROVIDER = ProviderConfig("compatible", str(servers[-1].make_url("/v1/")), "key-of-the-test")
        return script

    yield start
    await forget()
    for server in servers:
        await server.close()


async def test_with_an_expired_previous_response_the_history_is_sent_from_here_and_that_is_said(
    as_alice: Client, answered: Answered, provider: Ask
) -> None:
    script = await provider(answering(FORGOTTEN, status=400), streaming(sse(*answer_events("In lux"))))

    def prepare() -> Response:
        answered("How far?", "Sixty centimetres", parameters={"model": "gpt-5"})
        waiting: dict[str, Any] = {"status": "queued", "done_at": None, "provider_id": "", "parameters": {}}
        return answered("In what unit?", "", items=[{"type": "message", "content": []}], **waiting)

    response = await threads.runner.run(prepare)
    await threads.runner.run(response.items.filter(direction="output").delete)
    await run_turn(response.pk, "runner")
    assert script.sent(0)["previous_response_id"] == "resp_1"
    assert "previous_response_id" not in script.sent(1)
    assert [item["role"] for item in script.sent(1)["input"]] == ["user", "assistant", "user"]

    def look() -> tuple[str, str, str]:
        response.refresh_from_db()
        return shown(as_alice, response), shown(as_alice, response, "chain/"), shown(as_alice, response, "request/")

    overview, chain, request = await threads.runner.run(look)
    assert response.status == "completed"
    assert "The history was sent from here" in overview
    assert "req_1" in overview
    assert "Rebuilt from the team’s copy" in chain
    assert "Sixty centimetres" in request
    assert "previous_response_id" not in request
