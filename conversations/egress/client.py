"""Fetching with limits: bytes, seconds, redirects and content types."""

from __future__ import annotations

import asyncio
import socket
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from conversations.egress.addresses import Allowance, is_literal, is_odd
from conversations.egress.errors import AddressRefused, FetchFailed

LONGEST_URL = 4_000
REDIRECTS = frozenset({301, 302, 303, 307, 308})
HARMLESS = frozenset({"accept", "accept-language", "user-agent"})
"""Headers that go along to another origin. Any other may be a credential."""
AGENT = "Salon (guarded client)"


@dataclass(frozen=True)
class Limits:
    """`types` are beginnings of media types that are taken, such as `image/`; none means any."""

    size: int = 2 * 1024 * 1024
    seconds: float = 20.0
    redirects: int = 5
    types: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fetched:
    """An answer, whatever its status. `url` is where it came from after redirects."""

    url: str
    status: int
    headers: Mapping[str, str]
    media_type: str
    charset: str | None
    body: bytes

    @property
    def text(self) -> str:
        """The body as text. What cannot be read in its charset is replaced, never refused."""
        try:
            return self.body.decode(self.charset or "utf-8", "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")


def require_url(url: str) -> URL:
    """Return the URL as it will be asked; raise `AddressRefused` for one that no request is made to.

    What is checked is what is asked: the parsed URL goes to the client as it is, and no other parser reads it.
    """
    if len(url) > LONGEST_URL:
        raise AddressRefused("The address is too long.")
    if any(ord(letter) <= 0x20 or ord(letter) == 0x7F or letter == "\\" for letter in url.strip()):
        raise AddressRefused("The address holds a space, a backslash or a control character.")
    try:
        parsed = URL(url.strip())
        host, port = parsed.raw_host, parsed.port
    except ValueError:
        raise AddressRefused("The address cannot be read.") from None
    if parsed.scheme not in {"http", "https"} or not host:
        raise AddressRefused("The address must begin with http:// or https:// and name a host.")
    if parsed.raw_user is not None or parsed.raw_password is not None:
        raise AddressRefused("The address holds a user name or a password. Leave them out.")
    if is_odd(host) or not port:
        raise AddressRefused("The host in the address is spelled in an unusual way. Use its plain name.")
    return parsed


def open_session(url: str, allowance: Allowance | None = None) -> aiohttp.ClientSession:
    """Return a client for this URL's host, which connects to allowed addresses only; raise `AddressRefused`.

    For whoever needs more than `fetch`: pass `allow_redirects=False`, and bound what is read.
    """
    parsed, allowance = require_url(url), allowance or Allowance.from_environment()
    host = parsed.raw_host or ""
    # A literal address never comes to the resolver
    if is_literal(host) and not allowance.allows(host, host):
        raise AddressRefused(f"{host} is not a public address.")
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=GuardedResolver(allowance), use_dns_cache=False, limit=10),
        timeout=aiohttp.ClientTimeout(total=None, connect=10, sock_read=60),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": AGENT, "Accept-Encoding": "identity"},
        auto_decompress=False,
        trust_env=False,
    )


class GuardedResolver(AbstractResolver):
    """Resolves a name and leaves out what may not be reached. The client connects to what is left, and asks no more."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        allowed = [entry for entry in found if self._allowance.allows(host, str(entry[4][0]))]
        if not allowed:
            raise AddressRefused(f"{host} is not at a public address.")
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, proto, _, address in allowed
        ]

    async def close(self) -> None:
        pass


async def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    body: bytes | None = None,
    limits: Limits = Limits(),
    allowance: Allowance | None = None,
) -> Fetched:
    """Ask `url` and return the answer, following redirects of a GET; raise `EgressError` with a sentence.

    `headers` may hold credentials: another origin does not get them.
    """
    sent, target = dict(headers or {}), require_url(url)
    try:
        async with asyncio.timeout(limits.seconds):
            for _ in range(limits.redirects + 1):
                answer = await _ask(target, method, sent, {"json": json, "data": body}, limits, allowance)
                if isinstance(answer, Fetched):
                    return answer
                if answer.origin() != target.origin():
                    sent = {name: value for name, value in sent.items() if name.lower() in HARMLESS}
                target = answer
    except TimeoutError:
        raise FetchFailed(f"{target.host} did not answer within {limits.seconds:g} seconds.") from None
    raise FetchFailed(f"{target.host} redirects too often.")


async def _ask(
    target: URL, method: str, headers: dict[str, str], content: Any, limits: Limits, allowance: Allowance | None
) -> Fetched | URL:
    """Make one request; return its answer, or where it redirects to."""
    try:
        async with (
            open_session(str(target), allowance) as session,
            session.request(method, target, headers=headers, **content, allow_redirects=False) as response,
        ):
            if response.status in REDIRECTS and "Location" in response.headers:
                if method != "GET":
                    raise FetchFailed(f"{target.host} redirects, which is not followed here. Use its final address.")
                return _following(target, response.headers["Location"])
            kind = response.content_type.lower()
            if limits.types and response.ok and not kind.startswith(limits.types):
                raise FetchFailed(f"{target.host} answers with {kind}, which is not what was asked for.")
            body = await _read(response, limits, str(target.host))
            return Fetched(str(target), response.status, response.headers.copy(), kind, response.charset, body)
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, AddressRefused):
            raise error.os_error from None
        raise FetchFailed(f"{target.host} cannot be reached.") from error
    except (aiohttp.ClientError, OSError, ValueError, zlib.error) as error:
        if isinstance(error, AddressRefused | TimeoutError):
            raise
        raise FetchFailed(f"{target.host} did not answer as a web server does.") from error


def _following(target: URL, location: str) -> URL:
    try:
        return require_url(str(target.join(URL(location))))
    except ValueError:
        raise AddressRefused(f"{target.host} redirects to an address that cannot be read.") from None


async def _read(response: aiohttp.ClientResponse, limits: Limits, host: str) -> bytes:
    """Return the body, at most as large as the limit when it is unpacked: a few bytes can stand for gigabytes."""
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise FetchFailed(f"{host} answers in a packing that is not read here.")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32) if packing not in {"", "identity"} else None
    body = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        if unpack is not None:
            chunk = unpack.decompress(chunk, limits.size + 1 - len(body))
        body += chunk
        if len(body) > limits.size:
            raise FetchFailed(f"{host} answers with more than {limits.size / 1024 / 1024:.3g} MB.")
    return bytes(body)


def fetch_blocking(url: str, **options: Any) -> Fetched:
    """Do what `fetch` does, for a thread that has no event loop."""
    return asyncio.run(fetch(url, **options))
