"""Takes what lies under /openai/ out of the way of pages: no session, no cookie, no CSRF token, no language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from conversations.gateway import calls


@sync_and_async_middleware
def gateway(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Answer calls of the gateway, and hand on everything else."""
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponseBase:
            if not calls.is_call(request):
                page: HttpResponseBase = await get_response(request)
                return page
            return await calls.call_async(request)

        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponseBase:
        if not calls.is_call(request):
            page: HttpResponseBase = get_response(request)
            return page
        return calls.call(request)

    return synchronous
