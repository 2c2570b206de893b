"""Signing in at Azure with Entra ID: one token for many requests, renewed in time, renewed once when refused."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from conversations.upstream import entra
from conversations.upstream.client import Provider
from conversations.upstream.entra import TokenSource
from conversations.upstream.errors import ProviderRefused

from .script import Script, answering

Serve = Callable[..., Awaitable[tuple[Provider, Script]]]
DENIED = answering({"statusCode": 401, "message": "Unauthorized. Access token is invalid."}, status=401)


class Credential:
    """Issues token-1, token-2, ..., each living for `life` seconds; or fails."""

    def __init__(self, *, life: float = 3600, takes: float = 0.0) -> None:
        self.life = life
        self.takes = takes
        self.scopes: list[str] = []
        self.failing = False

    async def get_token(self, *scopes: str) -> AccessToken:
        self.scopes += scopes
        number = len(self.scopes)
        await asyncio.sleep(self.takes)
        if self.failing:
            raise ClientAuthenticationError("no identity here")
        return AccessToken(f"token-{number}", int(time.time() + self.life))

    async def close(self) -> None: ...


class Clock:
    """A monotonic clock that the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        real = time.monotonic
        monkeypatch.setattr(entra, "monotonic", lambda: real() + self.ahead)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def renewed(tokens: TokenSource) -> str:
    """The token after the renewal that asking for it began."""
    await tokens.token()
    await asyncio.sleep(0.01)
    return await tokens.token()


async def test_a_request_carries_a_token_for_the_scope(serve: Serve) -> None:
    credential = Credential()
    scope = "https://cognitiveservices.azure.com/.default"
    provider, script = await serve(answering({}), kind="azure", api_key=None, credential=credential, entra_scope=scope)
    await provider.retrieve_response("resp_1")
    assert script.requests[0].headers["Authorization"] == "Bearer token-1"
    assert credential.scopes == [scope]


async def test_the_dated_api_takes_tokens_too(serve: Serve) -> None:
    provider, script = await serve(
        answering({}), kind="azure-dated", api_version="2025-04-01-preview", api_key=None, credential=Credential()
    )
    await provider.retrieve_response("resp_1")
    assert script.requests[0].headers["Authorization"] == "Bearer token-1"


async def test_many_requests_at_once_fetch_one_token(serve: Serve) -> None:
    credential = Credential(takes=0.1)
    provider, script = await serve(answering({}), kind="azure", api_key=None, credential=credential)
    await asyncio.gather(*(provider.retrieve_response("resp_1") for _ in range(50)))
    assert len(credential.scopes) == 1
    assert {request.headers["Authorization"] for request in script.requests} == {"Bearer token-1"}


async def test_one_who_stops_waiting_does_not_stop_the_others() -> None:
    credential = Credential(takes=0.1)
    tokens = TokenSource(scope="s", credential=credential)
    first, second = asyncio.create_task(tokens.token()), asyncio.create_task(tokens.token())
    await asyncio.sleep(0.02)
    first.cancel()
    assert await second == "token-1"
    assert len(credential.scopes) == 1


async def test_a_token_is_renewed_five_minutes_before_its_end(clock: Clock) -> None:
    tokens = TokenSource(scope="s", credential=Credential(life=3600))
    assert await tokens.token() == "token-1"
    clock.ahead = 3290
    assert await tokens.token() == "token-1"
    clock.ahead = 3310
    assert await renewed(tokens) == "token-2"


async def test_a_short_token_is_renewed_at_half_its_life(clock: Clock) -> None:
    tokens = TokenSource(scope="s", credential=Credential(life=60))
    assert await tokens.token() == "token-1"
    clock.ahead = 25
    assert await tokens.token() == "token-1"
    clock.ahead = 35
    assert await renewed(tokens) == "token-2"


async def test_nobody_waits_for_a_renewal_while_the_token_lives(clock: Clock) -> None:
    credential = Credential(life=3600)
    tokens = TokenSource(scope="s", credential=credential)
    await tokens.token()
    credential.takes = 60
    clock.ahead = 3400
    assert await asyncio.wait_for(tokens.token(), 1) == "token-1"
    await tokens.aclose()


async def test_a_token_that_still_lives_bridges_a_failing_renewal(clock: Clock) -> None:
    credential = Credential(life=3600)
    tokens = TokenSource(scope="s", credential=credential)
    await tokens.token()
    credential.failing = True
    clock.ahead = 3400
    assert await renewed(tokens) == "token-1"
    clock.ahead = 3700
    with pytest.raises(ProviderRefused):
        await tokens.token()
    credential.failing = False
    assert await tokens.token() == "token-4"


async def test_a_refused_token_is_renewed_once_and_the_request_sent_again(serve: Serve) -> None:
    credential = Credential()
    provider, script = await serve(
        DENIED, answering({"id": "resp_1"}), kind="azure", api_key=None, credential=credential
    )
    assert await provider.retrieve_response("resp_1") == {"id": "resp_1"}
    assert [request.headers["Authorization"] for request in script.requests] == ["Bearer token-1", "Bearer token-2"]


async def test_many_refused_requests_renew_the_token_once(serve: Serve) -> None:
    async def only_the_second(request: web.Request) -> web.StreamResponse:
        fine = request.headers["Authorization"] == "Bearer token-2"
        return await (answering({"id": "resp_1"}) if fine else DENIED)(request)

    credential = Credential(takes=0.02)
    provider, _ = await serve(only_the_second, kind="azure", api_key=None, credential=credential)
    await asyncio.gather(*(provider.retrieve_response("resp_1") for _ in range(20)))
    assert len(credential.scopes) == 2


async def test_an_identity_that_is_refused_twice_needs_an_administrator(serve: Serve) -> None:
    provider, script = await serve(DENIED, kind="azure", api_key=None, credential=Credential())
    with pytest.raises(ProviderRefused, match="administrator"):
        async with provider.stream_response({"model": "m"}):
            pass
    assert len(script.requests) == 2


async def test_without_an_identity_the_sentence_says_what_to_do(serve: Serve) -> None:
    credential = Credential()
    credential.failing = True
    provider, script = await serve(answering({}), kind="azure", api_key=None, credential=credential)
    with pytest.raises(ProviderRefused, match="AZURE_OPENAI_API_KEY"):
        await provider.retrieve_response("resp_1")
    assert script.requests == []
