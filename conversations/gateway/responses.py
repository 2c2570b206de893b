"""The calls on responses: create, retrieve, cancel, delete, list input items, compact, count."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from conversations import threads
from conversations.actions import program_files
from conversations.actions import turns as turn_actions
from conversations.gateway import copies, inputs, items, sse, turns
from conversations.gateway.answers import is_ascending, limit, listing, obj
from conversations.gateway.auth import Caller
from conversations.gateway.bodies import json_object
from conversations.gateway.calls import CallRequest, needs
from conversations.gateway.errors import invalid
from conversations.gateway.following import Following
from conversations.gateway.idempotency import HEADER, Once, fingerprint, once_async
from conversations.gateway.objects import response_object
from conversations.turns.attachments import Attachments
from conversations.turns.provider import provider

TRUTH = {"true": True, "false": False}
LARGE = 256 * 1024
"""Bytes of a body that is read in a thread, so that no stream waits for it."""


@needs("write")
async def create(request: CallRequest) -> HttpResponseBase:
    asked, fingerprint = await _read(request)
    caller = request.caller
    async with once_async(request, fingerprint) as once:
        if once.result:
            begun = await threads.pages.run(turns.begun_before, caller.user, int(once.result))
        else:
            begun = await threads.writer.run(_begin, caller, asked, once)
    if asked.stream:
        return await _stream(turns.streamed(caller, begun, background=asked.background))
    return obj(await (turns.started(begun) if asked.background else turns.whole(begun)))


def _begin(caller: Caller, asked: inputs.Asked, once: Once) -> turns.Begun:
    with transaction.atomic():
        begun = turns.begin(caller, asked)
        once.keep(begun.response.pk)
    return begun


@needs("read")
async def retrieve(request: CallRequest, response_id: str) -> HttpResponseBase:
    _, response = await threads.pages.run(turns.find, request.caller.user, response_id)
    if _flag(request, "stream"):
        return await _stream(turns.again(request.caller, response, _starting_after(request)))
    if (body := await copies.refreshed(response, _include(request))) is None:
        body = await threads.pages.run(response_object, response)
    return obj(body)


@needs("write")
async def cancel(request: CallRequest, response_id: str) -> HttpResponse:
    found, response = await threads.pages.run(turns.find, request.caller.user, response_id)
    found.require_writer()
    if not (response.background or response.options.get("background")):
        raise invalid("Cannot cancel a synchronous response.")
    if response.is_running:
        async with Following(response) as following:
            await threads.writer.run(turn_actions.stop, found, response)
            await following.end()
        _, response = await threads.pages.run(turns.find, request.caller.user, response_id)
    return obj(await threads.pages.run(response_object, response))


@needs("write")
async def delete(request: CallRequest, response_id: str) -> HttpResponse:
    found, response = await threads.pages.run(turns.find, request.caller.user, response_id)
    found.require_writer()
    if response.is_running:
        async with Following(response) as following:
            await threads.writer.run(turn_actions.stop, found, response)
            await following.end()
    await threads.writer.run(turn_actions.delete, found, response)
    return obj({"id": response_id, "object": "response.deleted", "deleted": True})


@needs("read")
def input_items(request: CallRequest, response_id: str) -> HttpResponse:
    _, response = turns.find(request.caller.user, response_id)
    page = items.input_items(
        response,
        after=request.GET.get("after", ""),
        limit=limit(request, usual=20, most=100),
        ascending=is_ascending(request),
        include=_include(request),
    )
    return listing(page.data, has_more=page.has_more)


@needs("write")
async def compact(request: CallRequest) -> HttpResponse:
    body = await _passed_on(request)
    return obj(await (await provider()).compact_response(body))


@needs("write")
async def input_tokens(request: CallRequest) -> HttpResponse:
    body = await _passed_on(request)
    return obj({"object": "response.input_tokens", "input_tokens": await (await provider()).count_input_tokens(body)})


async def _passed_on(request: CallRequest) -> dict[str, Any]:
    """Return a body as the provider is asked it: what it continues is named where that can be, and told where not."""

    def read() -> dict[str, Any]:
        user, body = request.caller.user, inputs.read_partial(json_object(request))
        return turns.with_history(user, program_files.refer(user, body))

    attachments = Attachments(await provider(), endpoint=settings.SALON_ENDPOINT)
    return (await attachments.resolve(await threads.pages.run(read), keeps=True)).body


async def _read(request: CallRequest) -> tuple[inputs.Asked, str]:
    """Return what is asked for, and what an `Idempotency-Key` stands for."""

    def read() -> tuple[inputs.Asked, str]:
        body = json_object(request)
        return inputs.read(body), fingerprint(request, msgspec.json.encode(body)) if HEADER in request.headers else ""

    large = int(request.META.get("CONTENT_LENGTH") or LARGE) >= LARGE
    return await threads.pages.run(read) if large else read()


async def _stream(events: AsyncGenerator[list[bytes], None]) -> HttpResponseBase:
    """Answer with a stream. What goes wrong before its first event is an answer of its own, with its status."""
    first = await anext(events)

    async def content() -> AsyncGenerator[bytes, None]:
        async with aclosing(events):
            yield sse.frames(first) or sse.KEEP_ALIVE
            async for batch in events:
                yield sse.frames(batch) or sse.KEEP_ALIVE
        yield sse.DONE

    return sse.EventStream(content())


def _include(request: HttpRequest) -> list[str]:
    """Return what is asked for beside the usual; clients write the list in either form."""
    return request.GET.getlist("include[]") + request.GET.getlist("include")


def _flag(request: HttpRequest, name: str) -> bool:
    """Return a true or false of the query; raise `ApiError`."""
    given = request.GET.get(name, "false").lower()
    if given not in TRUTH:
        raise invalid(f"Invalid type for '{name}': expected a boolean.", param=name, code="invalid_type")
    return TRUTH[given]


def _starting_after(request: HttpRequest) -> int:
    given = request.GET.get("starting_after", "-1")
    digits = given.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
        message = "Invalid type for 'starting_after': expected an integer."
        raise invalid(message, param="starting_after", code="invalid_type")
    return max(int(given), -1)
