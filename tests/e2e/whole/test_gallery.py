"""A designer finds a picture again, likes it, puts it on a board, takes it along, and makes another one from it."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.whole.chat import PATIENCE
from tests.e2e.whole.conftest import Enter
from tests.live.server import Server
from tests.pages.test_in_browser import assert_readable


@pytest.fixture(scope="module")
def demo(ground: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Salon with the embedded provider, which paints."""
    demo = Server(tmp_path_factory.mktemp("gallery") / "data", ground=ground, SALON_MODELS="demo")
    demo.start()
    yield demo
    demo.close()


def paint(page: Page, *prompts: str) -> None:
    page.goto("/studio/")
    page.get_by_role("button", name="New work").click()
    versions = page.get_by_role("list", name="Versions").locator("li[data-id]")
    for number, prompt in enumerate(prompts, 1):
        page.get_by_role("textbox", name="Prompt").fill(prompt)
        page.get_by_role("button", name="Generate", exact=True).click()
        expect(versions).to_have_count(number, timeout=PATIENCE)
        expect(page.get_by_role("status")).to_have_text("Ready", timeout=PATIENCE)


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_a_picture_is_found_liked_put_on_a_board_taken_along_and_begun_again(
    enter: Enter, demo: Server, tmp_path: Path
) -> None:
    page = enter(demo, "Alice", viewport={"width": 1280, "height": 860})
    paint(page, "A lamp on walnut", "Three bowls on ash")
    page.get_by_role("link", name="Gallery").first.click()
    wall = page.locator(".hang > li")
    expect(wall).to_have_count(2)
    assert_readable(page)
    shot(page, "gallery")

    page.get_by_label("Search by prompt").fill("walnut")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(wall).to_have_count(1)
    heart = page.get_by_role("button", name="Favourite")
    heart.click()
    expect(heart).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Favourites").click()
    expect(wall).to_have_count(1)
    page.get_by_role("link", name="All", exact=True).click()
    expect(wall).to_have_count(2)

    for box in page.get_by_role("checkbox", name="Select").all():
        box.check()
    expect(page.get_by_text("2 selected")).to_be_visible()
    shot(page, "selected")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download as zip").click()
    coming.value.save_as(tmp_path / "pictures.zip")
    with zipfile.ZipFile(tmp_path / "pictures.zip") as archive:
        prompts = {entry["prompt"] for entry in json.loads(archive.read("manifest.json"))["pictures"]}
    assert prompts == {"A lamp on walnut", "Three bowls on ash"}

    page.get_by_role("button", name="New board").click()
    page.get_by_label("Name of the board").fill("Calendar")
    shot(page, "board")
    page.get_by_role("button", name="Make the board").click()
    expect(page.get_by_role("heading", name="Calendar")).to_be_visible()
    expect(wall).to_have_count(2)

    wall.filter(has_text="lamp").get_by_role("link").click()
    expect(page.get_by_role("link", name="Edit in the studio")).to_be_visible()
    assert_readable(page)
    shot(page, "picture")
    page.get_by_role("button", name="Prompt only").click()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("A lamp on walnut")
