"""Server-sent events as the service frames them, and the faults that happen on the wire."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
from aiohttp import web

from .faults import Faults

HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
TERMINAL = ("response.completed", "response.incomplete", "response.failed")


class Dropped(ConnectionError):
    """A fault has closed the connection."""


async def send_stream(
    request: web.Request, batches: AsyncIterator[list[bytes]], *, faults: Faults, obfuscated: bool
) -> web.StreamResponse:
    """Write events to the client as they come. Raises ConnectionError when the client is gone."""
    response = web.StreamResponse(headers=HEADERS)
    await response.prepare(request)
    if "silent" in faults:
        await asyncio.Event().wait()
    async for batch in batches:
        frames = [frame(event if obfuscated else without_obfuscation(event)) for event in batch]
        if faults.on_the_wire():
            for event, data in zip(batch, frames, strict=True):
                await write_faulty(request, response, faults, event=event, data=data)
        else:
            await response.write(b"".join(frames))
    await response.write_eof()
    return response


def frame(event: bytes) -> bytes:
    """One event of the stream; its type is the first field of its JSON."""
    return b"event: " + type_of(event) + b"\ndata: " + event + b"\n\n"


def type_of(event: bytes) -> bytes:
    """The type of an encoded event, read without decoding it."""
    start = len(b'{"type":"')
    return event[start : event.index(b'"', start)]


def without_obfuscation(event: bytes) -> bytes:
    """The event without its padding; most events have none."""
    if b'"obfuscation":"' not in event:
        return event
    decoded = msgspec.json.decode(event)
    decoded.pop("obfuscation", None)
    return msgspec.json.encode(decoded)


async def write_faulty(
    request: web.Request, response: web.StreamResponse, faults: Faults, *, event: bytes, data: bytes
) -> None:
    """Write one event, and go wrong where it is asked for."""
    number = msgspec.json.decode(event)["sequence_number"]
    if "no_terminal" in faults and type_of(event).decode() in TERMINAL:
        return
    for fault in ("half_character_at", "half_character_lost_at"):
        wanted = faults.number(fault)
        inside = next((place + 1 for place, byte in enumerate(data) if byte >= 0xC0), None)
        if wanted is not None and number >= wanted and inside:
            await response.write(data[:inside])
            await asyncio.sleep(0.02)
            if fault == "half_character_lost_at":
                drop(request)
            data = data[inside:]
    await response.write(data)
    if faults.number("duplicate_at") == number:
        await response.write(data)
    if faults.number("garbage_at") == number:
        await response.write(b'event: response.output_text.delta\ndata: {"type":"response.output_text.del\n\n')
    if faults.number("hang_at") == number:
        await asyncio.Event().wait()
    if faults.number("drop_at") == number:
        drop(request)


def drop(request: web.Request) -> None:
    """Close the connection under the client, after what was written has left."""
    if request.transport:
        request.transport.close()
    raise Dropped
