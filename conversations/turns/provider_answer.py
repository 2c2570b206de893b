"""What the provider answers to one turn: its events, recorded one by one up to the ending."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
from django.utils import timezone

from conversations import sealing, threads
from conversations.models import File, Response
from conversations.models.fields import plain
from conversations.shown import image
from conversations.turns import blobs, mirror
from conversations.turns.endings import ENDED, ending_of, failed
from conversations.turns.mirror import Ending
from conversations.turns.provider import provider, revive
from conversations.turns.recorder import Recording
from conversations.turns.timing import ItemClock
from conversations.upstream.errors import (
    ProviderRefused,
    ProviderUnavailable,
    RequestRejected,
    ResponseNotFound,
    StreamBroken,
    UpstreamError,
)
from conversations.upstream.stream import BROKEN, EventStream

log = structlog.get_logger(__name__)

TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed"})
POLL = (0.5, 1.0, 2.0, 5.0)
"""Seconds between looks at a background response whose stream cannot be had."""
GIVEN_UP = 3600.0
"""Seconds for which a provider that does not answer is asked how a background response goes."""


class Answer:
    """The provider's response to a turn, followed to its end."""

    def __init__(self, response: Response, recording: Recording) -> None:
        self.response = response
        self.recording = recording
        self.clock = ItemClock(response)
        self.provider_id = response.provider_id
        self.named = asyncio.Event()
        """Set when the provider has said its id."""
        self.last_number: int | None = None
        """Upstream's `sequence_number` of the last event that was taken."""
        self.spoken = response.first_token_at is not None
        self.wiper = sealing.Wiper(set())
        """Of what MCP servers in the request are told and nobody else: it goes from all that comes back."""

    @property
    def in_background(self) -> bool:
        """Whether the provider goes on without us, so that the answer can be taken up again."""
        return bool(self.response.background and self.provider_id)

    async def follow(self, opening: AbstractAsyncContextManager[EventStream]) -> Ending:
        """Record a stream to its end. A background response whose stream breaks is taken up again where it broke.

        Raise the `UpstreamError` of a request that brought no stream.
        """
        try:
            async with opening as stream:
                self.recording.note(request_id=(stream.request_id or "")[:200])
                return await self._record(stream)
        except (StreamBroken, ProviderUnavailable) as error:
            if self.in_background:
                return await self.reattach()
            if not isinstance(error, StreamBroken):
                raise
            return Ending(Response.Status.INCOMPLETE, incomplete=mirror.INTERRUPTED)

    async def _record(self, stream: EventStream) -> Ending:
        """Record the events up to the terminal one; return the ending that it tells. Raise `UpstreamError`."""
        async for batch in stream:
            taken: list[dict[str, Any]] = []
            ending = None
            for event in batch:
                data = self.wiper.wiped(event.data) if self.wiper.secrets else event.data
                self.last_number = event.sequence_number if event.sequence_number is not None else self.last_number
                if event.type in TERMINAL:
                    ending = ending_of(event.type, data)
                    data = {"type": event.type, "sequence_number": event.sequence_number}
                else:
                    data["type"] = event.type  # some servers say it in the event's name alone
                    data.pop("obfuscation", None)
                    if not event.type.endswith(".delta"):
                        data = await self._prepared(event.type, data)
                    elif not self.spoken:
                        self.spoken = True
                        self.recording.note(first_token_at=timezone.now())
                taken.append(data)
            await self.recording.take(taken)
            if ending is not None:
                return ending
        raise StreamBroken(BROKEN)

    async def _prepared(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        """Take bytes out of an event that is not a delta, and note the provider's id when it becomes known."""
        if kind == "response.created" and isinstance(response := data.get("response"), dict):
            self.provider_id = plain(str(response.get("id") or ""))[:200]
            self.recording.note(provider_id=self.provider_id, first_event_at=timezone.now())
            self.named.set()
        self.clock.see(kind, data)
        if not blobs.has_large(data):
            return data
        purpose = File.Purpose.PARTIAL if kind.endswith("partial_image") else File.Purpose.RESULT
        data = await threads.runner.run(blobs.replace_blobs, data, self.response, purpose)
        reference = data.get("partial_image_b64")
        if isinstance(reference, dict):
            data["partial_image"] = image(reference) | {"index": data.get("partial_image_index", 0)}
        return data

    async def reattach(self) -> Ending:
        """Follow a background response from the last event that is known, or look at it now and then until it ends."""
        attempt, heard, streams = 0, asyncio.get_running_loop().time(), True
        while True:
            try:
                if not streams:
                    raise StreamBroken("This answer cannot be streamed again.")
                upstream = await provider()
                async with upstream.resume_stream(self.provider_id, starting_after=self.last_number) as stream:
                    attempt = 0
                    return await self._record(stream)
            except UpstreamError as error:
                log.info("stream_not_resumed", response=self.response.pk, error=type(error).__name__)
                streams = streams and not isinstance(error, RequestRejected)
                if isinstance(error, ProviderUnavailable):
                    await revive()
            now = asyncio.get_running_loop().time()
            try:
                if (ended := await self._look()) is not None:
                    return ended
                heard = now
            except (ResponseNotFound, ProviderRefused, RequestRejected) as error:
                return failed(error)
            except UpstreamError as error:
                if now - heard > GIVEN_UP:
                    return failed(error)
            await asyncio.sleep(POLL[min(attempt, len(POLL) - 1)])
            attempt += 1

    async def _look(self) -> Ending | None:
        """Return how the background response ended at the provider, or None while it runs; raise `UpstreamError`."""
        final = await (await provider()).retrieve_response(self.provider_id)
        status = str(final.get("status"))
        return ending_of(f"response.{status}", {"response": final}) if status in ENDED else None
