"""The proxy of a browser: for that browser alone, to allowed addresses alone, one request a connection."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator

import pytest

from conversations.egress.addresses import Allowance
from conversations.egress.proxy import Page, Proxy

OPEN = Allowance(["127.0.0.1"])


class Echo:
    """A server that tells how it was asked."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = await reader.read(10_000)
        with contextlib.suppress(TimeoutError):
            heard += await asyncio.wait_for(reader.read(10_000), 0.5)  # what should not come any more
        self.heard.append(heard)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: keep-alive\r\n\r\nhere")
        await writer.drain()
        writer.close()


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    echo.port = server.sockets[0].getsockname()[1]
    yield echo
    server.close()


async def ask(head: str, *, allowance: Allowance | None = None, known: bool = True, then: bytes = b"") -> bytes:
    """Send a request through a proxy; return all that comes back, until it closes."""
    proxy = Proxy(host="own.invalid", answer=lambda path: Page(f"own page at {path}"), allowance=allowance)
    await proxy.start()
    port = int(proxy.address.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    word = base64.b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
    secret = f"Proxy-Authorization: Basic {word}\r\n" if known else ""
    writer.write(f"{head}\r\n{secret}\r\n".encode() + then)
    try:
        async with asyncio.timeout(30):
            return await reader.read()
    finally:
        writer.close()
        await proxy.close()


async def test_it_serves_its_own_browser_alone(echo: Echo) -> None:
    head = f"GET http://127.0.0.1:{echo.port}/ HTTP/1.1"
    assert b" 407 " in (await ask(head, allowance=OPEN, known=False)).splitlines()[0]
    assert echo.heard == []


async def test_an_allowed_address_is_asked_without_what_is_for_the_proxy(echo: Echo) -> None:
    head = f"GET http://127.0.0.1:{echo.port}/a?b=c HTTP/1.1\r\nHost: 127.0.0.1:{echo.port}\r\nAccept: */*"
    answer = await ask(head, allowance=OPEN)
    assert answer.endswith(b"here")
    assert b"Connection: close" in answer
    assert b"keep-alive" not in answer
    asked = echo.heard[0].decode()
    assert asked.startswith("GET /a?b=c HTTP/1.1\r\n")
    assert "Connection: close" in asked
    assert "proxy" not in asked.lower()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0", "2130706433", "127.1", "169.254.169.254"])
@pytest.mark.parametrize("form", ["GET http://{}:{}/ HTTP/1.1", "CONNECT {}:{} HTTP/1.1"])
async def test_a_private_address_is_refused(form: str, host: str, echo: Echo) -> None:
    answer = await ask(form.format(host, echo.port))
    assert answer.split()[1] in {b"403", b"502"}
    assert echo.heard == []


async def test_a_second_request_on_the_connection_goes_nowhere(echo: Echo) -> None:
    head = f"GET http://127.0.0.1:{echo.port}/first HTTP/1.1"
    await ask(head, allowance=OPEN, then=b"GET http://other.example/second HTTP/1.1\r\n\r\n")
    assert b"second" not in b"".join(echo.heard)


async def test_a_body_goes_along_to_its_end_and_no_further(echo: Echo) -> None:
    head = f"POST http://127.0.0.1:{echo.port}/ HTTP/1.1\r\nContent-Length: 5"
    await ask(head, allowance=OPEN, then=b"hello world")
    heard = b"".join(echo.heard)
    assert heard.endswith(b"hello")


@pytest.mark.parametrize(
    "head",
    ["GET ftp://own.invalid/ HTTP/1.1", "GET /relative HTTP/1.1", "nonsense", "CONNECT own.invalid:443 HTTP/1.1"],
)
async def test_what_is_no_request_for_the_web_is_refused(head: str) -> None:
    assert (await ask(head)).split()[1] in {b"400", b"403"}


async def test_its_own_host_is_answered_by_itself() -> None:
    assert (await ask("GET http://own.invalid/go?to=x HTTP/1.1")).endswith(b"own page at /go?to=x")


async def test_a_tunnel_carries_what_is_said_in_it(echo: Echo) -> None:
    answer = await ask(f"CONNECT 127.0.0.1:{echo.port} HTTP/1.1", allowance=OPEN, then=b"anything")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"here")
    assert echo.heard[0] == b"anything"
