"""Django's pages under ASGI: a request is one call in one warm thread."""

from __future__ import annotations

import asyncio
from typing import Any

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from conversations import threads


class Pages(ASGIHandler):
    """All our middleware and views are synchronous.

    Django's own handler would take each middleware to a thread and back, some twenty times a request, its signals and
    the end of the response three times more, and open a connection to the database for each (`ThreadSensitiveContext`).
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        pool = threads.runner if writes_a_turn(scope) else threads.pages
        response = await pool.run(self.respond, scope, body)
        if not response.streaming:
            await self.send_response(response, send)
            return
        try:
            await self.stream(response, receive, send)
        finally:
            await threads.pages.run(response.close)

    def respond(self, scope: dict[str, Any], body: Any) -> HttpResponseBase:
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

    async def stream(self, response: HttpResponseBase, receive: Any, send: Any) -> None:
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


def writes_a_turn(scope: dict[str, Any]) -> bool:
    """Whether the request writes what the runner writes too, on a database with one writer.

    Then both take turns in one thread: sixty messages at once would otherwise fight with the runner for SQLite's lock
    and for the interpreter's (measured: three times the time to the first token).
    """
    return connection.vendor == "sqlite" and scope["method"] == "POST" and scope["path"].startswith("/conversations/")
