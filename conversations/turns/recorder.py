"""Writes the streams of this process: announces events at once, logs them in grouped commits.

One `Recording` for each running response is its only writer, thanks to the lease; it numbers the events itself. One
`Recorder` for each process commits what all its recordings gathered, a few times a second in one transaction, so that
the database sees a few writes a second whatever the number of streams. After a crash the log may end a quarter of a
second before what a screen showed; the next epoch's snapshot puts that right.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
import structlog
from django.db import transaction

from conversations import metrics, protocol, threads
from conversations.hub import hub
from conversations.models import Response, StreamChunk
from conversations.models.response import LEASED
from conversations.output import Output
from conversations.prepared import Given, Update
from conversations.shown import shown_item

log = structlog.get_logger(__name__)
T = TypeVar("T")

FLUSH = 0.15
"""Seconds between two grouped commits."""
RENEW = 4.0
"""Seconds between two renewals of the leases. A commit may be late by a stalled database and still find them valid."""

_encode = msgspec.json.Encoder().encode
_WHOLE = frozenset(
    f"response.{name}" for name in ("created", "queued", "in_progress", "completed", "failed", "incomplete")
)


class LeaseLost(Exception):
    """Another runner has claimed the response: write nothing more."""


class Recording:
    """The stream of one response in one epoch."""

    def __init__(self, response: Response, output: Output) -> None:
        self.response = response
        self.response_id = response.pk
        self.conversation_id = response.conversation_id
        self.epoch = response.epoch
        self.sequence = 0
        self.output = output
        self.waiting: list[bytes] = []
        self.news: dict[str, Any] = {}
        """Fields of the row that became known: provider's id, times. Written with the next commit."""
        self.lost = False
        self.cancelled = asyncio.Event()
        """Set when a person asked to stop, or when the lease is lost."""

    async def begin(self) -> None:
        """Tell every browser that this epoch begins, and what is known of the output so far."""
        hub.live[self.response_id] = self
        await self._publish(self.snapshot())

    def snapshot(self) -> protocol.Snapshot:
        output = [shown_item(item) for item in self.output.items()]
        return protocol.Snapshot(self.response_id, self.epoch, self.sequence, output)

    async def take(self, events: list[dict[str, Any]]) -> None:
        """Announce events and leave them for the next commit. Their bytes have been replaced by references already."""
        if self.lost:
            raise LeaseLost
        first = self.sequence
        encoded = [_encode(event) for event in events]
        shown = [_shown(event, text) for event, text in zip(events, encoded, strict=True)]
        for event in events:
            self.output.apply(event)
        self.waiting += encoded
        self.sequence += len(events)
        frame = protocol.StreamFrame(self.response_id, self.epoch, first, msgspec.Raw(b"[" + b",".join(shown) + b"]"))
        await self._publish(frame, encoded, shown_whole=shown == encoded)

    async def tell_waiting(self, seconds: float, message: str) -> None:
        """Tell whoever watches that the provider is asked again in a while."""
        await self._publish(protocol.Waiting(self.response_id, round(seconds, 1), message))

    async def _publish(
        self,
        frame: protocol.Snapshot | protocol.StreamFrame | protocol.Waiting,
        events: Sequence[bytes] = (),
        *,
        shown_whole: bool = True,
    ) -> None:
        stream = (self.response_id, self.epoch, self.sequence)
        text = protocol.encode(frame)
        await hub.publish(self.conversation_id, text, stream, events=events, shown_whole=shown_whole)

    def unlogged(self) -> tuple[int, list[bytes]]:
        return self.sequence - len(self.waiting), list(self.waiting)

    def chunk(self) -> StreamChunk | None:
        """Return what waits, as one row; None when nothing does. It waits on until `written` says that it is safe."""
        if not self.waiting:
            return None
        return StreamChunk(
            response_id=self.response_id,
            epoch=self.epoch,
            sequence=self.sequence - len(self.waiting),
            count=len(self.waiting),
            events=msgspec.Raw(b"[" + b",".join(self.waiting) + b"]"),
        )

    def written(self, count: int) -> None:
        del self.waiting[:count]

    def note(self, **values: Any) -> None:
        """Leave values of the row for the next grouped commit: no transaction for them before the first token."""
        self.news |= values
        for name, value in values.items():
            setattr(self.response, name, value)

    def forget_news(self, written: dict[str, Any]) -> None:
        self.news = {
            name: value for name, value in self.news.items() if name not in written or written[name] is not value
        }

    def end(self) -> None:
        hub.live.pop(self.response_id, None)


