"""A designer makes a picture, changes it, branches, compares and restores, and goes on in the chat."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.whole.chat import PATIENCE, answers, send, wait_until_ended
from tests.e2e.whole.conftest import Enter
from tests.intake import made
from tests.live.server import Server
from tests.pages.test_in_browser import assert_readable

WATCH = """() => {
    globalThis.seen = [];
    new MutationObserver(() => {
        const url = document.querySelector(".canvas.forming img")?.getAttribute("src");
        if (url && url !== seen.at(-1)) seen.push(url);
    }).observe(document.querySelector(".canvas"), { subtree: true, childList: true, attributes: true });
}"""


@pytest.fixture(scope="module")
def demo(ground: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Salon with the embedded provider, which forms pictures as slowly as people see it."""
    demo = Server(tmp_path_factory.mktemp("studio") / "data", ground=ground, paced=True, SALON_MODELS="demo")
    demo.start()
    yield demo
    demo.close()


def press(page: Page, name: str, prompt: str, *, versions: int) -> None:
    """Have a picture made and wait until there are so many versions."""
    page.get_by_role("textbox", name="Prompt").fill(prompt)
    page.get_by_role("button", name=name, exact=True).click()
    expect(rows(page)).to_have_count(versions, timeout=PATIENCE)
    expect(page.get_by_role("status")).to_have_text("Ready", timeout=PATIENCE)


def rows(page: Page) -> Locator:
    return page.get_by_role("list", name="Versions").locator("li[data-id]")


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_a_picture_is_made_changed_compared_restored_and_gone_on_with_in_the_chat(
    enter: Enter, demo: Server, tmp_path: Path
) -> None:
    page = enter(demo, "Alice", viewport={"width": 1280, "height": 860})
    page.goto("/studio/")
    page.get_by_role("button", name="New work").click()
    page.get_by_text("Background, format, partials").click()
    page.get_by_label("Partial images").select_option("3")
    page.get_by_text("Background, format, partials").click()
    page.evaluate(WATCH)
    press(page, "Generate", "A lighthouse by the sea in autumn", versions=1)
    assert len(page.evaluate("seen")) == 3
    expect(page.get_by_role("button", name="Go on from partial 3")).to_be_visible()
    shot(page, "one")

    press(page, "Edit", "Make it winter, at night", versions=2)
    expect(rows(page).nth(0).locator("li[data-id]")).to_have_count(1)

    for name, colour in (("bowl.png", (180, 60, 40)), ("cup.png", (40, 90, 160))):
        (tmp_path / name).write_bytes(made.picture(size=(300, 200), colour=colour))
    page.get_by_label("Add images").set_input_files([tmp_path / "bowl.png", tmp_path / "cup.png"])
    expect(page.get_by_role("button", name="Remove reference 2")).to_be_visible()
    press(page, "Generate", "A still life of these two", versions=3)
    shot(page, "three")
    assert_readable(page)
    page.get_by_role("button", name="Remove reference 2").click()
    page.get_by_role("button", name="Remove reference 1").click()

    page.get_by_role("link", name="1 · A lighthouse").click()
    press(page, "Edit", "In red, at sunset", versions=4)
    expect(rows(page).nth(0).locator("li[data-id]")).to_have_count(2)

    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("img", name="Version 1: A lighthouse")).to_be_visible()
    page.get_by_role("slider", name="Before and after").fill("30")
    shot(page, "compare")
    page.get_by_role("button", name="Side by side").click()
    shot(page, "side")
    page.get_by_role("button", name="Blink").click()
    page.get_by_role("button", name="Show the other one").click()
    expect(page.get_by_role("img", name="Version 4: In red")).to_be_visible()
    page.get_by_role("button", name="Look").click()

    page.get_by_role("link", name="2 · Make it winter").click()
    page.get_by_role("textbox", name="Name of this version").fill("Winter night")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Favourite").click()
    expect(page.get_by_role("link", name="2 · Winter night")).to_contain_text("1 vote")
    page.get_by_label("Comment on this version").fill("Colder still?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("list", name="Comments")).to_contain_text("Alice Colder still?")
    page.get_by_role("button", name="Use as main").click()
    expect(page.get_by_text("Version 2 is the main one now.")).to_be_visible()
    shot(page, "restored")

    page.get_by_role("link", name="Open in chat").click()
    expect(answers(page)).to_have_count(2)
    send(page, "Draw it once more in green")
    wait_until_ended(page)
    expect(answers(page).last.get_by_role("img").first).to_be_visible()
    shot(page, "chat")

    page.get_by_role("link", name="Open in the studio").click()
    expect(rows(page)).to_have_count(5)
    expect(page.locator("li:has(> a:has-text('Winter night')) > ul > li")).to_contain_text("in green")
    page.emulate_media(color_scheme="dark")
    shot(page, "dark")
    page.set_viewport_size({"width": 390, "height": 844})
    assert_readable(page)
    shot(page, "phone")
    page.goto("/studio/")
    assert_readable(page)
    shot(page, "works")
