"""Django's pages under ASGI: a request is one call in one warm thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import IO, Any

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from conversations import threads
from conversations.gateway.calls import is_call

GATEWAY = "/openai"
SLOW = ("/files/", "/export/", "/imports/")
"""Where a request may open or make a large file: it must not hold up the pages."""
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

    Django's own handler would take each middleware to a thread and back, some twenty times a request, its signals and
    the end of the response three times more, and open a connection to the database for each (`ThreadSensitiveContext`).
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=True)
        self._calls: Callable[[HttpRequest], Awaitable[HttpResponseBase]] = self._middleware_chain  # type: ignore[attr-defined]
        self.load_middleware(is_async=False)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        received, path = Receive(receive, scope.get("extensions", {}).get(BODY)), path_of(scope)
        if path.startswith(GATEWAY):
            await self.handle(scope, received, send)
            return
        try:
            body = await self.read_body(received)
        except RequestAborted:
            return
        response = await pool_for(scope["method"], path).run(self.respond, scope, body)
        if not response.streaming:
            await self.send_response(response, send)
            return
        try:
            await self.stream(response, received, send)
        finally:
            await threads.pages.run(response.close)

    async def read_body(self, receive: Receive) -> IO[bytes]:  # type: ignore[override]  # what `__call__` hands on
        """Return the body as the server has it, or gather it from its messages."""
        if receive.body is None:
            gathered: IO[bytes] = await super().read_body(receive)
            return gathered
        if (await receive())["type"] == "http.disconnect":
            receive.body.close()
            raise RequestAborted
        return receive.body

    def respond(self, scope: dict[str, Any], body: IO[bytes]) -> HttpResponseBase:
        """Return the answer to a request; what it held is closed already unless the answer is a stream."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        response: Any
        request, response = self.create_request(scope, body)
        if request is None:
            body.close()
        else:
            response = self.get_response(request)
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        response._handler_class = self.__class__
        if not response.streaming:
            response.close()
        answered: HttpResponseBase = response
        return answered

    async def stream(self, response: HttpResponseBase, receive: Receive, send: Any) -> None:
        """Send a response whose content comes piece by piece, until it ends or the client has left."""
        sending = asyncio.ensure_future(self.send_response(response, send))
        leaving = asyncio.ensure_future(receive())
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Answer what may be a call of the gateway: as the other pages, if it is none."""
        if is_call(request):
            return await self._calls(request)  # goes no deeper than the gateway's middleware
        return await threads.pages.run(self.get_response, request)


def path_of(scope: dict[str, Any]) -> str:
    """Return the path below the place where the application is mounted."""
    return str(scope["path"]).removeprefix(get_script_prefix(scope))


def pool_for(method: str, path: str) -> threads.Threads:
    """Return the threads that answer a request."""
    if writes_a_turn(method, path):
        return threads.runner
    slow = method == "POST" and path.startswith(SLOW)
    return threads.uploads if slow else threads.pages


def writes_a_turn(method: str, path: str) -> bool:
    """Whether a request writes what the runner writes too, on a database with one writer.

    Then both take turns in one thread: sixty messages at once would otherwise fight with the runner for SQLite's lock
    and for the interpreter's (measured: three times the time to the first token).
    """
    return connection.vendor == "sqlite" and method == "POST" and path.startswith("/conversations/")
