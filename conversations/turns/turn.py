"""One turn, from the claimed row to the final items. `run_turn` may be called twice for a response: one runs it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError

from conversations import sealing, threads
from conversations.computer.acting import Unable
from conversations.models import Response
from conversations.output import Output
from conversations.turns import calls, context, made_files, mirror, repair
from conversations.turns.answers import fit
from conversations.turns.attachments import Attachments
from conversations.turns.endings import failed
from conversations.turns.mirror import Ending
from conversations.turns.provider import provider, revive
from conversations.turns.provider_answer import Answer
from conversations.turns.recorder import LeaseLost, Recording, recorder
from conversations.upstream.errors import (
    ProviderBusy,
    ProviderUnavailable,
    RequestRejected,
    ResponseNotFound,
    UpstreamError,
)

log = structlog.get_logger(__name__)

ID_WAIT = 3.0
"""Seconds that a background response which is to be stopped has to say its id."""
NOT_TOLD = "The provider could not be told to stop; it may have gone on for a while, unseen."
AGAIN = 0.5
"""Seconds between two tries to write the end of a turn while the database is away."""


Claimed = tuple[Response, context.Request | None]
"""A response whose lease this runner holds, with its request where that could be built already."""


async def run_turn(response_id: int, holder: str, claimed: Claimed | None = None) -> Turn | None:
    """Run the response if it is this runner's to run; return the turn when it has ended, else None.

    Never raises for what a provider, a model or another runner does: the row says how it ended.
    """
    claimed = claimed or await threads.runner.run(_claim, response_id, holder)
    if claimed is None:
        return None
    response, request = claimed
    turn = Turn(response, request)
    try:
        await turn.run()
        return turn
    except LeaseLost:
        log.info("lease_lost", response=response_id, epoch=response.epoch)
        return None
    finally:
        recorder.remove(turn.recording)


def _claim(response_id: int, holder: str) -> Claimed | None:
    """Claim the response and build its request, in one call: each way to a thread and back is a place in a queue."""
    response = mirror.claim(response_id, holder)
    return with_request(response) if response is not None else None


def with_request(response: Response) -> Claimed:
    """Return a claimed response with its request. Where that fails, the turn builds it once more, and ends with why."""
    if response.epoch > 1 or response.answers_id:
        return response, None  # it may have been sent by the runner before us, or waits for the outcome of calls
    try:
        return response, context.build(response)
    except Exception:
        log.exception("request_not_built", response=response.pk)
        return response, None


class Turn:
    """A claimed response on its way."""

    def __init__(self, response: Response, request: context.Request | None) -> None:
        self.response = response
        self.request = request
        self.recording = Recording(response, Output())
        self.answer = Answer(response, self.recording)
        self.remarks = list(response.remarks or [])
        """What was remarked before the request, of which there may be several."""
        self.telling: asyncio.Future[None] | None = None
        """Kept so that the task is not collected while it runs."""
        self.waiting: list[int] = []
        """The ids of the turns that waited for this one, once it has ended."""

    async def run(self) -> None:
        """Run it to its end. Raise `LeaseLost`."""
        taken_over = self.response.epoch > 1
        if taken_over:
            self.recording.output, self.answer.last_number = await threads.runner.run(mirror.logged, self.response.pk)
            self.answer.wiper = sealing.Wiper(await threads.runner.run(mirror.secrets_in, self.response.pk))
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
        await self._finish(ending)

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
                try:
                    await calls.answer(self.response)
                except Unable as error:
                    return Ending(Response.Status.FAILED, error={"code": "computer", "message": error.sentence})
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
        remarks = [*self.remarks, *request.remarks]
        self.recording.note(parameters=parameters, background=background, store=store, remarks=remarks)
        attachments = Attachments(await provider(), endpoint=self.response.endpoint)
        attached = await attachments.resolve(request.body, keeps=store)
        try:
            return await self._stream(attached.body)
        except (RequestRejected, ResponseNotFound) as error:
            remark = await attachments.otherwise(attached, error)
            if remark is None:
                raise
        self.recording.note(remarks=[*remarks, remark])
        ending = await self._stream((await attachments.resolve(request.body, keeps=store)).body)
        await attachments.remember()
        return ending

    async def _stream(self, body: dict[str, Any]) -> Ending:
        try:
            body, secrets = sealing.open_tools(body)
        except sealing.Unreadable:
            sentence = "The secrets of an MCP server cannot be read any more. Switch it off, or have them entered anew."
            return Ending(Response.Status.FAILED, error={"code": "unreadable_secret", "message": sentence})
        self.answer.wiper, upstream = sealing.Wiper(secrets), await provider()
        try:
            return await self.answer.follow(upstream.stream_response(body, on_wait=self._wait))
        except ProviderUnavailable:
            if self.recording.sequence or not await revive():
                raise
            return await self.answer.follow(upstream.stream_response(body, on_wait=self._wait))

    def _wait(self, seconds: float, error: UpstreamError) -> None:
        if isinstance(error, ProviderBusy) and self.response.door == Response.Door.GATEWAY:
            raise error  # clients wait by themselves, and both together would ask nine times instead of three
        self.telling = asyncio.ensure_future(self.recording.tell_waiting(seconds, error.sentence))
        log.info(
            "provider_waited_for", response=self.response.pk, seconds=round(seconds, 1), error=type(error).__name__
        )

    async def _resume(self) -> Ending:
        """Go on after another runner's end, which may have been a crash."""
        if self.answer.in_background:
            self._remark("Taken up again after an interruption.")
            return await self.answer.reattach()
        if not self.answer.provider_id and not self.recording.output.slots:
            return await self._ask()  # nothing had come yet, so nothing is said twice
        return Ending(Response.Status.INCOMPLETE, incomplete=mirror.INTERRUPTED)

    async def _stop(self, work: asyncio.Future[Ending]) -> Ending:
        """End the turn because a person asked. Closing the stream ends a foreground response; others are cancelled."""
        if self.response.background and not self.answer.provider_id:
            # Let it say its id before its stream is closed: without one nobody could cancel it
            either: list[asyncio.Future[Any]] = [work, asyncio.ensure_future(self.answer.named.wait())]
            await asyncio.wait(either, timeout=ID_WAIT, return_when=asyncio.FIRST_COMPLETED)
            either[1].cancel()
        work.cancel()
        await asyncio.wait({work})
        if self.recording.lost:
            raise LeaseLost
        if self.answer.in_background:
            try:
                final = await (await provider()).cancel_response(self.answer.provider_id)
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
        if self.answer.in_background:
            await recorder.flush()
            await threads.runner.run(mirror.release, self.response.pk, self.response.epoch)
            raise LeaseLost
        return Ending(Response.Status.INCOMPLETE, incomplete=mirror.INTERRUPTED)

    def _remark(self, sentence: str) -> None:
        self.recording.note(remarks=[*(self.response.remarks or []), sentence])

    async def _finish(self, ending: Ending) -> None:
        if secrets := self.answer.wiper.secrets:
            wiped = {name: sealing.wipe(getattr(ending, name), secrets) for name in ("final", "error")}
            ending = replace(ending, **wiped)
        if ending.status == Response.Status.COMPLETED:
            self.recording.note(fit=await fit(self.response.options, ending.final))
        while True:
            try:
                self.waiting = await recorder.finish(
                    self.recording, lambda chunk: mirror.finish(self.recording, chunk, ending)
                )
            except (OperationalError, InterfaceError) as error:
                # The answer is all here, and while the database is away nobody else can end the turn either
                log.warning("end_unwritten", response=self.response.pk, error=type(error).__name__)
                await asyncio.sleep(AGAIN)
            else:
                log.info("turn_ended", response=self.response.pk, status=ending.status.value, epoch=self.response.epoch)
                made_files.keep_soon(self.response, self.recording.output.slots)
                return
