"""The events of one response, numbered and in the order in which the real service sends them."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from .faults import IN_RESPONSE, Faults
from .identifiers import derived_id, digest
from .sealed import reseal

OUTPUT_TEXT = "response.output_text"
# The field of the `.done` event that repeats what the deltas added up to.
WHOLE = {
    OUTPUT_TEXT: "text",
    "response.refusal": "refusal",
    "response.reasoning_summary_text": "text",
    "response.function_call_arguments": "arguments",
    "response.mcp_call_arguments": "arguments",
    "response.custom_tool_call_input": "input",
    "response.code_interpreter_call_code": "code",
}
# The service pads a delta with random characters to a multiple of this, so that its length tells nothing.
PADDED_TO = 16
FILTERED_AFTER = 12

Pieces = Iterable[str] | AsyncIterable[str]
Publish = Callable[[int, bytes], Awaitable[None]]


class Incomplete(Exception):
    """The answer ends early, in good order; `reason` goes into `incomplete_details`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Broken(Exception):
    """The answer ends here; `announce` tells whether response.failed still goes out."""

    def __init__(self, *, announce: bool) -> None:
        super().__init__()
        self.announce = announce


class Answer:
    """Builds a response: scripts open items and stream into them, it numbers and publishes the events.

    `replayed` events were published by a process that is gone: they are built again in silence, and without pause.
    """

    def __init__(
        self,
        response: dict[str, Any],
        *,
        publish: Publish,
        faults: Faults,
        pace: float,
        replayed: list[bytes],
        logprobs: bool = False,
    ) -> None:
        self.response = response
        self._logprobs = logprobs
        self.output: list[dict[str, Any]] = []
        self.tokens = 0
        self.reasoning_tokens = 0
        self.replayed = replayed
        self.faults = faults
        slow = faults.number("slow")
        self._pace = pace if slow is None else slow / 1000
        self._publish = publish
        self._sequence = 0
        self._ids = 0
        self._cut: str | None = None

    @property
    def replaying(self) -> bool:
        """Whether the next event is one that was published before."""
        return self._sequence < len(self.replayed)

    @property
    def only_repeated(self) -> bool:
        """Whether every event so far was published before: what comes next may have been begun by a former process."""
        return 0 < self._sequence <= len(self.replayed)

    def recorded(self, item_id: str) -> dict[str, Any] | None:
        """The finished item as a former process published it: what happened outside is not done a second time."""
        for event in self.replayed:
            decoded = msgspec.json.decode(event)
            if decoded["type"] == "response.output_item.done" and decoded["item"]["id"] == item_id:
                return dict(decoded["item"])
        return None

    def new_id(self, prefix: str) -> str:
        """The next id of this response; the same at each play."""
        self._ids += 1
        return derived_id(prefix, self.response["id"], self._ids)

    async def begin(self) -> None:
        """created, then in_progress; a background response is queued in between."""
        await self.emit("response.created", response=self.response)
        if self.response["status"] == "queued":
            await self.emit("response.queued", response=self.response)
            await self.pause(4)
            self.response["status"] = "in_progress"
        await self.emit("response.in_progress", response=self.response)

    @asynccontextmanager
    async def item(self, prefix: str, **fields: Any) -> AsyncIterator[dict[str, Any]]:
        """Open an output item, let the script fill it, close it.

        A script that was cut short inside the item leaves it `incomplete`, and the answer ends after it.
        """
        item = {"id": self.new_id(prefix), **fields}
        await self.emit("response.output_item.added", output_index=self.index, item=item)
        yield item
        if self._cut and "status" in item:
            item["status"] = "incomplete"
        await self.emit("response.output_item.done", output_index=self.index, item=item)
        self.output.append(item)
        if self._cut:
            raise Incomplete(self._cut)

    @property
    def index(self) -> int:
        """The place of the item that is being made."""
        return len(self.output)

    async def progress(self, item: dict[str, Any], step: str, **fields: Any) -> None:
        """An event about a hosted tool's call, such as response.web_search_call.searching."""
        kind = f"response.{item['type']}.{step}"
        await self.emit(kind, output_index=self.index, item_id=item["id"], **fields)

    async def stream(self, kind: str, item: dict[str, Any], pieces: Pieces, **where: Any) -> list[str]:
        """Send pieces as deltas and the whole at the end; returns those that were sent: a limit may cut them short."""
        where = {"item_id": item["id"], "output_index": self.index, **where}
        sent: list[str] = []
        async for piece in as_async(pieces):
            if self._must_stop():
                break
            await self.pause(1)
            log = {"logprobs": self.logprobs_of([piece])} if kind == OUTPUT_TEXT else {}
            await self.emit(f"{kind}.delta", **where, delta=piece, **log, obfuscation=self._padding(piece))
            sent.append(piece)
            self.tokens += 1
        whole = "".join(sent)
        log = {"logprobs": self.logprobs_of(sent)} if kind == OUTPUT_TEXT else {}
        await self.emit(f"{kind}.done", **where, **{WHOLE[kind]: whole}, **log)
        return sent

    def logprobs_of(self, pieces: list[str]) -> list[dict[str, Any]]:
        """The log probabilities of pieces, where they are asked for: a scripted token is certain."""
        if not self._logprobs:
            return []
        return [{"token": piece, "bytes": list(piece.encode()), "logprob": 0.0, "top_logprobs": []} for piece in pieces]

    async def emit(self, kind: str, **fields: Any) -> None:
        """Number and publish one event, then break where a fault asks for it."""
        sequence = self._sequence
        if not self.replaying:
            event = {"type": kind, "sequence_number": sequence, **fields}
            await self._publish(sequence, msgspec.json.encode(event))
        self._sequence += 1
        for fault in IN_RESPONSE:
            if self.faults.number(fault) == sequence:
                await self._break(fault)

    def finish(self, status: str, **changes: Any) -> bytes:
        """The terminal event, which the caller publishes together with the final status."""
        output = [reseal(item) for item in self.output]
        self.response |= {"status": status, "output": output, **changes}
        event = {"type": f"response.{status}", "sequence_number": self._sequence, "response": self.response}
        return msgspec.json.encode(event)

    @property
    def sequence(self) -> int:
        """The number of the next event."""
        return self._sequence

    async def pause(self, deltas: float) -> None:
        """Wait as long as so many deltas take; always lets others run."""
        await asyncio.sleep(0 if self.replaying else self._pace * deltas)

    def _must_stop(self) -> bool:
        limit = self.response["max_output_tokens"]
        if limit is not None and self.tokens >= limit:
            self._cut = "max_output_tokens"
        if "content_filter_completion" in self.faults and self.tokens >= FILTERED_AFTER:
            self._cut = "content_filter"
        return self._cut is not None

    def stop_at_limit(self) -> None:
        """The script has come to the model's own limit: the open item is incomplete, and the answer ends after it."""
        self._cut = "max_output_tokens"

    def _padding(self, piece: str) -> str:
        return digest(self.response["id"], self._sequence)[: -len(piece) % PADDED_TO]

    async def _break(self, fault: str) -> None:
        if fault != "failed_at":
            error = {"type": "server_error", "code": "server_error", "message": "The stream broke.", "param": None}
            flat = {key: error[key] for key in ("code", "message", "param")}
            await self.emit("error", **(flat if fault == "error_event_flat_at" else {"error": error}))
        raise Broken(announce=fault != "error_event_flat_at")


async def as_async(pieces: Pieces) -> AsyncIterator[str]:
    """One way to read pieces that are there and pieces that come."""
    if isinstance(pieces, AsyncIterable):
        async for piece in pieces:
            yield piece
    else:
        for piece in pieces:
            yield piece
