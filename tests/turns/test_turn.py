"""One turn against a provider that answers as the test says."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from conversations import threads
from conversations.models import Branch, Conversation, Item, Response, User
from conversations.turns.provider import forget
from conversations.turns.turn import run_turn
from conversations.upstream.config import ProviderConfig
from tests.upstream.script import Answer, Script, answer_events, answering, sse, streaming

pytestmark = pytest.mark.usefixtures("database_threads")
Ask = Callable[..., Awaitable[Response]]


@pytest.fixture
def queued(conversation: Conversation, alice: User) -> Response:
    branch = Branch.objects.create(conversation=conversation, created_by=alice)
    response = Response.objects.create(conversation=conversation, branch=branch, created_by=alice, model="stand-in")
    content = [{"type": "input_text", "text": "Hello"}]
    Item.objects.create(
        conversation=conversation,
        response=response,
        direction=Item.Direction.INPUT,
        index=0,
        type="message",
        payload={"type": "message", "role": "user", "content": content},
    )
    return response


@pytest.fixture
async def ask(queued: Response, settings: Any) -> AsyncIterator[Ask]:
    """`response = await ask(answer, ...)`: run the queued turn on a provider that gives these answers."""
    servers: list[TestServer] = []

    async def ask(*answers: Answer) -> Response:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", Script(*answers).handle)
        servers.append(TestServer(app))
        await servers[-1].start_server()
        url = str(servers[-1].make_url("/v1/"))
        settings.SALON_PROVIDER = ProviderConfig("compatible", url, "key-of-the-test", first_byte_timeout=5)
        await run_turn(queued.pk, "runner")
        await threads.runner.run(queued.refresh_from_db)
        return queued

    yield ask
    await forget()
    for server in servers:
        await server.close()


def answer_with_item(text: str) -> list[dict[str, Any]]:
    """A whole answer that says `text`, as the API streams it."""
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    begun, *_, ended = answer_events()
    done = {"type": "response.output_item.done", "output_index": 0, "item": item, "sequence_number": 1}
    ended = {**ended, "sequence_number": 2, "response": {**ended["response"], "output": [item]}}
    return [begun, done, ended]


async def said(response: Response) -> Item:
    """The one output item."""
    return await threads.runner.run(Item.objects.get, response=response, direction="output")


async def test_an_answer_is_kept_though_the_database_was_away_at_its_end(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute, away = CursorWrapper.execute, iter([True, True, False])

    def execute_unless_away(self: CursorWrapper, sql: str, params: Any = None) -> Any:
        if '"done_at" = ' in sql and next(away):
            raise OperationalError("the connection is closed")
        return execute(self, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", execute_unless_away)
    response = await ask(streaming(sse(*answer_with_item("Kept"))))
    assert response.status == "completed"
    assert (await said(response)).text == "Kept"


async def test_a_server_that_names_its_events_outside_the_data_is_understood(ask: Ask) -> None:
    events = answer_with_item("Understood")
    body = sse(*events).replace(b'"type": "response.', b'"kind": "response.')
    assert (await ask(streaming(body))).status == "completed"


@pytest.mark.parametrize(
    "text",
    ["a" * 20_000, "QUJD" * 5_000, "data:text/plain;base64," + "QUJD" * 5_000],
    ids=["one letter", "base64", "data URL"],
)
async def test_a_long_text_that_looks_like_bytes_stays_a_text(ask: Ask, text: str) -> None:
    response = await ask(streaming(sse(*answer_with_item(text))))
    item = await said(response)
    assert item.payload["content"][0]["text"] == text
    assert item.text == text


async def test_a_background_answer_at_a_provider_that_refuses_us_does_not_run_for_ever(
    ask: Ask, queued: Response
) -> None:
    row = Response.objects.filter(pk=queued.pk)
    await threads.runner.run(row.update, epoch=1, background=True, provider_id="resp_1", started_at=timezone.now())
    response = await ask(answering({"error": {"message": "no", "code": "invalid_api_key"}}, status=401))
    assert response.status == "failed"
