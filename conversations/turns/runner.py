"""Runs turns in this process as asyncio tasks, and finds by itself what nobody told it of."""

from __future__ import annotations

import asyncio
import os
import socket
from datetime import timedelta

import structlog
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from conversations import dispatch, threads
from conversations.actions import pixel_locks
from conversations.actions.approvals import lapse_due
from conversations.actions.files import sweep_unattached
from conversations.actions.program_files import sweep_expired
from conversations.computer.browser import wipe
from conversations.computer.desk import desk
from conversations.hub import hub
from conversations.models import Response, StreamChunk
from conversations.renditions import make_all
from conversations.replay import frames_from
from conversations.turns import computing
from conversations.turns.importer import Importer
from conversations.turns.keeper import Keeper
from conversations.turns.locking import Locking
from conversations.turns.provider import forget, warm_up
from conversations.turns.recorder import recorder
from conversations.turns.titles import give_title
from conversations.turns.turn import Claimed, run_turn, with_request

log = structlog.get_logger(__name__)

SWEEP = 2.0
"""Seconds between two looks for queued turns and expired leases."""
KEPT_STREAMS = timedelta(hours=24)
DRAIN = 5.0
"""Seconds that running turns have to be put away when the process ends."""


class Runner:
    """The runner of this process. `start` and `stop` belong to its event loop."""

    def __init__(self) -> None:
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{hub.name}"
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._titles = asyncio.Semaphore(2)
        self._sweeper: asyncio.Task[None] | None = None
        self._copying: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None
        self._keeper = Keeper()
        self._importer = Importer()
        self._locking = Locking()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self, *, alone: bool = False) -> None:
        """Begin to run turns. `alone` says that no other process runs turns of this database.

        Then every lease is a dead process's, and what it held is taken over at once instead of after fifteen seconds.
        """
        self._loop = asyncio.get_running_loop()
        await hub.start(frames_from)
        recorder.start()
        if alone:
            await threads.runner.run(_expire_leases)
            await threads.runner.run(wipe)
        dispatch.register(self)
        self._sweeper = asyncio.create_task(self._sweep())
        self._warming = asyncio.create_task(warm_up())
        self._keeper.start()
        self._importer.start()

    async def stop(self) -> None:
        """Put running turns away: background ones for the next runner, of others what was said is kept."""
        await self._importer.stop()
        await self._keeper.stop()
        self._locking.stop()
        for helper in (self._sweeper, self._warming, self._copying):
            if helper is not None:
                helper.cancel()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=DRAIN)
        await desk.close_all()
        await recorder.stop()
        await forget()

    def run(self, response_id: int, claimed: Claimed | None = None) -> asyncio.Task[None]:
        """Run a turn as a task; one that runs already is left alone. `claimed` is what this runner holds already."""
        task = self._tasks.get(response_id)
        if task is None or task.done() or claimed is not None:
            task = self._tasks[response_id] = asyncio.create_task(self._run(response_id, claimed))
            task.add_done_callback(lambda done: self._forget(response_id, done))
        return task

    async def _run(self, response_id: int, claimed: Claimed | None) -> None:
        try:
            turn = await run_turn(response_id, self.holder, claimed)
            await computing.tidy()
            if turn is None:
                return
            for following in turn.waiting:
                self.run(following)
            if turn.response.options.get("tools"):
                await self._locking.look()
            if turn.response.previous_response_id is not None:
                return  # it was not the first
            async with self._titles:  # a title can wait, and the streams of others should not
                await give_title(response_id)
        except Exception:
            # The lease runs out and the sweep takes the turn up again, so nothing stays in progress for ever
            log.exception("turn_failed", response=response_id)

    def _forget(self, response_id: int, task: asyncio.Task[None]) -> None:
        if self._tasks.get(response_id) is task:
            del self._tasks[response_id]

    def start_soon(self, response: Response) -> None:
        """Run a turn that was just committed. Called in the thread that did, which may ask the database."""
        if self._loop is None or self._loop.is_closed():
            return
        claimed = with_request(response) if response.lease_holder == self.holder else None
        self._loop.call_soon_threadsafe(self.run, response.pk, claimed)

    def cancel_soon(self, response_id: int) -> None:
        """Stop a turn that runs here, or have one looked at that has not begun. Called from any thread."""

        def cancel() -> None:
            if (recording := recorder.recordings.get(response_id)) is not None:
                recording.cancelled.set()
            else:
                self.run(response_id)  # it waits for another turn, or nobody has begun it: it need not

        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(cancel)

    async def _sweep(self) -> None:
        pruned = lapsed = 0.0
        loop = asyncio.get_running_loop()
        while True:
            try:
                for response_id in await threads.runner.run(due):
                    self.run(response_id)
                await self._locking.look()
                await computing.tidy()
                if self._copying is None or self._copying.done():
                    self._copying = asyncio.create_task(_make_copies())
                if loop.time() - lapsed > 5:
                    lapsed = loop.time()
                    await threads.runner.run(lapse_due)
                if loop.time() - pruned > 600:
                    pruned = loop.time()
                    await threads.runner.run(prune_streams)
                    await threads.pages.run(sweep_unattached)
                    await threads.pages.run(sweep_expired)
            except Exception as error:  # a database that is away for a while
                log.warning("sweep_failed", error=type(error).__name__)
            await asyncio.sleep(SWEEP)


async def _make_copies() -> None:
    try:
        await threads.pictures.run(make_all)
    except Exception as error:  # a database that is away for a while
        log.warning("copies_failed", error=type(error).__name__)


def due() -> list[int]:
    """Return the responses that should run and that nobody runs: queued ones, and those whose runner has gone."""
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    follows = Q(previous_response=None) | Q(previous_response__done_at__isnull=False)
    ready = follows | Q(cancel_requested_at__isnull=False)
    rows = Response.objects.running().filter(free & ready).order_by("id")
    return list(rows.values_list("pk", flat=True)[:200])


def prune_streams() -> int:
    """Delete the stream logs of responses that ended a while ago; their items say it all. Return the number of rows."""
    long_ago = timezone.now() - KEPT_STREAMS
    ended = StreamChunk.objects.filter(created_at__lt=long_ago, response__done_at__isnull=False)
    deleted = 0
    while ids := list(ended.values_list("pk", flat=True)[:1000]):
        deleted += StreamChunk.objects.filter(pk__in=ids).delete()[0]
    return deleted


def _expire_leases() -> None:
    Response.objects.running().exclude(lease_until=None).update(lease_until=None)
    pixel_locks.release_all()


runner = Runner()
