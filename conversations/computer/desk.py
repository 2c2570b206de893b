"""The browsers that are open in this process: one for each task, found again by the answer that last saw it."""

from __future__ import annotations

import asyncio

from conversations.computer.acting import Unable
from conversations.computer.browser import Browser

MOST_OPEN = 4
MOST_SECONDS = 30 * 60.0
"""That a task may take in all, with the time in which it waits for people."""
IDLE = 10 * 60.0
FULL = f"{MOST_OPEN} computers are in use at present, which is the most. Try again when one is free."
LONG = f"The computer was used for {MOST_SECONDS / 60:.0f} minutes, which is the most for one task. Ask again to go on."


class Desk:
    def __init__(self) -> None:
        self._open: dict[int, Browser] = {}
        """By the id of the response that was last given a picture of it."""
        self._opening: set[asyncio.Future[None]] = set()
        self._browsers: set[Browser] = set()
        """All that were opened and may be open, those too that an answer has taken for a step."""

    async def open(self) -> Browser:
        """Return a new browser, which nobody finds before it is given to an answer; raise `Unable`."""
        self._browsers = {browser for browser in self._browsers if browser.is_open}
        if len(self._browsers) + len(self._opening) >= MOST_OPEN:
            raise Unable(FULL)
        browser = Browser()
        opening = asyncio.ensure_future(browser.open())
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)
        try:
            # Not cancelled in the middle: a program that has just been started would be left behind
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            self._closing = asyncio.ensure_future(_close_when(opening, browser))
            raise
        self._browsers.add(browser)
        return browser

    def take(self, response_id: int) -> Browser | None:
        """Take the browser that this answer saw last; whoever does gives or closes it."""
        return self._open.pop(response_id, None)

    def give(self, response_id: int, browser: Browser) -> None:
        self._open[response_id] = browser

    @property
    def held(self) -> list[int]:
        """The answers whose browsers stay open."""
        return list(self._open)

    def over_time(self) -> list[int]:
        """The answers whose browsers have been open, or not been used, for too long."""
        now = asyncio.get_running_loop().time()
        return [
            key
            for key, browser in self._open.items()
            if now - browser.opened > MOST_SECONDS or now - browser.used > IDLE
        ]

    async def close(self, response_id: int) -> None:
        if (browser := self.take(response_id)) is not None:
            await browser.close()

    async def close_all(self) -> None:
        await asyncio.gather(*(self.close(response_id) for response_id in self.held))


async def _close_when(opening: asyncio.Future[None], browser: Browser) -> None:
    await asyncio.wait({opening})
    if opening.exception() is None:
        await browser.close()


desk = Desk()
