"""kill -9 in the middle of a call: the tool is not called again, the model hears so, and the answer goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web

from tests.live.person import Person
from tests.live.server import Server
from tests.live.view import View


class Page:
    """A page that never comes, and counts who asks for it."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.count = 0

    async def handle(self, _request: web.Request) -> web.Response:
        self.count += 1
        self.asked.set()
        await asyncio.sleep(60)
        return web.Response(text="late")


@pytest.fixture
async def page() -> AsyncIterator[tuple[Page, str]]:
    page, app = Page(), web.Application()
    app.router.add_get("/", page.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield page, f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


async def test_a_tool_is_not_called_again_by_the_server_after_a_kill(
    new_server: Callable[..., Server], page: tuple[Page, str]
) -> None:
    slow, url = page
    server = new_server(SALON_EGRESS_ALLOW="127.0.0.0/8")
    await asyncio.to_thread(server.start)
    async with Person(server, "Alice") as alice:
        conversation = await alice.begin()
        await alice.post(f"/conversations/{conversation}/tools/", {"functions": {"fetch_page": True}})
        async with alice.window(conversation) as window:
            await alice.send(conversation, f'Fetch the page "{url}"')
            await asyncio.wait_for(slow.asked.wait(), 30)
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
            await window.until(lambda: said(window.view) is not None, 60)
            assert "interrupted" in str(said(window.view))
            assert await window.caught_up() == window.view.shown()
        assert slow.count == 1
        assert server.troubles() == []


def said(view: View) -> object:
    """What the answer says that took the call up, once it has ended."""
    last = list(view.turns.values())[-1]
    return last.get("output") if last.get("continues") and last.get("status") == "completed" else None
