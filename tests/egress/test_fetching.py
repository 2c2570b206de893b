"""The guarded client against servers that mean harm. 127.0.0.2 is the world, 127.0.0.1 the inside."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from conversations.egress.addresses import Allowance
from conversations.egress.client import Limits, fetch
from conversations.egress.errors import AddressRefused, FetchFailed
from conversations.egress.mcp import McpError, open_server

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
WORLD = Allowance(["127.0.0.2/32"])
SOON = Limits(seconds=0.5, size=1000)
BOMB = gzip.compress(b"\0" * 5_000_000, 1)


class Site:
    """A server that answers as the test says, and remembers what it was asked."""

    def __init__(self, host: str, handler: Handler) -> None:
        self.host, self.handler = host, handler
        self.asked: list[web.Request] = []

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await self.runner.setup()
        await web.TCPSite(self.runner, self.host, 0).start()
        self.port = self.runner.addresses[0][1]
        self.url = f"http://{self.host}:{self.port}/"

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        return await self.handler(request)


@pytest.fixture
async def site() -> AsyncIterator[Callable[..., Awaitable[Site]]]:
    sites: list[Site] = []

    async def start(handler: Handler, host: str = "127.0.0.2") -> Site:
        sites.append(Site(host, handler))
        await sites[-1].start()
        return sites[-1]

    yield start
    for one in sites:
        await one.runner.cleanup()


async def secret(_request: web.Request) -> web.Response:
    return web.Response(text="the inside")


def redirecting(*locations: str) -> Handler:
    """Redirect from one location to the next."""

    async def handler(request: web.Request) -> web.Response:
        step = int(request.query.get("step", 0))
        where = locations[step] if step < len(locations) else locations[-1]
        return web.Response(status=302, headers={"Location": where})

    return handler


async def test_a_page_is_fetched(site: Any) -> None:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text="Grüße", charset="latin-1", content_type="text/html")

    there = await site(page)
    fetched = await fetch(there.url, allowance=WORLD)
    assert (fetched.status, fetched.media_type, fetched.text) == (200, "text/html", "Grüße")


async def test_the_inside_is_not_reached(site: Any) -> None:
    inside = await site(secret, "127.0.0.1")
    for url in (inside.url, f"http://localhost:{inside.port}/", f"http://[::ffff:127.0.0.1]:{inside.port}/"):
        with pytest.raises(AddressRefused, match="public address"):
            await fetch(url, allowance=WORLD)
    assert inside.asked == []


@pytest.mark.parametrize("hop", range(1, 6))
async def test_a_redirect_does_not_lead_inside_at_any_hop(site: Any, hop: int) -> None:
    inside = await site(secret, "127.0.0.1")
    there = await site(redirecting(*[f"/?step={step}" for step in range(1, hop)], inside.url))
    with pytest.raises(AddressRefused):
        await fetch(there.url, allowance=WORLD)
    assert len(there.asked) == hop
    assert inside.asked == []


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "http://user@127.0.0.2/", "http://127.1/", "//ok\\@127.0.0.1/", "http://[", ""]
)
async def test_a_redirect_to_an_odd_address_is_refused(site: Any, location: str) -> None:
    there = await site(redirecting(location))
    with pytest.raises((AddressRefused, FetchFailed)):
        await fetch(there.url, allowance=WORLD)


async def test_redirects_end(site: Any) -> None:
    there = await site(redirecting("/"))
    with pytest.raises(FetchFailed, match="redirects too often"):
        await fetch(there.url, allowance=WORLD)
    assert len(there.asked) == 6


async def test_a_name_that_changes_its_mind_after_the_check_gains_nothing(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = await site(secret, "127.0.0.1")
    there = await site(redirecting("/again"))
    answers = iter(["127.0.0.2", "127.0.0.1", "127.0.0.1"])
    looked_up = []

    def rebinding(host: str, port: int, *rest: Any, **options: Any) -> Any:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), inside.port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with pytest.raises((AddressRefused, FetchFailed)):
        # Checked as 127.0.0.2, it is asked there and nowhere else, where nobody listens at this port
        await fetch(f"http://rebinding.example:{inside.port}/", allowance=WORLD)
    assert looked_up == ["rebinding.example"]
    with pytest.raises(AddressRefused):
        await fetch(f"http://rebinding.example:{inside.port}/", allowance=WORLD)
    assert inside.asked == []
    assert there.asked == []


async def test_of_several_addresses_only_the_allowed_are_tried(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = await site(secret, "127.0.0.1")

    def both(host: str, port: int, *rest: Any, **options: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in ("127.0.0.1", "127.0.0.2")]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(FetchFailed):
        await fetch(f"http://mixed.example:{inside.port}/", allowance=WORLD)
    assert inside.asked == []


async def test_credentials_do_not_go_to_another_origin(site: Any) -> None:
    elsewhere = await site(secret)
    there = await site(redirecting("/?step=1", elsewhere.url))
    sent = {"Authorization": "Bearer secret", "X-Api-Key": "secret", "Cookie": "a=b", "Accept": "text/plain"}
    await fetch(there.url, headers=sent, allowance=WORLD)
    assert [request.headers.get("Authorization") for request in there.asked] == ["Bearer secret"] * 2
    got = dict(elsewhere.asked[0].headers)
    assert "secret" not in str(got)
    assert "Cookie" not in got
    assert got["Accept"] == "text/plain"


async def test_cookies_are_not_kept(site: Any) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/?step=1", "Set-Cookie": "a=b"})

    there = await site(handler)
    with pytest.raises(FetchFailed):
        await fetch(there.url, allowance=WORLD)
    assert not any("Cookie" in request.headers for request in there.asked)


async def test_what_is_posted_is_not_sent_on(site: Any) -> None:
    there = await site(redirecting("/elsewhere"))
    with pytest.raises(FetchFailed, match="redirects"):
        await fetch(there.url, method="POST", json={"a": 1}, allowance=WORLD)
    assert len(there.asked) == 1


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 10_000)


async def bomb(request: web.Request) -> web.Response:
    return web.Response(body=BOMB, headers={"Content-Encoding": "gzip"})


async def lying(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Encoding": "gzip"})
    await response.prepare(request)
    await response.write(b"this is not gzip")
    return response


async def slow(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(100):
        await response.write(b"x")
        await asyncio.sleep(0.1)
    return response


async def silent(_request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(10)
    raise AssertionError


@pytest.mark.parametrize(
    ("handler", "sentence"),
    [
        (endless, "answers with more than"),
        (bomb, "answers with more than"),
        (lying, "did not answer as a web server does"),
        (slow, "did not answer within 0.5 seconds"),
        (silent, "did not answer within 0.5 seconds"),
    ],
)
async def test_a_server_that_floods_or_drips_is_left(site: Any, handler: Handler, sentence: str) -> None:
    there = await site(handler)
    limits = SOON if handler in {slow, silent} else Limits(seconds=10, size=1000)
    with pytest.raises(FetchFailed, match=sentence):
        await fetch(there.url, limits=limits, allowance=WORLD)


async def test_packed_answers_are_unpacked(site: Any) -> None:
    async def packed(_request: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(b"words"), headers={"Content-Encoding": "gzip"})

    assert (await fetch((await site(packed)).url, allowance=WORLD)).body == b"words"


async def test_a_server_that_is_gone_or_does_not_speak_http_is_told_of(site: Any) -> None:
    there = await site(secret)
    await there.runner.cleanup()
    with pytest.raises(FetchFailed, match="cannot be reached"):
        await fetch(there.url, allowance=WORLD)

    async def babble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.2", 0)
    with pytest.raises(FetchFailed, match="did not answer as a web server does"):
        await fetch(f"http://127.0.0.2:{server.sockets[0].getsockname()[1]}/", allowance=WORLD)
    server.close()


async def test_other_content_types_are_refused(site: Any) -> None:
    there = await site(secret)
    with pytest.raises(FetchFailed, match="text/plain"):
        await fetch(there.url, limits=Limits(types=("image/", "text/html")), allowance=WORLD)


async def test_an_mcp_server_that_asks_for_authorization_leads_nowhere(site: Any) -> None:
    inside = await site(secret, "127.0.0.1")

    async def challenging(_request: web.Request) -> web.Response:
        where = f'Bearer resource_metadata="{inside.url}.well-known/oauth-protected-resource"'
        return web.Response(status=401, headers={"WWW-Authenticate": where})

    there = await site(challenging)
    with pytest.raises(McpError, match="status 401"):
        async with open_server(there.url, {"Authorization": "Bearer x"}, client="test", allowance=WORLD):
            raise AssertionError
    assert len(there.asked) == 1
    assert inside.asked == []


@pytest.mark.parametrize("handler", [endless, bomb, lying, slow, silent, redirecting("/elsewhere"), secret])
async def test_an_mcp_server_that_misbehaves_is_an_error_in_a_moment(site: Any, handler: Handler) -> None:
    there = await site(handler)
    with pytest.raises(McpError) as caught:
        async with asyncio.timeout(5), open_server(there.url, {}, client="test", allowance=WORLD, seconds=0.5):
            raise AssertionError
    assert caught.value.error["type"] in {"http_error", "mcp_protocol_error"}
    assert len(there.asked) == 1
