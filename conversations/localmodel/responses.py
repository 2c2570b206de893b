"""The API's verbs on responses: create, find, follow, cancel, delete, list input items, count, compact."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import msgspec

from .context import Turn, count_tokens
from .drafts import new_response, usage
from .errors import ApiError, invalid, previous_response_not_found, response_not_found
from .faults import Faults
from .files import Files
from .identifiers import derived_id, fresh_id
from .inputs import check_items, expand_compactions, read_input
from .requests import check_body
from .runs import Run, Script, fail
from .sealed import seal
from .state import RUNNING, State

ChooseScript = Callable[[Turn], Awaitable[Script]]


class Responses:
    """The verbs of the API on responses. All raise ApiError for what the service refuses."""

    def __init__(self, state: State, files: Files, *, choose_script: ChooseScript, pace: float) -> None:
        self.state = state
        self.files = files
        self._choose_script = choose_script
        self._pace = pace
        self._live: dict[str, Run] = {}
        self._beginning: set[asyncio.Task[Run]] = set()
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
        if not response["background"]:
            return self._start(response, turn, script, replayed=[])
        # A client that leaves at this moment must not leave a response that is stored and never started.
        begun = asyncio.create_task(self._begin_background(response, turn, script))
        self._beginning.add(begun)
        begun.add_done_callback(self._beginning.discard)
        return await asyncio.shield(begun)

    async def _begin_background(self, response: dict[str, Any], turn: Turn, script: Script) -> Run:
        streamed = turn.body.get("stream", False)
        await self.state.add_response(response, items=turn.new, streamed=streamed, request=turn.body)
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
        return {
            "id": response_id,
            "object": "response.compaction",
            "created_at": int(time.time()),
            "output": [*said, item],
            "usage": usage(asked, made),
        }

    async def close(self) -> None:
        """Stop everything that runs. Background responses stay `in_progress` and go on at the next start."""
        for run in list(self._live.values()):
            await run.stop()


async def once(batch: list[bytes]) -> AsyncIterator[list[bytes]]:
    """A stream that is over: one batch, unless it is empty."""
    if batch:
        yield batch
