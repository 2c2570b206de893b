"""What a provider answers in a test, and what it was asked: plain functions for the `serve` fixture."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from conversations.upstream.decoder import Event
from conversations.upstream.stream import EventStream

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Script:
    """A server that gives one answer after another (the last one again and again) and keeps what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[web.Request] = []
        self.bodies: list[bytes] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.bodies.append(await request.read())
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        return await answer(request)

    def sent(self, number: int = -1) -> Any:
        """The JSON body of a request."""
        return json.loads(self.bodies[number])


def sse(*events: dict[str, Any]) -> bytes:
    """The events as the service writes them."""
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


def streaming(*chunks: bytes, then: Callable[[web.Request], Awaitable[None]] | None = None) -> Answer:
    """Answer with an event stream of these chunks; `then` runs before the stream is closed."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "x-request-id": "req_1"})
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        if then:
            await then(request)
        await response.write_eof()
        return response

    return answer


def answering(body: Any = None, *, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Answer with a JSON body, or with bytes or text as they are."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return web.Response(body=data, status=status, headers={"Content-Type": "application/json"} | (headers or {}))

    return answer


def answer_events(text: str = "Hello", *, response_id: str = "resp_1") -> list[dict[str, Any]]:
    """A short answer, one delta a word, numbered from 0."""
    response = {"id": response_id, "object": "response", "output": []}
    deltas = [{"type": "response.output_text.delta", "item_id": "msg_1", "delta": word} for word in text.split(" ")]
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {**response, "status": "in_progress"}},
        *deltas,
        {"type": "response.completed", "response": {**response, "status": "completed"}},
    ]
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


async def collect(stream: EventStream) -> list[Event]:
    """All events of a stream that ends well."""
    return [event async for events in stream for event in events]
