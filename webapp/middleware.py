"""One id, one log line and one count for every request, and one line for every socket."""

import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.template import loader
from django.utils.decorators import sync_and_async_middleware
from structlog.contextvars import bound_contextvars

from conversations import metrics
from conversations.models.audit import client_address

log = structlog.get_logger(__name__)

SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
SANE_ADDRESS = re.compile(r"[0-9a-fA-F.:]{2,45}")
QUIET_ROUTES = frozenset({"readyz", "metrics"})
"""Asked every few seconds by machines; only their failures are worth a line."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Any other is a client's invention, and would open a series of its own in the metrics."""


@sync_and_async_middleware
def request_log(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Give the request an id (its own X-Request-ID where that is sane), say it in the answer, and log the request.

    Outermost, so that every answer is covered. The id is bound for everything that is logged meanwhile.
    """
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponseBase:
            began, request_id = time.perf_counter(), name_request(request.headers.get("X-Request-ID", ""))
            with bound_contextvars(request_id=request_id), coming_from(*origin_of(request)):
                response: HttpResponseBase = await get_response(request)
                finish(request, response, request_id, time.perf_counter() - began)
            return response

        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponseBase:
        began, request_id = time.perf_counter(), name_request(request.headers.get("X-Request-ID", ""))
        with bound_contextvars(request_id=request_id), coming_from(*origin_of(request)):
            response: HttpResponseBase = get_response(request)
            finish(request, response, request_id, time.perf_counter() - began)
        return response

    return synchronous


@sync_and_async_middleware
def page_for_forms(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Say something to a person who opens the address that a form is sent to: a reloaded tab, Enter in the address."""
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponseBase:
            return explained(request, await get_response(request))

        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponseBase:
        return explained(request, get_response(request))

    return synchronous


def explained(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    opened = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
    if opened and isinstance(response, HttpResponseNotAllowed) and not response.content:
        response.content = loader.render_to_string("405.html").encode()
    return response


@contextmanager
def coming_from(peer: str, forwarded: str) -> Iterator[None]:
    """Let what is recorded meanwhile know the client's address: of `forwarded`, what our own proxies appended."""
    proxies = getattr(settings, "ALLAUTH_TRUSTED_PROXY_COUNT", 0)
    hops = [hop.strip() for hop in forwarded.split(",")]
    given = hops[-proxies] if 0 < proxies <= len(hops) and forwarded else peer
    token = client_address.set(given if SANE_ADDRESS.fullmatch(given) else "")
    try:
        yield
    finally:
        client_address.reset(token)


def name_request(proposed: str) -> str:
    """Return the proxy's id for the request if it is one that may stand in a log, else a new one."""
    return proposed if SANE_ID.fullmatch(proposed) else f"req_{secrets.token_hex(16)}"


def finish(request: HttpRequest, response: HttpResponseBase, request_id: str, seconds: float) -> None:
    """Put the id into the answer, count the request and log it: by its route, as a path holds ids and keys."""
    response.headers.setdefault("x-request-id", request_id)
    if request.path_info.startswith(settings.STATIC_URL):
        return
    match = request.resolver_match
    route = (match.view_name or match.route) if match else "unknown"
    status = response.status_code
    method = request.method if request.method in METHODS else "other"
    metrics.requests.labels(method, route, status).inc()
    metrics.request_seconds.labels(route).observe(seconds)
    if route in QUIET_ROUTES and status < 400:
        return
    said = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
    log.info("request", **said, **{"user": known_user_id(request), **getattr(request, "noted", {})})


def origin_of(request: HttpRequest) -> tuple[str, str]:
    return request.META.get("REMOTE_ADDR") or "", request.headers.get("X-Forwarded-For", "")


def known_user_id(request: HttpRequest) -> int | None:
    """Return the id of the person, if the request has asked who it is: never by a query of our own."""
    user = getattr(request, "_cached_user", None) or getattr(request, "_acached_user", None)
    return user.pk if user else None


class SocketLog:
    """ASGI middleware around the sockets: binds an id to what a socket logs, and says how it ended."""

    def __init__(self, application: Callable[..., Awaitable[None]]) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        headers = dict(scope["headers"])
        began, code = time.perf_counter(), None

        async def hear() -> dict[str, Any]:
            nonlocal code
            message: dict[str, Any] = await receive()
            if message["type"] == "websocket.disconnect":
                code = message.get("code")
            return message

        async def say(message: dict[str, Any]) -> None:
            nonlocal code
            if message["type"] == "websocket.close":
                code = message.get("code", 1000)
            await send(message)

        request_id = name_request(headers.get(b"x-request-id", b"").decode("latin-1"))
        peer = str((scope.get("client") or [""])[0])
        forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1")
        with bound_contextvars(request_id=request_id), coming_from(peer, forwarded):
            try:
                await self.application(scope, hear, say)
            finally:
                user = scope.get("user")
                log.info(
                    "socket", code=code, seconds=round(time.perf_counter() - began, 1), user=user.pk if user else None
                )
