"""An HTTP proxy on the loopback, for a browser that shall reach what the guarded client reaches and nothing else.

The browser is told to ask it for everything, and resolves no name by itself. So whatever a page does (a redirect, a
frame, a socket), the address is looked at here, outside of the browser, and it is the one that is connected to.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from yarl import URL

from conversations.egress.addresses import Allowance, is_literal, is_odd
from conversations.egress.client import GuardedResolver, require_url
from conversations.egress.errors import AddressRefused

LONGEST_HEAD = 64 * 1024
CHUNK = 64 * 1024
CONNECTING = 10.0
IDLE = 60.0
"""Seconds that a connection may be silent."""
MOST_CONNECTIONS = 100
MOST_BYTES = 512 * 1024 * 1024
"""In all directions, over the life of the proxy."""
OURS = {"proxy-authorization", "proxy-connection", "connection", "keep-alive"}
"""Headers between the browser and us."""
SENTENCES = {
    400: "This request cannot be read.",
    403: "Salon does not let its browser go there: it reaches public addresses only.",
    411: "Salon's browser sends nothing of which the length is not known.",
    502: "Nothing answers there.",
}
REASONS = {200: "OK", 302: "Found", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 407: "Unauthorized"}


@dataclass(frozen=True)
class Page:
    """What the proxy itself answers for its own host."""

    body: str = ""
    status: int = 200
    location: str = ""


@dataclass(frozen=True)
class _Asked:
    method: str
    target: str
    headers: list[tuple[str, str]]

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


class _Refused(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Proxy:
    """`host` is a name that exists nowhere: what is asked of it, `answer` answers, by the path with its query."""

    def __init__(self, *, host: str, answer: Callable[[str], Page], allowance: Allowance | None = None) -> None:
        self.user, self.password = "salon", secrets.token_urlsafe(24)
        self.address = ""
        self._host = host
        self._answer = answer
        self._resolver = GuardedResolver(allowance or Allowance.from_environment())
        self._allowance = allowance or Allowance.from_environment()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._bytes = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=LONGEST_HEAD)
        self.address = "http://127.0.0.1:{1}".format(*self._server.sockets[0].getsockname())

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= MOST_CONNECTIONS:
            writer.close()
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one request of the browser, and close."""
        try:
            asked = _parsed(await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE))
            if not self._may_use(asked):
                writer.write(_head(407, [("Proxy-Authenticate", 'Basic realm="Salon"')]))
            elif asked.method == "CONNECT":
                await self._tunnel(asked, reader, writer)
            else:
                await self._forward(asked, reader, writer)
            await writer.drain()
        except _Refused as refused:
            sentence = SENTENCES[refused.status].encode()
            writer.write(_head(refused.status, [("Content-Type", "text/plain; charset=utf-8")]) + sentence)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # the browser, or what it asked, has gone
        finally:
            writer.close()

    def _may_use(self, asked: _Asked) -> bool:
        """Others on this machine shall not go out through us."""
        given = asked.header("proxy-authorization").partition(" ")[2]
        wanted = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return secrets.compare_digest(given, wanted)

    async def _tunnel(self, asked: _Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            target = URL(f"https://{asked.target}/")
            host, port = target.raw_host, target.port
        except ValueError:
            raise _Refused(400) from None
        if not host or not port or host == self._host:
            raise _Refused(403)
        there, out = await self._connect(host, port)
        try:
            writer.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
            await self._until_one_ends(self._pass(reader, out), self._pass(there, writer))
        finally:
            out.close()

    async def _forward(self, asked: _Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one request on, and its answer back. No second one follows it: that might be for another host."""
        try:
            target = require_url(asked.target)
        except AddressRefused:
            raise _Refused(403) from None
        if target.raw_host == self._host and target.scheme == "http":
            return self._own(target.raw_path_qs, writer)
        if asked.header("transfer-encoding"):
            raise _Refused(411)
        length = asked.header("content-length") or "0"
        if target.scheme != "http" or not length.isdecimal():
            raise _Refused(400)
        there, out = await self._connect(target.raw_host or "", target.port or 80)
        try:
            kept = [(name, value) for name, value in asked.headers if name.lower() not in OURS]
            lines = [f"{asked.method} {target.raw_path_qs} HTTP/1.1", *(f"{name}: {value}" for name, value in kept)]
            out.write("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))
            await self._pass(reader, out, most=int(length))
            await self._until_one_ends(self._pass_answer(there, writer), self._gone(reader))
        finally:
            out.close()

    async def _pass_answer(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass an answer on, which says that the connection ends with it, whatever the server wants."""
        status, fields = "1", [""]
        while status.startswith("1"):  # "100 Continue" and the like only come before
            fields = (await asyncio.wait_for(there.readuntil(b"\r\n\r\n"), IDLE)).decode("latin-1").split("\r\n")
            status = fields[0].partition(" ")[2]
        kept = [line for line in fields[1:] if line and line.partition(":")[0].strip().lower() not in OURS]
        writer.write("\r\n".join([fields[0], *kept, "Connection: close", "", ""]).encode("latin-1"))
        await self._pass(there, writer)

    @staticmethod
    async def _gone(reader: asyncio.StreamReader) -> None:
        """Return when the browser has closed its end; what it still says is for nobody."""
        while await reader.read(CHUNK):
            pass

    def _own(self, path: str, writer: asyncio.StreamWriter) -> None:
        page = self._answer(path)
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")]
        where = [("Location", page.location)] if page.location else []
        writer.write(_head(page.status, headers + where) + page.body.encode())

    async def _connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to an address that was looked at: no name is resolved a second time."""
        if is_odd(host) or (is_literal(host) and not self._allowance.allows(host, host)):
            raise _Refused(403)
        try:
            found = await asyncio.wait_for(self._resolver.resolve(host, port), CONNECTING)
        except AddressRefused:
            raise _Refused(403) from None
        except (OSError, TimeoutError):
            raise _Refused(502) from None
        for address in found:
            with contextlib.suppress(OSError, TimeoutError):
                return await asyncio.wait_for(asyncio.open_connection(address["host"], port), CONNECTING)
        raise _Refused(502)

    async def _pass(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, most: int = MOST_BYTES
    ) -> None:
        while most > 0 and (chunk := await asyncio.wait_for(source.read(min(CHUNK, most)), IDLE)):
            self._bytes += len(chunk)
            most -= len(chunk)
            if self._bytes > MOST_BYTES:
                raise _Refused(403)
            target.write(chunk)
            await target.drain()

    @staticmethod
    async def _until_one_ends(*ways: Coroutine[Any, Any, None]) -> None:
        tasks = [asyncio.ensure_future(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _parsed(head: bytes) -> _Asked:
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3:
        raise _Refused(400)
    named = [line.partition(":") for line in lines[1:] if line]
    return _Asked(parts[0], parts[1], [(name.strip(), value.strip()) for name, _, value in named])


def _head(status: int, headers: list[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Error')}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")
