"""One turn, from the claimed row to the final items. `run_turn` may be called twice for a response: one runs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from conversations import sealing, threads
from conversations.models import File, Response
from conversations.models.fields import plain
from conversations.output import Output
from conversations.shown import image
from conversations.turns import blobs, calls, context, made_files, mirror, repair
from conversations.turns.answers import fit
from conversations.turns.attachments import Attachments
from conversations.turns.endings import ENDED, ending_of, failed
from conversations.turns.mirror import Ending
from conversations.turns.provider import provider, revive
from conversations.turns.recorder import LeaseLost, Recording, recorder
from conversations.turns.timing import ItemClock
from conversations.upstream.errors import (
    ProviderBusy,
    ProviderRefused,
    ProviderUnavailable,
    RequestRejected,
    ResponseNotFound,
    StreamBroken,
    UpstreamError,
)
from conversations.upstream.stream import EventStream

log = structlog.get_logger(__name__)

TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed"})
POLL = (0.5, 1.0, 2.0, 5.0)
"""Seconds between looks at a background response whose stream cannot be had."""
ID_WAIT = 3.0
"""Seconds that a background response which is to be stopped has to say its id."""
NOT_TOLD = "The provider could not be told to stop; it may have gone on for a while, unseen."
GIVEN_UP = 3600.0
"""Seconds for which a provider that does not answer is asked how a background response goes."""
AGAIN = 0.5
"""Seconds between two tries to write the end of a turn while the database is away."""


async def run_turn(response_id: int, holder: str) -> list[int] | None:
    """Run the response if it is this runner's to run; return the ids of the turns that waited for it, else None.

    Never raises for what a provider, a model or another runner does: the row says how it ended.
    """
    response, request = await threads.runner.run(_begin, response_id, holder)
    if response is None:
        return None
    turn = Turn(response, request)
    try:
        return await turn.run()
    except LeaseLost:
        log.info("lease_lost", response=response_id, epoch=response.epoch)
        return None
    finally:
        recorder.remove(turn.recording)


def _begin(response_id: int, holder: str) -> tuple[Response | None, context.Request | None]:
    """Claim the response and build its request, in one call: each way to a thread and back is a place in a queue."""
    response = mirror.claim(response_id, holder)
    if response is None or response.epoch > 1 or response.answers_id:
        return response, None
    return response, context.build(response)


class Turn:
    """A claimed response on its way."""

    def __init__(self, response: Response, request: context.Request | None) -> None:
        self.response = response
        self.request = request
        self.recording = Recording(response, Output())
        self.clock = ItemClock(response)
        self.provider_id = response.provider_id
        self.named = asyncio.Event()
        self.last_number: int | None = None
        """Upstream's `sequence_number` of the last event that was taken."""
        self.spoken = response.first_token_at is not None
        self.wiper = sealing.Wiper(set())
        """Of what MCP servers in the request are told and nobody else: it goes from all that comes back."""
        self.telling: asyncio.Future[None] | None = None
        """Kept so that the task is not collected while it runs."""

    async def run(self) -> list[int]:
        taken_over = self.response.epoch > 1
        if taken_over:
            self.recording.output, self.last_number = await threads.runner.run(mirror.logged, self.response.pk)
            self.wiper = sealing.Wiper(await threads.runner.run(mirror.secrets_in, self.response.pk))
        await recorder.add(self.recording)
        if self.response.cancel_requested_at is not None:
            self.recording.cancelled.set()
        work = asyncio.ensure_future(self._resume() if taken_over else self._ask())
        asked_to_stop = asyncio.ensure_future(self.recording.cancelled.wait())
        try:
            await asyncio.wait({work, asked_to_stop}, return_when=asyncio.FIRST_COMPLETED)
            ending = await self._ended(work) if work.done() else await self._stop(work)
        except asyncio.CancelledError:
            work.cancel()
            ending = await self._leave()
        finally:
            asked_to_stop.cancel()
        return await self._finish(ending)

    async def _ended(self, work: asyncio.Future[Ending]) -> Ending:
        try:
            return await work
        except (LeaseLost, OperationalError, InterfaceError):
            raise  # the lease runs out, and the turn is taken up again
        except Exception:
            log.exception("turn_broke", response=self.response.pk)
            sentence = "Something went wrong in Salon itself. Try again; an administrator finds the reason in the log."
            return Ending(Response.Status.FAILED, error={"code": "internal", "message": sentence})

    async def _ask(self) -> Ending:
        """Send the request and follow its stream."""
        request = self.request
        if request is None:
            if self.response.answers_id:
                await calls.answer(self.response)
            request = await threads.runner.run(context.build, self.response)
        for _ in range(repair.MOST):
            try:
                return await self._send(request)
            except UpstreamError as error:
                failure = error
                if self.recording.output.slots:
                    break
                again = await threads.runner.run(repair.repaired, self.response, request, error)
                if again is None:
                    break
                request = again
        return failed(failure)

    async def _send(self, request: context.Request) -> Ending:
        parameters = {key: value for key, value in request.body.items() if key not in {"input", "instructions"}}
        background = bool(request.body.get("background"))
        store = request.body["store"]
        remarks = [*(self.response.remarks or []), *request.remarks]
        self._note(parameters=parameters, background=background, store=store, remarks=remarks)
        self.response.background = background
        attachments = Attachments(await provider(), endpoint=self.response.endpoint)
        attached = await attachments.resolve(request.body, keeps=store)
        try:
            return await self._stream(attached.body)
        except (RequestRejected, ResponseNotFound) as error:
            remark = await attachments.otherwise(attached, error)
            if remark is None:
                raise
        self._note(remarks=[*remarks, remark])
        ending = await self._stream((await attachments.resolve(request.body, keeps=store)).body)
        await attachments.remember()
        return ending

    async def _stream(self, body: dict[str, Any]) -> Ending:
        try:
            body, secrets = sealing.open_tools(body)
        except sealing.Unreadable:
            sentence = "The secrets of an MCP server cannot be read any more. Switch it off, or have them entered anew."
            return Ending(Response.Status.FAILED, error={"code": "unreadable_secret", "message": sentence})
        self.wiper, upstream = sealing.Wiper(secrets), await provider()
        try:
            return await self._follow(upstream.stream_response(body, on_wait=self._wait))
        except ProviderUnavailable:
            if self.recording.sequence or not await revive():
                raise
            return await self._follow(upstream.stream_response(body, on_wait=self._wait))

    def _wait(self, seconds: float, error: UpstreamError) -> None:
        if isinstance(error, ProviderBusy) and self.response.door == Response.Door.GATEWAY:
            raise error  # clients wait by themselves, and both together would ask nine times instead of three
        self.telling = asyncio.ensure_future(self.recording.tell_waiting(seconds, error.sentence))
        log.info(
            "provider_waited_for", response=self.response.pk, seconds=round(seconds, 1), error=type(error).__name__
        )

    async def _follow(self, opening: AbstractAsyncContextManager[EventStream]) -> Ending:
        """Record a stream to its end. A background response whose stream breaks is taken up again where it broke."""
        try:
            async with opening as stream:
                self._note(request_id=(stream.request_id or "")[:200])
                async for ending in self._events(stream):
                    return ending
            raise StreamBroken("The answer was interrupted on its way.")
        except (StreamBroken, ProviderUnavailable) as error:
            if self.response.background and self.provider_id:
                return await self._reattach()
            if not isinstance(error, StreamBroken):
                raise
            return Ending(Response.Status.INCOMPLETE, incomplete=mirror.INTERRUPTED)

    async def _events(self, stream: EventStream) -> AsyncIterator[Ending]:
        """Record events; yield the ending when the terminal one comes."""
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
                        self._note(first_token_at=timezone.now())
                taken.append(data)
            await self.recording.take(taken)
            if ending is not None:
                yield ending

    async def _prepared(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        """Take bytes out of an event that is not a delta, and note the provider's id when it becomes known."""
        if kind == "response.created" and isinstance(response := data.get("response"), dict):
            self.provider_id = plain(str(response.get("id") or ""))[:200]
            self._note(provider_id=self.provider_id, first_event_at=timezone.now())
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

    async def _resume(self) -> Ending:
        """Go on after another runner's end, which may have been a crash."""
        if self.response.background and self.provider_id:
            self._remark("Taken up again after an interruption.")
            return await self._reattach()
        if not self.provider_id and not self.recording.output.slots:
            return await self._ask()  # nothing had come yet, so nothing is said twice
        return Ending(Response.Status.INCOMPLETE, incomplete=mirror.INTERRUPTED)

    async def _reattach(self) -> Ending:
        """Follow a background response from the last event that is known, or look at it now and then until it ends."""
        attempt, heard, streams = 0, asyncio.get_running_loop().time(), True
        while True:
            try:
                if not streams:
                    raise StreamBroken("This answer cannot be streamed again.")
                upstream = await provider()
                async with upstream.resume_stream(self.provider_id, starting_after=self.last_number) as stream:
                    attempt = 0
                    async for ending in self._events(stream):
                        return ending
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

    async def _stop(self, work: asyncio.Future[Ending]) -> Ending:
        """End the turn because a person asked. Closing the stream ends a foreground response; others are cancelled."""
        if self.response.background and not self.provider_id:
            # Let it say its id before its stream is closed: without one nobody could cancel it
            either: list[asyncio.Future[Any]] = [work, asyncio.ensure_future(self.named.wait())]
            await asyncio.wait(either, timeout=ID_WAIT, return_when=asyncio.FIRST_COMPLETED)
            either[1].cancel()
        work.cancel()
        await asyncio.wait({work})
        if self.recording.lost:
            raise LeaseLost
        if self.response.background and self.provider_id:
            try:
                final = await (await provider()).cancel_response(self.provider_id)
            except UpstreamError as error:
                log.warning("not_cancelled_at_provider", response=self.response.pk, error=type(error).__name__)
                return Ending(Response.Status.CANCELLED, remark=NOT_TOLD)
            else:
                if final.get("status") == "completed":
                    return Ending(Response.Status.COMPLETED, final=final)
                if final.get("status") == "cancelled":
                    return Ending(Response.Status.CANCELLED, final=final)
        return Ending(Response.Status.CANCELLED)

    async def _leave(self) -> Ending:
        """The process ends. A background response is left for the next runner; of others, what was said is kept."""
        if self.response.background and self.provider_id:
            await recorder.flush()
            await threads.runner.run(mirror.release, self.response.pk, self.response.epoch)
            raise LeaseLost
        return Ending(Response.Status.INCOMPLETE, incomplete=mirror.INTERRUPTED)

    def _note(self, **values: Any) -> None:
        """Leave values of the row for the next grouped commit: no transaction for them before the first token."""
        self.recording.news |= values

    def _remark(self, sentence: str) -> None:
        self._note(remarks=[*(self.response.remarks or []), sentence])

    async def _finish(self, ending: Ending) -> list[int]:
        if self.wiper.secrets:
            wiped = {name: sealing.wipe(getattr(ending, name), self.wiper.secrets) for name in ("final", "error")}
            ending = replace(ending, **wiped)
        if ending.status == Response.Status.COMPLETED:
            self._note(fit=await fit(self.response.options, ending.final))
        while True:
            try:
                waiting = await recorder.finish(
                    self.recording, lambda chunk: mirror.finish(self.recording, chunk, ending)
                )
            except (OperationalError, InterfaceError) as error:
                # The answer is all here, and while the database is away nobody else can end the turn either
                log.warning("end_unwritten", response=self.response.pk, error=type(error).__name__)
                await asyncio.sleep(AGAIN)
            else:
                log.info("turn_ended", response=self.response.pk, status=ending.status.value, epoch=self.response.epoch)
                made_files.keep_soon(self.response, self.recording.output.slots)
                return waiting
