"""One headless Chromium of its own, with a profile of its own, behind the guarded proxy."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings

from conversations.computer import needs, pages
from conversations.computer.acting import HEIGHT, WIDTH, Unable, act
from conversations.egress.proxy import Proxy

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page, Playwright

log = structlog.get_logger(__name__)

OPENING = 60.0
CALL = 60.0
"""Seconds for all actions of one call, with the picture after them."""
SETTLING = 5.0
PAUSE = 0.3
CLOSING = 10.0
MOST_PAGES = 4
ARGUMENTS = [
    "--disable-quic",
    "--disable-background-networking",
    "--disable-sync",
    "--no-pings",
    "--dns-prefetch-disable",
    # No name is resolved by the browser, and no packet leaves it but through the proxy
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
]
NEVER_STARTED = "The browser on the server could not be started. An administrator finds the reason in the log."
ENDED = "The browser on the server ended unexpectedly. Ask again to begin anew."
SLOW = "The page on the computer did not answer for too long. Ask again to begin anew."


def folder() -> Path:
    """Where the profiles of running browsers lie, each for as long as its task."""
    return Path(settings.DATA) / "computer"


def wipe() -> None:
    """Remove what browsers of a process that was killed have left."""
    shutil.rmtree(folder(), ignore_errors=True)


class Browser:
    """Belongs to the event loop that opens it."""

    def __init__(self) -> None:
        self.opened = asyncio.get_running_loop().time()
        self.used = self.opened
        self._proxy = Proxy(host=pages.HOST, answer=pages.answer)
        self._playwright: Playwright | None = None
        self._context: BrowserContext | None = None
        self._profile = ""

    async def open(self) -> None:
        """Start it at its first page; raise `Unable`."""
        from playwright.async_api import Error, async_playwright

        folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        self._profile = tempfile.mkdtemp(dir=folder())
        try:
            async with asyncio.timeout(OPENING):
                await self._proxy.start()
                self._playwright = await async_playwright().start()
                self._context = await self._launch(self._playwright)
                self._context.set_default_timeout(SETTLING * 1000)
                await self._page.goto(pages.START)
        except (Error, OSError, TimeoutError) as error:
            log.warning("computer_not_started", error=type(error).__name__)
            await self.close()
            raise Unable(NEVER_STARTED) from error
        except BaseException:
            await self.close()
            raise

    async def _launch(self, playwright: Playwright) -> BrowserContext:
        context = await playwright.chromium.launch_persistent_context(
            self._profile,
            executable_path=needs.program(),
            chromium_sandbox=settings.SALON_COMPUTER_SANDBOX,
            args=ARGUMENTS,
            # Nothing of ours, which may hold secrets
            env={"HOME": self._profile, "PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
            proxy={"server": self._proxy.address, "username": self._proxy.user, "password": self._proxy.password},
            viewport={"width": WIDTH, "height": HEIGHT},
            accept_downloads=False,
            service_workers="block",
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )
        context.on("page", self._opened)
        return context

    def _opened(self, page: Page) -> None:
        """A page that opens windows without end gets a few."""
        if self._context is not None and len(self._context.pages) > MOST_PAGES:
            self._closing = asyncio.ensure_future(page.close())

    @property
    def is_open(self) -> bool:
        return self._context is not None

    @property
    def _page(self) -> Page:
        """The page in front: the newest that is open."""
        assert self._context is not None
        return self._context.pages[-1]

    async def act(self, actions: Sequence[Mapping[str, Any]]) -> bytes:
        """Carry out the actions of a call, and return the picture after them, as PNG; raise `Unable`."""
        from playwright.async_api import Error
        from playwright.async_api import TimeoutError as TooLong

        try:
            async with asyncio.timeout(CALL):
                for action in actions:
                    with contextlib.suppress(TooLong):  # a page that loads slowly is looked at as it is
                        await act(self._page, action, home=pages.START)
                await self._settle()
                picture = await self._page.screenshot(type="png", timeout=CALL * 1000)
        except TimeoutError as error:
            raise Unable(SLOW) from error
        except (Error, IndexError) as error:
            log.warning("computer_ended", error=type(error).__name__)
            raise Unable(ENDED) from error
        self.used = asyncio.get_running_loop().time()
        return picture

    async def _settle(self) -> None:
        """Let a page that begins to load come so far that there is something to see."""
        from playwright.async_api import Error

        await asyncio.sleep(PAUSE)
        with contextlib.suppress(Error):
            await self._page.wait_for_load_state("load", timeout=SETTLING * 1000)

    @property
    def address(self) -> str:
        """What people are told of where it is: host and path, never a query, which may hold a secret."""
        place = self._page.url.partition("://")[2].partition("?")[0].partition("#")[0]
        return pages.NAMES.get(place, place[:200]) or "Blank"

    async def close(self) -> None:
        """End it, and leave nothing of it."""
        context, playwright = self._context, self._playwright
        self._context = self._playwright = None
        with contextlib.suppress(Exception):  # whatever it still wanted to say
            async with asyncio.timeout(CLOSING):
                if context is not None:
                    await context.close()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(CLOSING):
                if playwright is not None:
                    await playwright.stop()
        await self._proxy.close()
        if self._profile:
            await asyncio.to_thread(shutil.rmtree, self._profile, ignore_errors=True)
