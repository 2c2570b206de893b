"""One response while it is being made: its script runs, its events are kept, any number of readers follow."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from .context import Turn, count_tokens
from .drafts import usage
from .errors import ApiError
from .events import Answer, Broken, Incomplete
from .state import State

logger = logging.getLogger(__name__)

Script = Callable[[Answer, Turn], Awaitable[None]]
BROKEN = {"code": "server_error", "message": "The server had an error while processing your request."}


class Run:
    """One response while it is being made. Its events can be followed by any number of readers."""

    def __init__(
        self, response: dict[str, Any], turn: Turn, *, state: State, pace: float, replayed: list[bytes]
    ) -> None:
        self.response = response
        self.background: bool = response["background"]
        self.faults = turn.faults
        self.events = replayed.copy()
        self.done = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self._turn = turn
        self._state = state
        self._news = asyncio.Event()
        self._unlogged: list[tuple[int, bytes]] = []
        self._logging: asyncio.Task[None] | None = None
        self._answer = Answer(
            response,
            publish=self._publish,
            faults=turn.faults,
            pace=pace,
            replayed=replayed,
            logprobs=turn.includes("message.output_text.logprobs"),
        )

    async def play(self, script: Script) -> None:
        """Run the script to its end, whichever it is, and store the outcome before anybody hears of it."""
        try:
            await self._play(script)
        finally:
            if self._logging:
                await asyncio.wait([self._logging])
            self.done.set()
            self._news.set()

    async def _play(self, script: Script) -> None:
        answer, response = self._answer, self.response
        changes: dict[str, Any] = {"error": BROKEN}
        status, announce = "failed", True
        try:
            await answer.begin()
            if self.background:
                await self._state.update_response(response)
            await script(answer, self._turn)
            status, changes = "completed", {"completed_at": int(time.time())}
        except Incomplete as cut:
            status, changes = "incomplete", {"incomplete_details": {"reason": cut.reason}}
        except Broken as broken:
            announce = broken.announce
        except ApiError as error:
            code = error.error["code"] or "server_error"
            changes = {"error": {"code": code, "message": error.error["message"]}}
        except Exception:
            logger.exception("response %s broke", response["id"])
        last = answer.finish(status, usage=self._usage(), **changes)
        event = (answer.sequence, last) if announce else None
        if self._logging:
            await self._logging
        if self.background:
            await self._state.update_response(response, event=event)
        elif response["store"]:
            await self._state.add_response(response, items=self._turn.new, streamed=False, request=None)
        if event:
            self._hear(last)

    def _usage(self) -> dict[str, Any]:
        answer, body = self._answer, self._turn.body
        asked = count_tokens([self._turn.items, body.get("instructions", ""), body.get("tools", [])])
        return usage(asked, answer.tokens, reasoning=answer.reasoning_tokens)

    async def _publish(self, sequence: int, event: bytes) -> None:
        """Readers hear of a foreground event at once, and of a background one after it was stored."""
        if not self.background:
            self._hear(event)
            return
        self._unlogged.append((sequence, event))
        if self._logging is None or self._logging.done():
            self._logging = asyncio.create_task(self._log())

    async def _log(self) -> None:
        while events := self._unlogged:
            self._unlogged = []
            await self._state.log_events(self.response["id"], events)
            for _, event in events:
                self._hear(event)

    def _hear(self, event: bytes) -> None:
        self.events.append(event)
        self._news.set()
        self._news = asyncio.Event()

    async def follow(self, after: int) -> AsyncIterator[list[bytes]]:
        """The events after a sequence number, then those that come, in batches, until the response ends or stops."""
        seen = after + 1
        while True:
            news = self._news
            if batch := self.events[seen:]:
                seen += len(batch)
                yield batch
            elif self.done.is_set():
                return
            else:
                await news.wait()

    async def stop(self) -> None:
        """End the run at once. Followers see the stream end without a terminal event."""
        if self.task and not self.task.done():
            self.task.cancel()
            await asyncio.wait([self.task])


async def fail(error: ApiError, answer: Answer, turn: Turn) -> None:
    """The script of a response that can no longer go on: what it needs was deleted."""
    raise error
