"""A response's stream over a real socket: what is delivered, when it ends, and how it breaks."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from conversations.upstream.client import Provider
from conversations.upstream.decoder import Event
from conversations.upstream.errors import (
    ProviderBusy,
    ProviderRefused,
    ProviderUnavailable,
    RequestRejected,
    ResponseNotFound,
    StreamBroken,
    UpstreamError,
)

from .script import Answer, Script, answer_events, answering, collect, sse, streaming

Serve = Callable[..., Awaitable[tuple[Provider, Script]]]
BODY = {"model": "m", "input": "Hello"}


async def deliveries(provider: Provider) -> tuple[list[Event], UpstreamError | None]:
    """What a stream delivers, and how it breaks after that."""
    events: list[Event] = []
    async with provider.stream_response(BODY) as stream:
        try:
            async for batch in stream:
                events += batch
        except UpstreamError as error:
            return events, error
    return events, None


async def test_every_event_is_delivered_as_it_was_sent(serve: Serve) -> None:
    sent = answer_events("a b c")
    provider, script = await serve(streaming(sse(*sent)))
    async with provider.stream_response({**BODY, "brand_new_parameter": {"x": 1}}) as stream:
        assert [event.data for event in await collect(stream)] == sent
    assert (stream.response_id, stream.request_id, stream.gaps) == ("resp_1", "req_1", 0)
    assert script.sent() == {**BODY, "brand_new_parameter": {"x": 1}, "stream": True}


async def test_a_delta_is_delivered_before_the_next_one_is_sent(serve: Serve) -> None:
    sent = answer_events("a b")
    seen = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(sse(*sent[:2]))
        await asyncio.wait_for(seen.wait(), 2)
        await response.write(sse(*sent[2:]))
        return response

    provider, _ = await serve(answer)
    async with provider.stream_response(BODY) as stream:
        assert [event.type for event in await anext(stream)][-1] == "response.output_text.delta"
        seen.set()
        assert len(await collect(stream)) == len(sent) - 2


@pytest.mark.parametrize("ending", ["completed", "failed", "incomplete"])
async def test_the_stream_ends_with_its_terminal_event_whatever_follows(serve: Serve, ending: str) -> None:
    async def hang(_request: web.Request) -> None:
        await asyncio.sleep(30)

    terminal = {"type": f"response.{ending}", "response": {"id": "resp_1", "status": ending}}
    provider, _ = await serve(streaming(sse(*answer_events()[:1], terminal, {"type": "late"}), then=hang))
    events, error = await asyncio.wait_for(deliveries(provider), 5)
    assert [event.type for event in events] == ["response.created", f"response.{ending}"]
    assert error is None


async def test_the_same_event_twice_is_one_event(serve: Serve) -> None:
    sent = answer_events("a b")
    provider, _ = await serve(streaming(sse(*sent[:2], sent[1], sent[0], *sent[2:])))
    events, error = await deliveries(provider)
    assert [event.data for event in events] == sent
    assert error is None


async def test_a_gap_in_the_numbers_is_counted(serve: Serve) -> None:
    sent = answer_events("a b c d")
    provider, _ = await serve(streaming(sse(*sent[:2], *sent[4:])))
    async with provider.stream_response(BODY) as stream:
        await collect(stream)
        assert stream.gaps == 2


async def test_events_without_numbers_pass_even_when_they_are_equal(serve: Serve) -> None:
    delta = {"type": "response.output_text.delta", "delta": "ha"}
    provider, _ = await serve(streaming(sse(delta, delta, {"type": "response.completed", "response": {}})))
    events, _ = await deliveries(provider)
    assert [event.data.get("delta") for event in events] == ["ha", "ha", None]


async def test_resuming_asks_for_what_follows_and_drops_what_is_repeated(serve: Serve) -> None:
    sent = answer_events("a b c")
    provider, script = await serve(streaming(sse(*sent)))
    async with provider.resume_stream("resp_1", starting_after=2) as stream:
        assert [event.data for event in await collect(stream)] == sent[3:]
    assert script.requests[0].path_qs == "/v1/responses/resp_1?stream=true&starting_after=2"


async def test_resuming_a_response_that_is_gone_says_so(serve: Serve) -> None:
    gone = {"error": {"message": "Response with id 'resp_1' not found.", "type": "invalid_request_error", "code": None}}
    provider, _ = await serve(answering(gone, status=404))
    with pytest.raises(ResponseNotFound):
        async with provider.resume_stream("resp_1", starting_after=2):
            pass


@pytest.mark.parametrize(
    "event",
    [
        {
            "type": "error",
            "sequence_number": 2,
            "error": {"type": "tokens", "code": "rate_limit_exceeded", "message": ""},
        },
        {"type": "error", "sequence_number": 2, "code": "rate_limit_exceeded", "message": "slow down", "param": None},
    ],
    ids=["nested", "flat"],
)
async def test_an_error_event_of_either_shape_is_raised_after_what_came_before(
    serve: Serve, event: dict[str, Any]
) -> None:
    provider, _ = await serve(streaming(sse(*answer_events()[:2], event)))
    events, error = await deliveries(provider)
    assert [event.type for event in events] == ["response.created", "response.output_text.delta"]
    assert isinstance(error, ProviderBusy)
    assert (error.code, error.request_id) == ("rate_limit_exceeded", "req_1")


@pytest.mark.parametrize(
    "rest", [b"", b"data: {garbage\n\n", b"data: 42\n\n", b'data: {"type": "response.output_t', b"\xff\xfe\n\n"]
)
async def test_a_stream_without_a_terminal_event_is_broken_after_what_it_said(serve: Serve, rest: bytes) -> None:
    provider, _ = await serve(streaming(sse(*answer_events("a b")[:3]) + rest))
    events, error = await deliveries(provider)
    assert len(events) == 3
    assert isinstance(error, StreamBroken)


async def test_a_connection_that_is_cut_breaks_the_stream(serve: Serve) -> None:
    async def cut(request: web.Request) -> None:
        assert request.transport
        request.transport.abort()

    provider, _ = await serve(streaming(sse(*answer_events("a b")[:3]), then=cut))
    events, error = await deliveries(provider)
    assert len(events) == 3
    assert isinstance(error, StreamBroken)


async def test_a_silent_stream_is_broken_after_the_idle_time(serve: Serve) -> None:
    async def hang(_request: web.Request) -> None:
        await asyncio.sleep(30)

    provider, _ = await serve(streaming(sse(*answer_events()[:2]), then=hang), idle_timeout=0.3)
    events, error = await asyncio.wait_for(deliveries(provider), 5)
    assert len(events) == 2
    assert isinstance(error, StreamBroken)


async def test_comments_keep_a_stream_alive(serve: Serve) -> None:
    async def ping_then_end(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(sse(*answer_events()[:2]))
        for _ in range(6):
            await asyncio.sleep(0.1)
            await response.write(b": ping\n\n")
        await response.write(sse(*answer_events()[2:]))
        return response

    provider, _ = await serve(ping_then_end, idle_timeout=0.4)
    assert await deliveries(provider) == ([Event(e["type"], e["sequence_number"], e) for e in answer_events()], None)


@pytest.mark.parametrize("status", ["completed", "incomplete", "failed"])
async def test_a_server_that_ignores_stream_is_understood(serve: Serve, status: str) -> None:
    whole = {"id": "resp_9", "object": "response", "status": status, "error": None, "output": [{"type": "message"}]}
    provider, _ = await serve(answering(whole))
    async with provider.stream_response(BODY) as stream:
        created, ended = await collect(stream)
    assert stream.response_id == "resp_9"
    assert (created.type, created.data["response"]["output"]) == ("response.created", [])
    assert (ended.type, ended.data["response"]) == (f"response.{status}", whole)


async def test_a_whole_response_that_still_runs_has_to_be_retrieved_later(serve: Serve) -> None:
    provider, _ = await serve(answering({"id": "resp_9", "status": "queued", "output": []}))
    events, error = await deliveries(provider)
    assert [event.type for event in events] == ["response.created"]
    assert isinstance(error, StreamBroken)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (answering(b"<!doctype html><title>Sign in</title>", headers={"Content-Type": "text/html"}), ProviderRefused),
        (answering({"error": {"message": "no", "type": "invalid_request_error"}}), RequestRejected),
        (answering({"status": "ok"}), ProviderRefused),
        (answering(b"{broken"), ProviderRefused),
        (streaming(b""), ProviderUnavailable),
        (streaming(b"data: garbage\n\n"), ProviderUnavailable),
        (streaming(b": nothing but comments\n\n"), ProviderUnavailable),
    ],
    ids=["web page", "error as 200", "other JSON", "broken JSON", "nothing", "garbage", "comments"],
)
async def test_an_answer_that_is_no_stream_is_an_error_before_the_first_event(
    serve: Serve, answer: Answer, kind: type[UpstreamError]
) -> None:
    provider, _ = await serve(answer, max_retries=0)
    with pytest.raises(kind):
        async with provider.stream_response(BODY):
            pass


@pytest.mark.parametrize("headers_first", [True, False])
async def test_no_first_byte_in_time_is_an_unavailable_provider(serve: Serve, headers_first: bool) -> None:
    async def hang(request: web.Request) -> web.StreamResponse:
        if headers_first:
            await web.StreamResponse().prepare(request)
        await asyncio.sleep(30)
        raise AssertionError

    provider, _ = await serve(hang, first_byte_timeout=0.3, max_retries=0)
    with pytest.raises(ProviderUnavailable, match="in time"):
        async with provider.stream_response(BODY):
            pass


@pytest.mark.parametrize("when", ["before the first byte", "in the middle"])
async def test_stopping_closes_the_connection_at_once(serve: Serve, when: str) -> None:
    begun, closed = asyncio.Event(), asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        if when == "in the middle":
            await response.prepare(request)
            await response.write(sse(*answer_events()[:2]))
        begun.set()
        try:
            await asyncio.sleep(30)
        finally:
            closed.set()  # the server cancels its handler when the client has gone
        return response

    provider, _ = await serve(answer)
    turn = asyncio.create_task(deliveries(provider))
    await asyncio.wait_for(begun.wait(), 5)
    await asyncio.sleep(0.1)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    await asyncio.wait_for(closed.wait(), 1)


async def test_a_finished_stream_leaves_its_connection_to_the_next(serve: Serve) -> None:
    ports = []

    async def note_the_port_and_end_a_little_later(request: web.Request) -> None:
        assert request.transport
        ports.append(request.transport.get_extra_info("peername")[1])
        await asyncio.sleep(0.02)

    provider, _ = await serve(streaming(sse(*answer_events()), then=note_the_port_and_end_a_little_later))
    for _ in range(3):
        async with provider.stream_response(BODY) as stream:
            await collect(stream)
    assert len(ports) == 3
    assert len(set(ports)) == 1


async def test_many_streams_share_the_provider(serve: Serve) -> None:
    provider, _ = await serve(streaming(*(sse(event) for event in answer_events("a b c d e f"))))
    for events, error in await asyncio.gather(*(deliveries(provider) for _ in range(64))):
        assert len(events) == 8
        assert error is None
