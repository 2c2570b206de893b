"""Answers to be inspected, and a provider that a test scripts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiohttp import web

from conversations.models import Branch, Conversation, Item, Response, StreamChunk, User
from conversations.turns import provider
from conversations.upstream.config import ProviderConfig
from tests.upstream.script import Answer, Script

Answered = Callable[..., Response]


@pytest.fixture
def answered(conversation: Conversation, alice: User) -> Answered:
    """`response = answered("A question", "An answer", **columns)`: a finished turn at the end of the line."""
    from django.utils import timezone

    branch = Branch.objects.create(conversation=conversation, created_by=alice)
    Conversation.objects.filter(pk=conversation.pk).update(branch=branch)
    last: list[Response] = []

    def add(text: str, said: str, *, items: list[dict[str, Any]] | None = None, **columns: Any) -> Response:
        now = timezone.now()
        number = len(last) + 1
        previous = last[-1] if last else None
        parameters = {"model": "gpt-5", "store": True}
        if previous is not None:
            parameters["previous_response_id"] = previous.provider_id
        given = {
            "status": "completed",
            "provider_id": f"resp_{number}",
            "model": "gpt-5",
            "endpoint": "https://a.example",
            "parameters": parameters,
            "done_at": now,
            **columns,
        }
        response = Response.objects.create(
            conversation=conversation, branch=branch, previous_response=previous, created_by=alice, **given
        )
        message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        part = {"type": "output_text", "text": said, "annotations": []}
        answer = {
            "type": "message",
            "id": f"msg_{number}",
            "role": "assistant",
            "status": "completed",
            "content": [part],
        }
        for direction, payloads in (("input", [message]), ("output", items or [answer])):
            for index, payload in enumerate(payloads):
                author = alice if direction == "input" else None
                Item.from_payload(
                    payload, response=response, direction=Item.Direction(direction), index=index, author=author
                ).save()
        Branch.objects.filter(pk=branch.pk).update(head=response)
        last.append(response)
        return response

    return add


def log_events(response: Response, *batches: list[dict[str, Any]]) -> None:
    """Log events as the recorder does, a row for each batch."""
    sequence = 0
    for batch in batches:
        StreamChunk.objects.create(response=response, epoch=1, sequence=sequence, count=len(batch), events=batch)
        sequence += len(batch)


class ScriptedProvider(Script):
    """A provider in a thread of its own, for pages that ask it while they are drawn."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__(*answers)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.url = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(10)

    async def _serve(self) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1/"

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)


@pytest.fixture
def scripted(settings: Any) -> Iterator[Callable[..., ScriptedProvider]]:
    """`provider = scripted(answer, ...)`: the provider of this server answers so from now on."""
    made: list[ScriptedProvider] = []

    def script(*answers: Answer) -> ScriptedProvider:
        made.append(ScriptedProvider(*answers))
        settings.SALON_PROVIDER = ProviderConfig("compatible", made[-1].url, "key-of-the-test", max_retries=0)
        provider._provider = None
        return made[-1]

    yield script
    provider._provider = None
    for one in made:
        one.close()
