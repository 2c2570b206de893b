"""What happens to every call before its view and after it: found, known, allowed, counted, answered as the API does.

A view is a function of the request (and the ids of its path) that returns a response or raises; it may be asynchronous.
`@needs(scope)` says which scope of a key it asks for. `Calls` puts the views of one address together, by method.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import Resolver404, get_resolver

from conversations import threads
from conversations.gateway import auth, limits
from conversations.gateway.auth import Caller
from conversations.gateway.errors import ApiError, answer, error_for

BASE = "/openai/"
ROUTES = "conversations.gateway.urls"
API_VERSION = re.compile(r"[A-Za-z0-9.-]{1,40}")
View = Callable[..., Any]


class CallRequest(HttpRequest):
    """A request to the gateway whose caller is known."""

    caller: Caller
    noted: dict[str, Any]
    """What the log's line of the request says beside the usual: the key, the api-version."""


class Calls:
    """The calls at one address: `Calls(GET=listing, POST=create)`."""

    def __init__(self, **views: View) -> None:
        self.views = views

    def __call__(self, request: HttpRequest, **ids: str) -> HttpResponseBase:
        raise AssertionError("the middleware answers what lies under /openai/")

    def view_for(self, request: HttpRequest) -> View:
        """Return the view of the request's method; raise `ApiError` (405)."""
        view = self.views.get(request.method or "")
        if view is None:
            raise ApiError(
                405,
                f"Not allowed to {request.method} on {request.path_info}. (HINT: Perhaps you meant to make a different "
                "request?)",
                code="method_not_supported",
                headers={"Allow": ", ".join(self.views)},
            )
        return view


def needs(scope: str) -> Callable[[View], View]:
    """Let a view be called with keys of this scope; with "" by anybody, without a key."""

    def mark(view: View) -> View:
        view.scope = scope  # type: ignore[attr-defined]
        return view

    return mark


def is_call(request: HttpRequest) -> bool:
    return request.path_info.startswith(BASE) or request.path_info == "/openai"


def call(request: HttpRequest) -> HttpResponseBase:
    """Answer a call in this thread. Nothing is raised."""
    try:
        view, ids = _find(request)
        _admit(request, view)
        if iscoroutinefunction(view):
            response: HttpResponseBase = async_to_sync(view)(request, **ids)
        else:
            response = view(request, **ids)
    except Exception as problem:
        response = answer(error_for(problem))
    return _finished(request, response)


async def call_async(request: HttpRequest) -> HttpResponseBase:
    """Answer a call from the event loop: what is not asynchronous works in a thread, with its connection."""
    try:
        view, ids = _find(request)
        if not iscoroutinefunction(view):
            return await threads.pages.run(call, request)
        await threads.pages.run(_admit, request, view)
        response: HttpResponseBase = await view(request, **ids)
    except Exception as problem:
        response = answer(error_for(problem))
    return _finished(request, response)


def _find(request: HttpRequest) -> tuple[View, dict[str, str]]:
    request.get_host()  # a host name that is not ours is refused, as by every page
    version = request.GET.get("api-version", "")
    request.noted = {"api_version": version} if API_VERSION.fullmatch(version) else {}  # type: ignore[attr-defined]
    try:
        match = get_resolver(ROUTES).resolve(request.path_info.removeprefix("/openai"))
    except Resolver404:
        raise ApiError(404, f"Invalid URL ({request.method} {request.path_info})") from None
    request.resolver_match = match
    calls = match.func
    assert isinstance(calls, Calls)
    return calls.view_for(request), match.kwargs


def _admit(request: HttpRequest, view: View) -> None:
    """Find out who calls, and whether they may; raise `ApiError`."""
    if scope := view.scope:  # type: ignore[attr-defined]
        caller = auth.authenticate(request.headers)
        request.caller = caller  # type: ignore[attr-defined]
        request.noted |= {"user": caller.user.pk, "key": caller.key.pk}  # type: ignore[attr-defined]
        request.taken = limits.take(caller)  # type: ignore[attr-defined]
        caller.require(scope)


def _finished(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    limits.mark(response, getattr(request, "taken", None))
    response.headers.setdefault("Cache-Control", "no-store")
    if isinstance(response, HttpResponse):
        response.headers.setdefault("Content-Length", str(len(response.content)))
    return response
