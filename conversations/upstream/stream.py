"""One response's stream of events, from the first to the terminal one."""

import asyncio
from contextlib import suppress
from typing import Any, Self

import aiohttp
import httpx2

from .classification import error_from_body, error_from_event, not_this_api, request_id_of
from .decoder import BYTE_ORDER_MARK, MAX_BUFFERED, Decoder, Event, decode_json
from .errors import ProviderUnavailable, StreamBroken, UpstreamError

TERMINAL = frozenset({"response.completed", "response.failed", "response.incomplete"})
LAST_BYTES = 0.1  # seconds
BROKEN = "The answer was interrupted on its way. Continue it or try again."
SILENT = "The model provider closed the connection without an answer. Try again in a moment."
TRANSPORT_ERRORS = (httpx2.HTTPError, httpx2.StreamError, aiohttp.ClientError, OSError)


class Patience:
    """A deadline for each block of one task, with one timer for all: there may be thousands a second.

    A block that takes longer than `seconds` is cancelled and raises TimeoutError.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[Any] | None = None
        self._began = 0.0
        self._cancelling = 0
        self._expired = False

    def __enter__(self) -> None:
        self._task = task = asyncio.current_task()
        assert task is not None
        self._cancelling = task.cancelling()
        self._began = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_at(self._began + self._seconds, self._look)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        task, self._task = self._task, None
        if self._expired and task is not None:  # as asyncio.timeout has it
            others = task.uncancel() > self._cancelling
            if kind is asyncio.CancelledError and not others:
                raise TimeoutError from error

    def _look(self) -> None:
        """Cancel the block if it is this late; else come back when it, or another one, could be."""
        now = self._loop.time()
        due = (now if self._task is None else self._began) + self._seconds
        if due > now:
            self._timer = self._loop.call_at(due, self._look)
        elif self._task is not None:
            self._expired = True
            self._task.cancel()

    def end(self) -> None:
        """Let the timer go; there is no further block."""
        if self._timer is not None:
            self._timer.cancel()


class EventStream:
    """An asynchronous iterator of lists of events: each list is what one network read completed.

    It ends after the terminal event. It raises, after every event before has been delivered: the fitting
    `UpstreamError` for an error event, and `StreamBroken` when the stream ends without a terminal event (as that of a
    cancelled background response does), is silent for `idle_timeout` seconds, or sends what cannot be read.

    An event whose `sequence_number` is not above the last one's is a repetition and dropped; `gaps` counts the numbers
    that were skipped (retrieve the response to be sure of it). Events without numbers pass.
    """

    def __init__(self, response: httpx2.Response, *, idle_timeout: float, starting_after: int | None = None) -> None:
        self.request_id = request_id_of(response.headers)
        self.response_id: str | None = None
        self.gaps = 0
        self._response = response
        self._patience = Patience(idle_timeout)
        self._last_number = starting_after
        # No encoding was asked for, so there is nothing to undo; but for servers that encode all the same
        self._chunks = response.aiter_bytes() if "content-encoding" in response.headers else response.aiter_raw()
        self._decoder = Decoder()
        self._first: list[Event] = []
        self._over = False
        self._failure: UpstreamError | None = None

    async def open(self) -> None:
        """Read up to the first events, which iteration then yields; the caller sets the deadline.

        Raises ProviderUnavailable when there are none, ProviderRefused when this is no stream and no response.
        """
        start = b""
        while not (visible := start.lstrip(BYTE_ORDER_MARK + b" \t\r\n")):
            chunk = await self._next_chunk()
            if chunk is None:
                break
            start += chunk
        if visible.startswith(b"<"):
            raise not_this_api(status=self._response.status_code, headers=self._response.headers)
        if visible.startswith(b"{"):
            self._first = await self._whole_response(start)
        else:
            self._first = self._accept(self._decoder.feed(start))
        while not self._first and not self._over:
            self._first = await self._next_events()
        if not self._first:
            if self._failure is None or isinstance(self._failure, StreamBroken):
                raise ProviderUnavailable(SILENT, request_id=self.request_id, retryable=True)
            raise self._failure

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[Event]:
        if self._first:
            events, self._first = self._first, []
            return events
        while not self._over:
            try:
                with self._patience:
                    events = await self._next_events()
            except TimeoutError:
                self._break()
                events = []
            if events:
                return events
        if self._failure:
            raise self._failure
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Close the connection, in the middle of the stream too; after the terminal event it is kept for the next."""
        if self._over and self._failure is None:
            # The bytes that end the body follow at once, and a connection that was read to its end saves the next
            # message a handshake. No server may hold up a turn by not sending them.
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_BYTES):
                    while await self._next_chunk() is not None:
                        pass
        self._over = True
        self._patience.end()
        await self._response.aclose()

    async def _next_events(self) -> list[Event]:
        chunk = await self._next_chunk()
        if chunk is None:
            events = self._accept(self._decoder.end())
            if not self._over:
                self._break()
            return events
        return self._accept(self._decoder.feed(chunk))

    async def _next_chunk(self) -> bytes | None:
        try:
            return await anext(self._chunks, None)
        except TRANSPORT_ERRORS:
            return None

    def _accept(self, events: list[Event]) -> list[Event]:
        """Return the events that are new, up to the one that ends the stream."""
        accepted: list[Event] = []
        for event in events:
            number = event.sequence_number
            if number is not None:
                if self._last_number is not None:
                    if number <= self._last_number:
                        continue
                    self.gaps += number - self._last_number - 1
                self._last_number = number
            if event.type == "error":
                self._over = True
                self._failure = error_from_event(event.data, request_id=self.request_id)
                return accepted
            accepted.append(event)
            if event.type == "response.created":
                self._note_response(event.data)
            elif event.type in TERMINAL:
                self._over = True
                return accepted
        if self._decoder.garbage:
            self._break()
        return accepted

    async def _whole_response(self, body: bytes) -> list[Event]:
        """A server that ignores `stream` answers with one JSON body: return it as the events that begin and end it."""
        parts = [body]
        size = len(body)
        while (chunk := await self._next_chunk()) is not None and size <= MAX_BUFFERED:
            parts.append(chunk)
            size += len(chunk)
        try:
            response = decode_json(b"".join(parts))
        except (ValueError, RecursionError):
            response = None
        if not isinstance(response, dict) or "output" not in response:
            raise error_from_body(b"".join(parts), status=self._response.status_code, headers=self._response.headers)
        begun = {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}}
        events = [Event("response.created", None, begun)]
        ending = f"response.{response.get('status', 'completed')}"
        if ending in TERMINAL:
            events.append(Event(ending, None, {"type": ending, "response": response}))
        else:
            self._break()
        return self._accept(events)

    def _note_response(self, data: dict[str, Any]) -> None:
        response = data.get("response")
        if isinstance(response, dict) and isinstance(response.get("id"), str):
            self.response_id = response["id"]

    def _break(self) -> None:
        self._over = True
        self._failure = StreamBroken(BROKEN, request_id=self.request_id)
