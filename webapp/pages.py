"""Django's pages under ASGI: a request is one call in one warm thread."""

from __future__ import annotations

from typing import Any

from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.http import HttpRequest, HttpResponseBase

from conversations import threads


class Pages(ASGIHandler):
    """All our middleware and views are synchronous.

    Django's own handler would take each middleware to a thread and back, some twenty times a request, and open a
    database connection for each request (`ThreadSensitiveContext`).
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await self.handle(scope, receive, send)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        pool = threads.runner if writes_a_turn(request) else threads.pages
        return await pool.run(self.get_response, request)


def writes_a_turn(request: HttpRequest) -> bool:
    """Whether the request writes what the runner writes too, on a database with one writer.

    Then both take turns in one thread: sixty messages at once would otherwise fight with the runner for SQLite's lock
    and for the interpreter's (measured: three times the time to the first token).
    """
    return (
        connection.vendor == "sqlite" and request.method == "POST" and request.path_info.startswith("/conversations/")
    )
