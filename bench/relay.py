"""The bare relay: provider -> aiohttp -> WebSocket, without sign-in, database or framework: the least cost.

`POST /start/NAME` begins an answer, `/watch/NAME` is a socket that is sent its events, one a message.
The provider is at the address that PROVIDER names.
"""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import msgspec

Send = Callable[[dict[str, Any]], Awaitable[None]]
REQUEST = {"model": "gpt-5", "input": "Go on.", "stream": True}

decode = msgspec.json.Decoder().decode
viewers: dict[str, set[Send]] = defaultdict(set)
tasks: set[asyncio.Task[None]] = set()
session: aiohttp.ClientSession | None = None


async def application(scope: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Send) -> None:
    if scope["type"] == "websocket":
        await watch(scope["path"].rpartition("/")[2], receive, send)
    elif scope["type"] == "http":
        if scope["method"] == "POST":
            task = asyncio.create_task(relay(scope["path"].rpartition("/")[2]))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


async def watch(name: str, receive: Callable[[], Awaitable[dict[str, Any]]], send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    viewers[name].add(send)
    await send({"type": "websocket.send", "text": '{"type":"hello"}'})
    while (await receive())["type"] != "websocket.disconnect":
        pass
    viewers[name].discard(send)


async def relay(name: str) -> None:
    global session
    if session is None:
        session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
    buffer = b""
    async with session.post(f"{os.environ['PROVIDER']}responses", json=REQUEST) as response:
        async for chunk in response.content.iter_any():
            *blocks, buffer = (buffer + chunk).split(b"\n\n")
            for block in blocks:
                data = block.partition(b"data: ")[2]
                assert decode(data)["type"]
                message = {"type": "websocket.send", "text": data.decode()}
                for viewer in list(viewers[name]):
                    await viewer(message)
