"""Django's pages under ASGI: a request is one call in one warm thread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import IO, Any

from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.http import HttpRequest, HttpResponseBase

from conversations import threads
from conversations.gateway.calls import is_call

BODY = "salon.body"
"""Extension of an ASGI scope: the file that holds the whole body. Who takes it closes it."""


class Receive:
    """What a server has to say of a request; `body` is the file with the whole body, where the server hands it over."""

    def __init__(self, receive: Callable[[], Awaitable[dict[str, Any]]], body: IO[bytes] | None) -> None:
        self._receive = receive
        self.body = body

    async def __call__(self) -> dict[str, Any]:
        return await self._receive()


class Pages(ASGIHandler):
    """All our middleware and views are synchronous, but for the gateway's.

    Django's own handler would take each middleware to a thread and back, some twenty times a request, and open a
    database connection for each request (`ThreadSensitiveContext`).
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=True)
        self._calls: Callable[[HttpRequest], Awaitable[HttpResponseBase]] = self._middleware_chain  # type: ignore[attr-defined]
        self.load_middleware(is_async=False)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await self.handle(scope, Receive(receive, scope.get("extensions", {}).get(BODY)), send)

    async def read_body(self, receive: Receive) -> IO[bytes]:  # type: ignore[override]  # what `__call__` hands on
        """Return the body as the server has it, or gather it from its messages."""
        if receive.body is None:
            gathered: IO[bytes] = await super().read_body(receive)
            return gathered
        if (await receive())["type"] == "http.disconnect":
            receive.body.close()
            raise RequestAborted
        return receive.body

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        if is_call(request):
            return await self._calls(request)  # goes no deeper than the gateway's middleware
        pool = threads.runner if writes_a_turn(request) else threads.uploads if is_upload(request) else threads.pages
        return await pool.run(self.get_response, request)


def is_upload(request: HttpRequest) -> bool:
    return request.method == "POST" and request.path_info == "/files/"


def writes_a_turn(request: HttpRequest) -> bool:
    """Whether the request writes what the runner writes too, on a database with one writer.

    Then both take turns in one thread: sixty messages at once would otherwise fight with the runner for SQLite's lock
    and for the interpreter's (measured: three times the time to the first token).
    """
    return (
        connection.vendor == "sqlite" and request.method == "POST" and request.path_info.startswith("/conversations/")
    )
