"""The life of a response: made, run in the foreground or the background, resumed, cancelled, deleted."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import msgspec

from .context import Turn, check_items, count_tokens, expand_compactions, read_input
from .errors import ApiError, invalid, previous_response_not_found, response_not_found
from .events import Answer, Broken, Incomplete
from .faults import Faults
from .files import Files
from .identifiers import derived_id, fresh_id
from .requests import check_body, new_response
from .sealed import seal
from .state import RUNNING, State

logger = logging.getLogger(__name__)

Script = Callable[[Answer, Turn], Awaitable[None]]
ChooseScript = Callable[[Turn], Awaitable[Script]]
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
        last = await answer.finish(status, usage=self._usage(), **changes)
        event = (answer.sequence, last) if announce else None
        if self.background:
            await self._state.update_response(response, event=event)
        elif response["store"]:
            await self._state.add_response(response, items=self._turn.new, streamed=False, request=None)
        if event:
            self._hear(last)
        self.done.set()
        self._news.set()

    def _usage(self) -> dict[str, Any]:
        answer, body = self._answer, self._turn.body
        asked = count_tokens([self._turn.items, body.get("instructions", ""), body.get("tools", [])])
        return {
            "input_tokens": asked,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": answer.tokens,
            "output_tokens_details": {"reasoning_tokens": answer.reasoning_tokens},
            "total_tokens": asked + answer.tokens,
        }

    async def _publish(self, sequence: int, event: bytes) -> None:
        if self.background:
            await self._state.log_event(self.response["id"], sequence, event)
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
        self.done.set()
        self._news.set()


class Responses:
    """The verbs of the API on responses. All raise ApiError for what the service refuses."""

    def __init__(self, state: State, files: Files, *, choose_script: ChooseScript, pace: float) -> None:
        self.state = state
        self.files = files
        self._choose_script = choose_script
        self._pace = pace
        self._live: dict[str, Run] = {}
        self._used_faults: set[str] = set()

    @property
    def busy(self) -> bool:
        """Whether anything runs."""
        return bool(self._live)

    def faults(self, metadata: dict[str, str]) -> Faults:
        """The faults that a request's metadata asks for; reading them spends a `;once`."""
        return Faults.read(metadata, self._used_faults)

    async def create(self, body: Any) -> Run:
        """Start a response. The caller follows it, and stops it when a foreground one loses its reader."""
        body = check_body(body)
        faults = self.faults(body.get("metadata", {}))
        faults.refuse(body)
        response = new_response(fresh_id("resp"), body)
        previous = await self._previous(body)
        new = await read_input(body.get("input", []), response_id=response["id"], state=self.state, files=self.files)
        turn = await self._turn(body, previous, new, faults)
        check_items(turn.items, new)
        script = await self._choose_script(turn)
        if response["background"]:
            await self.state.add_response(response, items=new, streamed=body.get("stream", False), request=body)
        return self._start(response, turn, script, replayed=[])

    async def _previous(self, body: dict[str, Any]) -> str | None:
        previous_id: str | None = body.get("previous_response_id")
        if previous_id is None:
            return None
        previous = await self.state.find_response(previous_id)
        if previous is None:
            raise previous_response_not_found(previous_id)
        if previous["status"] in RUNNING:
            raise invalid(f"Previous response '{previous_id}' is still in progress.", param="previous_response_id")
        return previous_id

    async def _turn(
        self, body: dict[str, Any], previous_id: str | None, new: list[dict[str, Any]], faults: Faults
    ) -> Turn:
        items = expand_compactions(await self.state.history(previous_id) + new)
        return Turn(body=body, items=items, new=new, faults=faults, files=self.files)

    def _start(self, response: dict[str, Any], turn: Turn, script: Script, *, replayed: list[bytes]) -> Run:
        run = Run(response, turn, state=self.state, pace=self._pace, replayed=replayed)
        self._live[response["id"]] = run
        run.task = asyncio.create_task(run.play(script))
        run.task.add_done_callback(lambda _: self._live.pop(response["id"], None))
        return run

    async def resume_interrupted(self) -> None:
        """Go on with the background responses that a former process left: the same events, from where they stopped."""
        for response, body in await self.state.interrupted():
            new = await self.state.input_items(response["id"], None)
            turn = await self._turn(body, response["previous_response_id"], new, self.faults(response["metadata"]))
            replayed = await self.state.events(response["id"])
            response |= {"status": "queued", "output": []}
            try:
                script = await self._choose_script(turn)
            except ApiError as error:
                script = partial(fail, error)
            self._start(response, turn, script, replayed=replayed)

    async def find(self, response_id: str) -> dict[str, Any]:
        """The response as it is now."""
        response = await self.state.find_response(response_id)
        if response is None:
            raise response_not_found(response_id)
        return response

    async def follow(self, response_id: str, after: int) -> AsyncIterator[list[bytes]]:
        """The stream of a background response after an event, live to its end."""
        await self.find(response_id)
        if not await self.state.was_streamed(response_id):
            message = "This response cannot be streamed: it was not created with background=true and stream=true."
            raise invalid(message, param="stream")
        run = self._live.get(response_id)
        return run.follow(after) if run else once((await self.state.events(response_id))[after + 1 :])

    async def cancel(self, response_id: str) -> dict[str, Any]:
        """Stop a background response. Again, or after its end, it changes nothing."""
        response = await self.find(response_id)
        if not response["background"]:
            raise invalid("Cannot cancel a synchronous response.")
        if run := self._live.get(response_id):
            await run.stop()
            response = await self.find(response_id)
        if response["status"] in RUNNING:
            response |= {"status": "cancelled", "output": []}
            await self.state.update_response(response)
        return response

    async def delete(self, response_id: str) -> dict[str, Any]:
        """Forget a response; one that runs is stopped."""
        await self.find(response_id)
        if run := self._live.get(response_id):
            await run.stop()
        await self.state.delete_response(response_id)
        return {"id": response_id, "object": "response.deleted", "deleted": True}

    async def input_items(self, response_id: str) -> list[dict[str, Any]]:
        """What the response was made from, the former turns included, oldest first."""
        response = await self.find(response_id)
        return await self.state.input_items(response_id, response["previous_response_id"])

    async def _read(self, body: Any, response_id: str) -> Turn:
        body = check_body(body)
        previous = await self._previous(body)
        new = await read_input(body.get("input", []), response_id=response_id, state=self.state, files=self.files)
        return await self._turn(body, previous, new, Faults({}))

    async def count_input(self, body: Any) -> dict[str, Any]:
        """How many tokens the input of a request would be."""
        turn = await self._read(body, fresh_id("resp"))
        counted = [turn.items, turn.body.get("instructions", ""), turn.body.get("tools", [])]
        return {"object": "response.input_tokens", "input_tokens": count_tokens(counted)}

    async def compact(self, body: Any) -> dict[str, Any]:
        """A shorter form of a conversation: the user's messages as they are, the rest in one opaque item."""
        response_id = fresh_id("resp")
        turn = await self._read(body, response_id)
        said = [item for item in turn.items if item["type"] == "message" and item["role"] == "user"]
        rest = [item for item in turn.items if item not in said]
        item = {"id": derived_id("cmp", response_id), "type": "compaction", "encrypted_content": seal(rest)}
        asked, made = count_tokens(turn.items), count_tokens(msgspec.json.encode(item).decode())
        usage = {
            "input_tokens": asked,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": made,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": asked + made,
        }
        return {
            "id": response_id,
            "object": "response.compaction",
            "created_at": int(time.time()),
            "output": [*said, item],
            "usage": usage,
        }

    async def close(self) -> None:
        """Stop everything that runs. Background responses stay `in_progress` and go on at the next start."""
        for run in list(self._live.values()):
            await run.stop()


async def fail(error: ApiError, answer: Answer, turn: Turn) -> None:
    """The script of a response that can no longer go on: what it needs was deleted."""
    raise error


async def once(batch: list[bytes]) -> AsyncIterator[list[bytes]]:
    """A stream that is over: one batch, unless it is empty."""
    if batch:
        yield batch
