"""An Azure resource on the loopback, with the identity endpoint of an App Service beside it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.upstream.script import answer_events, sse

SECRET = "header-of-the-test"
DENIED = {"error": {"code": "401", "message": "Unauthorized. Access token is missing, invalid or expired."}}


@dataclass
class Asked:
    """One request to the resource."""

    path: str
    query: dict[str, str]
    token: str
    status: int
    body: dict[str, Any] = field(default_factory=dict)


class Azure:
    """Runs in a thread of its own. It takes a token until it has expired, or was revoked."""

    def __init__(self, *, now: Callable[[], float] = time.time) -> None:
        self.now = now
        self.life = 3600.0
        """Seconds that the next tokens live."""
        self.fetched: list[dict[str, str]] = []
        """The query of each request for a token."""
        self.asked: list[Asked] = []
        self.revoked: set[str] = set()
        self._ends: dict[str, float] = {}
        self._issued = threading.Condition()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.url = self._run(self._serve())

    @property
    def settings(self) -> dict[str, str]:
        """The environment of an App Service whose identity may use this resource."""
        return {
            "AZURE_OPENAI_ENDPOINT": self.url,
            "IDENTITY_ENDPOINT": f"{self.url}/msi/token",
            "IDENTITY_HEADER": SECRET,
            "SALON_MODELS": "gpt-4o",
            "NO_PROXY": "127.0.0.1",
        }

    @property
    def turns(self) -> list[Asked]:
        """The requests of turns (a conversation is given its title without a stream)."""
        return [asked for asked in self.asked if asked.body.get("stream")]

    def wait_for_tokens(self, number: int) -> None:
        """Return when so many tokens have been issued."""
        with self._issued:
            assert self._issued.wait_for(lambda: len(self.fetched) >= number, timeout=5)

    def close(self) -> None:
        self._run(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _serve(self) -> str:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/msi/token", self._token)
        app.router.add_route("*", "/openai/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _token(self, request: web.Request) -> web.Response:
        """As App Service issues tokens: by the header, for a resource, with the end in seconds of the Unix epoch."""
        if request.headers.get("X-IDENTITY-HEADER") != SECRET:
            return web.json_response({"message": "no"}, status=401)
        await asyncio.sleep(0.05)
        self.fetched.append(dict(request.query))
        token = f"token-{len(self.fetched)}"
        self._ends[token] = self.now() + self.life
        with self._issued:
            self._issued.notify_all()
        return web.json_response(
            {
                "access_token": token,
                "expires_on": str(int(self._ends[token])),
                "resource": request.query["resource"],
                "token_type": "Bearer",
            }
        )

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        taken = self.now() < self._ends.get(token, 0) and token not in self.revoked
        status = 200 if taken else 401
        body = json.loads(await request.read() or b"{}")
        self.asked.append(Asked(request.path, dict(request.query), token, status, body))
        if not taken:
            return web.json_response(DENIED, status=401)
        if request.method == "GET":
            return web.json_response({"object": "list", "data": []})
        events = answer_events("As asked", response_id=f"resp_{len(self.turns)}")
        if not body.get("stream"):
            return web.json_response(events[-1]["response"])
        return web.Response(body=sse(*events), content_type="text/event-stream")
