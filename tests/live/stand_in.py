"""A provider that plays what a test hands it: recorded answers, flawed ones, answers that wait for the test."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

from tests.live.recordings import Recording
from tests.upstream.script import Answer, answering, sse


class StandIn:
    """A server on the loopback, in a thread of its own. What it plays is chosen by the newest message's text."""

    def __init__(self) -> None:
        self.plays: dict[str, Answer] = {}
        self.asked: list[dict[str, Any]] = []
        """The bodies of all requests for a response."""
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.url = self._run(self._serve())

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a server that has this provider."""
        return {"OPENAI_BASE_URL": self.url, "OPENAI_API_KEY": "key-of-the-test", "SALON_MODELS": "stand-in"}

    def close(self) -> None:
        self._run(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _serve(self) -> str:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/responses", self._answer)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1/"

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append(body)
        play = self.plays.get(_newest_text(body)) if body.get("stream") else None
        return await (play or answering({"error": {"message": "not in the play"}}, status=400))(request)


def _newest_text(body: dict[str, Any]) -> str:
    items = body["input"]
    return "" if isinstance(items, str) else str(items[-1]["content"][0].get("text"))


def recorded(recording: Recording, *, luck: random.Random) -> Answer:
    """Play a recording: a stream in chunks of random sizes with random pauses, another answer as it is."""
    if not recording.streamed:
        return _whole(recording.body)
    usual = max(1, len(recording.body) // luck.choice((15, 40, 120)))
    chunks, rest = [], recording.body
    while rest:
        size = luck.randint(1, 2 * usual)
        chunks.append(rest[:size])
        rest = rest[size:]
    pauses = [luck.random() * 1.2 / len(chunks) for _ in chunks]
    return in_pieces(chunks, pauses)


def _whole(body: bytes) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type="application/json")

    return answer


def in_pieces(chunks: list[bytes], pauses: list[float], *, then: Callable[[web.Request], Any] | None = None) -> Answer:
    """Answer with a stream, a pause before each chunk; `then` says how it goes on where it does not simply end."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for chunk, pause in zip(chunks, pauses, strict=True):
            await asyncio.sleep(pause)
            await response.write(chunk)
        if then is not None:
            await then(request)
        await response.write_eof()
        return response

    return answer


def telling(words: list[str], *, number: int = 1) -> list[dict[str, Any]]:
    """The events of a message of these words, one delta each, in the order and with the numbers of the service."""
    whole = "".join(words)
    response: dict[str, Any] = {
        "id": f"resp_{number:08}",
        "object": "response",
        "model": "stand-in",
        "output": [],
        "usage": None,
    }
    item = {"id": f"msg_{number:08}", "type": "message", "role": "assistant", "content": [], "status": "in_progress"}
    at = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "text": "", "annotations": []}
    done = {**item, "status": "completed", "content": [{**part, "text": whole}]}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {**response, "status": "in_progress"}},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **at, "part": part},
        *({"type": "response.output_text.delta", **at, "delta": word} for word in words),
        {"type": "response.output_text.done", **at, "text": whole},
        {"type": "response.content_part.done", **at, "part": {**part, "text": whole}},
        {"type": "response.output_item.done", "output_index": 0, "item": done},
        {"type": "response.completed", "response": {**response, "status": "completed", "output": [done]}},
    ]
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def chunked(events: list[dict[str, Any]]) -> list[bytes]:
    """One chunk for each event."""
    return [sse(event) for event in events]
