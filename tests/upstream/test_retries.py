"""Further attempts: only before the first event, only where they can help, never sooner than asked."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from conversations.upstream.client import Provider
from conversations.upstream.config import ProviderConfig
from conversations.upstream.errors import ProviderBusy, ProviderUnavailable, StreamBroken, UpstreamError

from .script import Script, answer_events, answering, collect, sse, streaming

Serve = Callable[..., Awaitable[tuple[Provider, Script]]]
BODY = {"model": "m"}
GOOD = streaming(sse(*answer_events()))
SOON = {"retry-after-ms": "20"}


async def cut(request: web.Request) -> web.StreamResponse:
    assert request.transport
    request.transport.abort()
    return web.Response()


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
async def test_a_passing_fault_is_tried_again(serve: Serve, status: int) -> None:
    bad = answering(b"", status=status, headers=SOON)
    provider, script = await serve(bad, bad, GOOD)
    async with provider.stream_response(BODY) as stream:
        assert len(await collect(stream)) == 3
    assert len(script.requests) == 3


async def test_a_stream_that_ends_or_errs_before_its_first_event_is_tried_again(serve: Serve) -> None:
    overloaded = streaming(sse({"type": "error", "error": {"code": "server_error", "message": ""}}))
    provider, script = await serve(cut, overloaded, GOOD)
    async with provider.stream_response(BODY) as stream:
        assert len(await collect(stream)) == 3
    assert len(script.requests) == 3


async def test_attempts_end_and_the_last_fault_is_told(serve: Serve) -> None:
    provider, script = await serve(answering(b"", status=503, headers=SOON), max_retries=1)
    with pytest.raises(ProviderUnavailable) as caught:
        await provider.create_response(BODY)
    assert caught.value.status == 503
    assert len(script.requests) == 2


async def test_after_the_first_event_there_is_no_other_attempt(serve: Serve) -> None:
    provider, script = await serve(streaming(sse(*answer_events()[:1])), GOOD)
    with pytest.raises(StreamBroken):
        async with provider.stream_response(BODY) as stream:
            await collect(stream)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "headers"),
    [
        (400, None, {}),
        (401, None, {}),
        (403, None, {}),
        (404, None, {}),
        (422, None, {}),
        (429, "insufficient_quota", SOON),
        (429, "rate_limit_exceeded", {"Retry-After": "121"}),
        (429, "rate_limit_exceeded", {"Retry-After": "1e999"}),
        (503, None, SOON | {"x-should-retry": "false"}),
    ],
)
async def test_what_waiting_cannot_help_is_told_at_once(
    serve: Serve, status: int, code: str | None, headers: dict[str, str]
) -> None:
    provider, script = await serve(answering({"error": {"message": "x", "code": code}}, status=status, headers=headers))
    with pytest.raises(UpstreamError):
        await provider.create_response(BODY)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("headers", "at_least", "at_most"),
    [
        ({"retry-after-ms": "300", "Retry-After": "60"}, 0.3, 0.5),
        ({"Retry-After": "1"}, 1.0, 1.3),
        ({"Retry-After": "0.2"}, 0.2, 0.4),
        ({"Retry-After": "soon"}, 0.3, 0.6),
        ({"Retry-After": "-5"}, 0.0, 0.2),
        ({}, 0.3, 0.6),
    ],
    ids=["milliseconds win", "seconds", "parts of a second", "not readable", "in the past", "own pause"],
)
async def test_the_wait_is_what_the_provider_asks_for(
    serve: Serve, headers: dict[str, str], at_least: float, at_most: float
) -> None:
    provider, _ = await serve(answering(b"", status=429, headers=headers), GOOD)
    told: list[tuple[float, UpstreamError]] = []
    began = time.monotonic()
    async with provider.stream_response(BODY, on_wait=lambda seconds, error: told.append((seconds, error))):
        pass
    [(seconds, error)] = told
    assert at_least <= seconds <= at_most
    assert time.monotonic() - began >= seconds
    assert isinstance(error, ProviderBusy)


async def test_a_date_to_retry_after_is_understood(serve: Serve) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    provider, _ = await serve(answering(b"", status=503, headers={"Retry-After": date}), max_retries=0)
    with pytest.raises(ProviderUnavailable) as caught:
        await provider.create_response(BODY)
    assert caught.value.retry_after == pytest.approx(30, abs=2)


async def test_a_waiting_attempt_can_be_stopped(serve: Serve) -> None:
    provider, script = await serve(answering(b"", status=429, headers={"Retry-After": "60"}), GOOD)
    waiting = asyncio.Event()

    async def turn() -> None:
        async with provider.stream_response(BODY, on_wait=lambda *_: waiting.set()):
            pass

    task = asyncio.create_task(turn())
    await asyncio.wait_for(waiting.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(script.requests) == 1


async def test_a_provider_that_cannot_be_connected_to_is_tried_again_and_named_unreachable(
    unused_tcp_port: int,
) -> None:
    provider = Provider(ProviderConfig("compatible", f"http://127.0.0.1:{unused_tcp_port}/v1/", "k", max_retries=1))
    told: list[UpstreamError] = []
    with pytest.raises(ProviderUnavailable, match="cannot be reached"):
        async with provider.stream_response(BODY, on_wait=lambda _, error: told.append(error)):
            pass
    assert len(told) == 1
    await provider.aclose()


async def test_a_host_that_does_not_exist_is_named_unreachable() -> None:
    provider = Provider(ProviderConfig("compatible", "http://provider.invalid/v1/", "k", max_retries=0))
    with pytest.raises(ProviderUnavailable, match="cannot be reached"):
        await provider.list_models()
    await provider.aclose()


async def test_what_may_have_been_done_is_not_done_twice(serve: Serve) -> None:
    provider, script = await serve(cut)
    with pytest.raises(ProviderUnavailable):
        await provider.upload_file(name="a.txt", content=b"a", media_type="text/plain", purpose="assistants")
    with pytest.raises(ProviderUnavailable):
        await provider.create_response(BODY)
    assert len(script.requests) == 2


async def test_a_slow_answer_to_a_short_question_is_too_late(serve: Serve) -> None:
    async def slow(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        raise AssertionError

    provider, _ = await serve(slow, first_byte_timeout=0.2, max_retries=0)
    with pytest.raises(ProviderUnavailable, match="in time"):
        await provider.retrieve_response("resp_1")
