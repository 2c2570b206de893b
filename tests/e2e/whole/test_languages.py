"""Bob reads German: what the server writes into a page, and what its scripts do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.whole.chat import PATIENCE, wait_until_ready
from tests.e2e.whole.conftest import Enter
from tests.live.server import Server
from webapp.env import BASE_DIR

# Every piece of text that a person sees or a screen reader says, but for what people and models wrote
WORDS = """() => {
    const found = new Set();
    const seen = element => element.checkVisibility({ visibilityProperty: true });
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) if (seen(walker.currentNode.parentElement)) found.add(walker.currentNode.data);
    for (const element of document.querySelectorAll("[aria-label], [title], [alt], [placeholder], [aria-description]"))
        for (const name of ["aria-label", "title", "alt", "placeholder", "aria-description"])
            found.add(element.getAttribute(name) ?? "");
    return [...found, document.title].map(words => words.replace(/\\\\s+/g, " ").trim()).filter(Boolean);
}"""


@pytest.fixture(scope="module")
def demo(ground: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    demo = Server(tmp_path_factory.mktemp("german") / "data", ground=ground, SALON_MODELS="demo")
    demo.start()
    yield demo
    demo.close()


@pytest.fixture(scope="module")
def english() -> set[str]:
    """Words of the catalogues that are others in German."""
    entries = [entry for path in (BASE_DIR / "locale" / "de").rglob("*.po") for entry in polib.pofile(str(path))]
    german = {said for entry in entries for said in (entry.msgstr, *entry.msgstr_plural.values())}
    return {entry.msgid for entry in entries} - german


@pytest.fixture
def bob(enter: Enter, demo: Server) -> Page:
    """Bob has chosen German in the settings."""
    bob = enter(demo, "Bob")
    bob.goto("/settings/")
    if bob.locator("html").get_attribute("lang") == "en":
        bob.get_by_label("Language").select_option("de")
        bob.locator("form", has=bob.get_by_label("Language")).get_by_role("button", name="Save").click()
    expect(bob.locator("html[lang=de]")).to_be_attached()
    bob.goto("/")
    return bob


def assert_german(page: Page, english: set[str], name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")
    assert sorted(set(page.evaluate(WORDS)) & english) == []


def begin(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).first.click()
    wait_until_ready(page)


def test_a_conversation_and_the_palette_are_german(bob: Page, english: set[str]) -> None:
    begin(bob, "Neue Unterhaltung")
    expect(bob.get_by_role("status")).to_have_text("Bereit · eingebautes Demomodell")
    assert_german(bob, english, "begun")
    bob.get_by_role("textbox", name="Nachricht").fill("Was kann man hier sehen?")
    bob.get_by_role("button", name="Senden").click()
    expect(bob.get_by_role("status")).to_have_text("Antwort vollständig", timeout=PATIENCE)
    expect(bob.get_by_role("article", name="Nachricht von Bob")).to_be_visible()
    expect(bob.locator("[data-ref=facts]").last).to_contain_text("geschrieben")
    assert_german(bob, english, "answered")

    bob.keyboard.press("Control+k")
    palette = bob.locator("command-palette dialog")
    expect(palette).to_be_visible()
    expect(palette.get_by_role("option").first).to_be_visible()
    assert_german(bob, english, "palette")
    bob.keyboard.press("Escape")

    bob.get_by_role("button", name="Kopieren", exact=True).first.click()
    expect(bob.locator(".toast")).to_have_text("Kopiert")


def test_the_studio_is_german(bob: Page, english: set[str]) -> None:
    bob.goto("/studio/")
    assert_german(bob, english, "works")
    begin(bob, "Neue Arbeit")
    assert_german(bob, english, "new-work")
    bob.get_by_role("textbox", name="Prompt").fill("Ein Leuchtturm im Herbst")
    bob.get_by_role("button", name="Erzeugen").click()
    expect(bob.get_by_role("heading", name="Version 1")).to_be_visible(timeout=PATIENCE)
    expect(bob.get_by_role("status")).to_have_text("Bereit", timeout=PATIENCE)
    expect(bob.get_by_role("listitem").filter(has_text="Fertig · ").first).to_be_visible()
    assert_german(bob, english, "work")
    bob.get_by_role("button", name="Maske", exact=True).click()
    expect(bob.get_by_text("nichts maskiert")).to_be_visible()
    assert_german(bob, english, "mask")


@pytest.mark.parametrize(
    "path", ["/", "/search/?q=Herbst", "/gallery/", "/prompts/", "/personas/", "/settings/", "/notices/"]
)
def test_a_page_is_german(bob: Page, english: set[str], path: str) -> None:
    bob.goto(path)
    expect(bob.locator("running-work [data-ref=words]")).to_have_text("Nichts läuft", timeout=PATIENCE)
    assert_german(bob, english, path.split("?")[0].strip("/") or "home")
