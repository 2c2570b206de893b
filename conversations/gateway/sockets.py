"""The API's WebSocket mode: `response.create` asks for a turn, its events come back, one turn after the other."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import msgspec

from conversations import threads
from conversations.gateway import auth, bodies, inputs, limits, turns
from conversations.gateway.auth import Caller
from conversations.gateway.errors import ApiError, error_for, invalid, wrong_type
from conversations.gateway.following import TERMINAL, head_of
from conversations.gateway.streams import streams
from conversations.protocol import Close

LONGEST = 3600.0
"""Seconds that a connection lives, as at the provider."""
LAST = TERMINAL | {"error"}
OWN = ("type", "event_id", "stream_id", "generate")
"""Of a frame, beside the body of `POST responses`."""


async def serve(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The ASGI application of a socket at `responses`. Who has no key is refused before the handshake."""
    await receive()
    try:
        caller = await threads.sockets.run(_admit, scope)
    except Exception as problem:
        await _deny(error_for(problem), send)
        return
    scope["user"] = caller.user  # for the log
    await send({"type": "websocket.accept"})
    await Connection(caller, receive, send).run()


def _admit(scope: dict[str, Any]) -> Caller:
    caller = auth.authenticate(auth.headers_of(scope["headers"]))
    caller.require("write")
    return caller


async def _deny(error: ApiError, send: Any) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": msgspec.json.encode(error.envelope)})


class Connection:
    """One client's socket."""

    def __init__(self, caller: Caller, receive: Any, send: Any) -> None:
        self.caller = caller
        self.unstored: dict[str, int] = {}
        """The last response where it was not to be stored: this connection alone may go on from it."""
        self._receive = receive
        self._send = send
        self._turn: asyncio.Task[None] | None = None
        """The one in progress; it may have a little to do still when it has been told to its end."""
        self._turns: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()
        self._why: ApiError | None = None

    async def run(self) -> None:
        """Answer frames until the client leaves, the key ends or the hour is over."""
        frames = asyncio.create_task(self._hear())
        closing = asyncio.create_task(self._closing.wait())
        try:
            async with streams.open(self.caller, self._end):
                await asyncio.wait({frames, closing}, timeout=LONGEST, return_when=asyncio.FIRST_COMPLETED)
            if not frames.done():
                over = invalid("This connection has lived for 60 minutes.", code="websocket_connection_limit_reached")
                await self._refuse(self._why or over)
                await self._send({"type": "websocket.close", "code": Close.SIGNED_OUT if self._why else 1000})
        except ApiError as error:  # too many are open
            await self._refuse(error)
            await self._send({"type": "websocket.close", "code": Close.TOO_MANY_FRAMES})
        finally:
            for task in (frames, closing, *self._turns):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    def _end(self) -> None:
        self._why = ApiError(401, "This key is not valid any more.", code="invalid_api_key")
        self._closing.set()

    async def _hear(self) -> None:
        while (message := await self._receive())["type"] == "websocket.receive":
            stream_id = None
            try:
                frame = bodies.parse(message.get("text") or message.get("bytes") or b"")
                if not isinstance(frame, dict):
                    raise wrong_type("event", "an object", frame)
                stream_id = frame.get("stream_id") if isinstance(frame.get("stream_id"), str) else None
                self._begin(frame, stream_id)
            except Exception as problem:
                await self._refuse(error_for(problem), stream_id)

    def _begin(self, frame: dict[str, Any], stream_id: str | None) -> None:
        if frame.get("type") != "response.create":
            message = f"Invalid value: '{str(frame.get('type'))[:60]}'. Supported values are: 'response.create'."
            raise invalid(message, param="type", code="invalid_value")
        if self._turn is not None:
            message = "A response is in progress on this connection. Wait for its end."
            raise ApiError(409, message, code="response_in_progress")
        generate = frame.get("generate", True)
        if not isinstance(generate, bool):
            raise wrong_type("generate", "a boolean", generate)
        asked = inputs.read({name: value for name, value in frame.items() if name not in OWN})
        self._turn = asyncio.create_task(self._answer(asked, stream_id, generate=generate))
        self._turns.add(self._turn)
        self._turn.add_done_callback(self._turns.discard)

    async def _answer(self, asked: inputs.Asked, stream_id: str | None, *, generate: bool) -> None:
        known, self.unstored = self.unstored, {}
        try:
            await threads.sockets.run(limits.take, self.caller)
            if not generate:
                begun = await threads.writer.run(turns.prepare, self.caller, asked, known)
                await self._last(turns.prepared(begun), begun, asked, stream_id)
            else:
                begun = await threads.writer.run(turns.begin, self.caller, asked, known)
                async with contextlib.aclosing(
                    turns.streamed(self.caller, begun, background=asked.background, placed=True)
                ) as events:
                    async for batch in events:
                        is_last = bool(batch) and head_of(batch[-1]).type in LAST
                        tell = self._last(batch, begun, asked, stream_id) if is_last else self._tell(batch, stream_id)
                        await tell
        except Exception as problem:
            self._free()
            await self._refuse(error_for(problem), stream_id)
        finally:
            self._free()

    def _free(self) -> None:
        """Let the next turn begin, unless it has."""
        if self._turn is asyncio.current_task():
            self._turn = None

    async def _last(self, events: list[bytes], begun: turns.Begun, asked: inputs.Asked, stream_id: str | None) -> None:
        """Tell the end of a turn. Whoever hears it may ask for the next one at once."""
        ended = msgspec.json.decode(events[-1]).get("response")
        if not asked.store and ended is not None:
            self.unstored = {ended["id"]: begun.response.pk}
        self._free()
        await self._tell(events, stream_id)

    async def _tell(self, events: list[bytes], stream_id: str | None) -> None:
        lane = b'{"stream_id":%b,' % msgspec.json.encode(stream_id) if stream_id is not None else b"{"
        for event in events:
            await self._send({"type": "websocket.send", "text": (lane + event[1:]).decode()})

    async def _refuse(self, error: ApiError, stream_id: str | None = None) -> None:
        event = {"type": "error", "status": error.status, **error.envelope}
        await self._tell([msgspec.json.encode(event)], stream_id)
