"""A real Chromium that Salon drives, and small sites on the loopback for it to be sent to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from conversations import site_settings
from conversations.computer import needs
from conversations.computer.browser import Browser
from conversations.computer.desk import desk
from conversations.models import Setting
from tests.tools.conftest import Chat
from tests.tools.conftest import chat as chat
from tests.tools.conftest import model as model


@pytest.fixture
def chromium() -> None:
    if problem := needs.missing():
        pytest.skip(str(problem))


@pytest.fixture
async def browser(chromium: None) -> AsyncIterator[Browser]:
    browser = Browser()
    await browser.open()
    yield browser
    await browser.close()


class Site:
    """A site on the loopback that counts who comes."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.pages: dict[str, str | Callable[[web.Request], Awaitable[web.StreamResponse]]] = {}
        self.port = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        page = self.pages.get(request.path, "<title>Site</title>A site")
        if callable(page):
            return await page(request)
        return web.Response(text=page, content_type="text/html")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", site.handle)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    assert server.port
    site.port = server.port
    yield site
    await server.close()


@pytest.fixture
async def on(chromium: None, chat: Chat) -> AsyncIterator[Chat]:
    """A conversation in which the computer is switched on, on a server where it is."""
    await chat.db(Setting.objects.create, name="computer", value="asker")
    await chat.db(site_settings.forget)
    await chat.switch_on(hosted=["computer"])
    yield chat
    await desk.close_all()