def _shown(event: dict[str, Any], encoded: bytes) -> bytes:
    """Return the event as browsers get it: whole responses and logprobs stay here, items go without secrets."""
    if event.get("logprobs"):
        return _encode({key: value for key, value in event.items() if key != "logprobs"})
    if event["type"] in _WHOLE:
        return _encode({"type": event["type"]})
    if isinstance(item := event.get("item"), dict):
        return _encode(event | {"item": shown_item(item)})
    return encoded


class Recorder:
    """Commits the recordings of this process, renews their leases and notices who is to stop."""

    def __init__(self) -> None:
        self.recordings: dict[int, Recording] = {}
        self._task: asyncio.Task[None] | None = None
        self._renewed = 0.0
        self._turn = asyncio.Lock()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            await self.flush()

    async def add(self, recording: Recording) -> None:
        self.recordings[recording.response_id] = recording
        metrics.running_streams.set(len(self.recordings))
        await recording.begin()

    def remove(self, recording: Recording) -> None:
        if self.recordings.get(recording.response_id) is recording:
            del self.recordings[recording.response_id]
        recording.end()
        metrics.running_streams.set(len(self.recordings))

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(FLUSH)
            if not self.recordings:
                continue
            renew = loop.time() - self._renewed > RENEW
            try:
                await self.flush(renew=renew)
            except Exception as error:  # a database that is away for a while: what waits is kept and tried again
                log.warning("stream_log_unwritten", error=type(error).__name__)
                continue
            if renew:
                self._renewed = loop.time()

    async def flush(self, *, renew: bool = False) -> None:
        """Write what waits, in one transaction."""
        async with self._turn:
            recordings = [recording for recording in self.recordings.values() if not recording.lost]
            gathered = [(recording, chunk) for recording in recordings if (chunk := recording.chunk())]
            epochs = {recording.response_id: recording.epoch for recording in recordings}
            news = {recording.response_id: dict(recording.news) for recording in recordings if recording.news}
            lost, cancelled = await threads.runner.run(_commit, [chunk for _, chunk in gathered], epochs, news, renew)
            for recording, chunk in gathered:
                recording.written(chunk.count)
            for recording in recordings:
                recording.forget_news(news.get(recording.response_id, {}))
        for recording in recordings:
            if recording.response_id in lost:
                recording.lost = True
                recording.cancelled.set()
            elif recording.response_id in cancelled:
                recording.cancelled.set()

    async def finish(self, recording: Recording, write: Callable[[StreamChunk | None], T]) -> T:
        """Call `write` in a database thread with the events that still wait; nothing else is written meanwhile."""
        async with self._turn:
            if recording.lost:
                raise LeaseLost
            chunk = recording.chunk()
            result = await threads.runner.run(write, chunk)
            recording.written(chunk.count if chunk else 0)
            self.remove(recording)
            return result


def _commit(
    chunks: list[StreamChunk], epochs: dict[int, int], news: dict[int, dict[str, Any]], renew: bool
) -> tuple[set[int], set[int]]:
    """Write chunks and news, renew leases; return the responses whose lease is lost and those that are to stop."""
    with transaction.atomic():
        rows = Response.objects.filter(pk__in=epochs)
        # Locked, so that none is claimed between the look at its epoch and the commit
        locked = rows.select_for_update(no_key=True).order_by("pk")
        state = {pk: (epoch, asked) for pk, epoch, asked in locked.values_list("pk", "epoch", "cancel_requested_at")}
        lost = {pk for pk, epoch in epochs.items() if pk not in state or state[pk][0] != epoch}
        if renew:
            rows.running().exclude(pk__in=lost).update(lease_until=LEASED)
        for pk, values in news.items():
            update_held(tuple(values))(pk=pk, held=epochs[pk], **values)
        write_chunks([chunk for chunk in chunks if chunk.response_id not in lost])
    return lost, {pk for pk, (_, asked) in state.items() if asked is not None}


@lru_cache
def update_held(columns: tuple[str, ...]) -> Update:
    """Return the update of these columns of a response (`pk`) that runs, in the epoch (`held`) of its lease."""
    rows = Response.objects.running()
    return Update(lambda: rows.filter(pk=Given("pk"), epoch=Given("held")), *columns)


def write_chunks(chunks: list[StreamChunk]) -> None:
    """Write chunks, over those that begin alike: of a commit whose answer was lost nobody knows whether it was done."""
    StreamChunk.objects.bulk_create(
        chunks,
        update_conflicts=True,
        unique_fields=["response", "epoch", "sequence"],
        update_fields=["count", "events"],
    )


recorder = Recorder()
