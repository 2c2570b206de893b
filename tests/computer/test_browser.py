"""The browser: it does what a model asks with mouse and keyboard, at public addresses, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import io
import os
from typing import Any

import psutil
import pytest
from aiohttp import web
from PIL import Image

from conversations.computer import browser as browsers
from conversations.computer import desk as desks
from conversations.computer import pages
from conversations.computer.acting import HEIGHT, WIDTH, Unable, actions_of
from conversations.computer.browser import Browser, folder
from conversations.computer.desk import desk
from tests.computer.conftest import Site

pytestmark = pytest.mark.usefixtures("database_threads")
CENTRE = {"x": WIDTH // 2, "y": HEIGHT // 2}


async def text_of(browser: Browser) -> str:
    return await browser._page.inner_text("body")


def programs_of(profile: str) -> list[psutil.Process]:
    """Return the running programs of the browser with this profile, among all that this process has begun."""
    found = []
    for process in psutil.Process(os.getpid()).children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it ends meanwhile, or has ended and nobody has asked how
            found += [process] if profile in " ".join(process.cmdline()) else []
    return found


async def go(browser: Browser, address: str) -> bytes:
    """Go to an address as a model does."""
    actions = [
        {"type": "keypress", "keys": ["CTRL", "L"]},
        {"type": "click", "button": "left", **CENTRE},
        {"type": "type", "text": address},
        {"type": "keypress", "keys": ["ENTER"]},
        {"type": "wait"},
    ]
    return await browser.act(actions)


async def test_a_picture_has_the_size_of_the_screen(browser: Browser) -> None:
    picture = await browser.act([{"type": "screenshot"}])
    with Image.open(io.BytesIO(picture)) as image:
        assert (image.format, image.size) == ("PNG", (WIDTH, HEIGHT))


async def test_words_that_are_no_address_lead_to_a_page_to_practise_on(browser: Browser) -> None:
    before = await browser.act([{"type": "screenshot"}])
    after = await go(browser, "<b>bees & wasps</b>")
    assert "You typed “<b>bees & wasps</b>”" in await text_of(browser)
    assert before != after
    await browser.act([{"type": "scroll", **CENTRE, "scroll_x": 0, "scroll_y": 300}])
    assert await browser._page.evaluate("scrollY") > 0
    await browser.act([{"type": "keypress", "keys": ["ALT", "LEFT"]}])
    assert "Where to?" in await text_of(browser)


async def test_mouse_and_keyboard_do_what_they_are_asked(
    browser: Browser, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALON_EGRESS_ALLOW", "127.0.0.1")
    site.pages["/"] = """
        <body style="margin:0;height:3000px"><script>
          seen = [];
          for (const kind of ["click", "dblclick", "contextmenu", "mousedown", "mouseup", "keydown"])
            addEventListener(kind, (e) => {
              seen.push([kind, e.clientX ?? e.key, e.button ?? e.shiftKey, e.ctrlKey].join(" "));
            });
        </script>"""
    fresh = Browser()
    await fresh.open()
    try:
        await go(fresh, f"http://127.0.0.1:{site.port}/")
        await fresh.act(
            [
                {"type": "click", "button": "left", "x": 10, "y": 10, "keys": ["CTRL"]},
                {"type": "click", "button": "right", "x": 11, "y": 10},
                {"type": "double_click", "x": 12, "y": 10},
                {"type": "move", "x": 99_999, "y": -5},
                {"type": "drag", "path": [{"x": 20, "y": 20}, {"x": 60, "y": 20}]},
                {"type": "keypress", "keys": ["SHIFT", "TAB"]},
            ]
        )
        seen = await fresh._page.evaluate("seen")
        assert "click 10 0 true" in seen
        assert "contextmenu 11 2 false" in seen
        assert "dblclick 12 0 false" in seen
        assert [row for row in seen if row.startswith(("mousedown 20", "mouseup 60"))] == [
            "mousedown 20 0 false",
            "mouseup 60 0 false",
        ]
        assert "keydown Tab true false" in seen
        assert fresh.address == f"127.0.0.1:{site.port}/"
    finally:
        await fresh.close()


@pytest.mark.parametrize(
    "payload",
    [
        {"action": {"type": "teleport"}},
        {"actions": [{"type": "screenshot"}] * 60},
        {"actions": ["click"]},
        {},
        {"action": None},
    ],
)
def test_what_it_does_not_know_is_not_tried(payload: dict[str, Any]) -> None:
    with pytest.raises(Unable):
        actions_of(payload)


async def test_a_private_address_is_refused_however_it_is_reached(browser: Browser, site: Site) -> None:
    for address in (
        f"http://127.0.0.1:{site.port}/typed",
        f"http://localhost:{site.port}/named",
        f"http://[::1]:{site.port}/v6",
        f"http://2130706433:{site.port}/number",
        "http://169.254.169.254/latest/meta-data/",
    ):
        await go(browser, address)
    inside = f"127.0.0.1:{site.port}"
    await browser._page.goto(pages.START)
    await browser._page.evaluate(
        """async (inside) => {
          const frame = document.createElement("iframe");
          frame.src = `http://${inside}/frame`;
          document.body.append(frame);
          new Image().src = `http://${inside}/image`;
          new WebSocket(`ws://${inside}/socket`);
          await fetch(`http://${inside}/fetch`, { mode: "no-cors" }).catch(() => {});
          try { await fetch(`https://${inside}/tls`, { mode: "no-cors" }); } catch {}
          location.href = `http://${inside}/jump`;
        }""",
        inside,
    )
    await browser.act([{"type": "wait"}])
    assert site.asked == []


async def test_a_redirect_leads_no_further_than_an_address_that_is_typed(
    chromium: None, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def elsewhere(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(f"http://127.0.0.2:{site.port}/secret")

    site.pages["/"] = elsewhere
    monkeypatch.setenv("SALON_EGRESS_ALLOW", "127.0.0.1")
    browser = Browser()
    await browser.open()
    try:
        await go(browser, f"http://127.0.0.1:{site.port}/")
        assert site.asked == ["/"]
        assert "reaches public addresses only" in await text_of(browser)
    finally:
        await browser.close()


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "chrome://version", "view-source:http://x.example", "data:text/html,x"]
)
async def test_only_the_web_is_reached(address: str, browser: Browser) -> None:
    await go(browser, address)
    assert "That is no address" in await text_of(browser)


async def test_windows_without_end_are_a_few(browser: Browser) -> None:
    await browser._page.evaluate("for (let n = 0; n < 20; n++) window.open('/')")
    await browser.act([{"type": "wait"}])
    await browser.act([{"type": "screenshot"}])
    assert browser._context is not None
    assert len(browser._context.pages) <= browsers.MOST_PAGES


async def test_its_programs_know_nothing_of_our_environment(chromium: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    browser = Browser()
    await browser.open()
    try:
        found = programs_of(browser._profile)
        assert found
        assert not [process for process in found if "OPENAI_API_KEY" in process.environ()]
    finally:
        await browser.close()


async def test_closing_leaves_no_program_and_no_profile(browser: Browser) -> None:
    profile = browser._profile
    mine = programs_of(profile)
    assert mine
    await browser.close()
    _, alive = psutil.wait_procs(mine, timeout=60)
    assert alive == []
    assert list(folder().iterdir()) == []


async def test_a_computer_that_is_at_work_counts_among_the_most(
    chromium: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desks, "MOST_OPEN", 1)
    first = await desk.open()  # nobody has put it back: a step is being made
    try:
        with pytest.raises(Unable, match="in use"):
            await desk.open()
    finally:
        await first.close()
    second = await desk.open()
    await second.close()
