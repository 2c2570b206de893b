"""A provider of one scenario: a real server on the loopback that answers as the test says."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from conversations.upstream.client import Provider
from conversations.upstream.config import ProviderConfig

from .script import Answer, Script


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Awaitable[tuple[Provider, Script]]]]:
    """`provider, script = await serve(answer, ..., idle_timeout=1)`: a client and the server that it talks to."""
    closing: list[Callable[[], Awaitable[None]]] = []

    async def start(*answers: Answer, credential: Any = None, **settings: Any) -> tuple[Provider, Script]:
        script = Script(*answers)
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", script.handle)
        server = TestServer(app)
        await server.start_server()
        config = ProviderConfig("compatible", str(server.make_url("/v1/")), "key-of-the-test", first_byte_timeout=5)
        provider = Provider(replace(config, **settings), credential=credential)
        closing.extend((server.close, provider.aclose))
        return provider, script

    yield start
    for close in reversed(closing):
        await close()
