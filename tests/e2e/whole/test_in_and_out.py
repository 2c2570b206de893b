"""Alice takes a conversation out, brings it in again, and shows it to somebody without an account."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.whole.chat import PATIENCE, answers, begin, open_chat, play, send, wait_until_ended
from tests.e2e.whole.conftest import Enter
from tests.live.server import Server
from tests.live.stand_in import StandIn

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
pytestmark = pytest.mark.usefixtures("calm")


def fits_everybody(page: Page) -> None:
    violations = Axe().run(page, options=RULES).response["violations"]
    assert [(found["id"], [node["html"] for node in found["nodes"]]) for found in violations] == []


def download(page: Page, form: str, folder: Path) -> Path:
    with page.expect_download() as taken:
        page.get_by_role("button", name=f"Download: {form}").click()
    path = folder / taken.value.suggested_filename
    taken.value.save_as(path)
    return path


def test_out_in_and_shown(
    salon: Server,
    provider: StandIn,
    enter: Enter,
    new_context: Callable[..., BrowserContext],
    tmp_path: Path,
    console_allows: list[str],
) -> None:
    alice = enter(salon, "Alice")
    path = begin(alice)
    play(provider, "Which lamp fits the window?", ["The ", "**green** ", "one."])
    send(alice, "Which lamp fits the window?")
    wait_until_ended(alice)

    # Out, in every form
    alice.locator("conversation-menu").get_by_role("button", name="More").click()
    alice.get_by_role("link", name="Export").click()
    fits_everybody(alice)
    archive = download(alice, "Everything", tmp_path)
    with zipfile.ZipFile(archive) as pack:
        lines = pack.read("conversation.jsonl").decode().splitlines()
    assert {json.loads(line)["record"] for line in lines} == {"conversation", "branch", "response", "item"}
    assert "Which lamp fits the window?" in download(alice, "Markdown", tmp_path).read_text()
    assert "<strong>green</strong>" in download(alice, "HTML", tmp_path).read_text()
    assert download(alice, "PDF", tmp_path).read_bytes().startswith(b"%PDF-")

    # In again
    alice.goto("/imports/")
    alice.get_by_label("File").set_input_files(archive)
    alice.get_by_role("button", name="Import").click()
    expect(alice.get_by_text("Taken: 1 conversation")).to_be_visible(timeout=PATIENCE)
    fits_everybody(alice)
    alice.get_by_text("1 conversation", exact=True).click()
    alice.locator("live-list a").click()
    expect(answers(alice).last).to_contain_text("green")
    play(provider, "And how high?", ["Half a metre."])
    send(alice, "And how high?")
    wait_until_ended(alice)
    expect(answers(alice).last).to_contain_text("Half a metre.")

    # Shown to somebody without an account, until it is revoked
    open_chat(alice, path)
    alice.locator("conversation-menu").get_by_role("button", name="More").click()
    alice.get_by_role("link", name="Links").click()
    alice.get_by_role("button", name="Make a link").click()
    link = alice.locator("copy-text code").inner_text()
    fits_everybody(alice)
    stranger = new_context().new_page()
    stranger.goto(link)
    expect(stranger.get_by_text("The green one.")).to_be_visible()
    expect(stranger.get_by_text("Alice")).to_have_count(0)
    fits_everybody(stranger)
    alice.get_by_role("button", name="Revoke the link").click()
    expect(alice.get_by_text("The link opens nothing any more.")).to_be_visible()
    console_allows.append("404")
    stranger.reload()
    expect(stranger.get_by_role("heading", name="This link opens nothing.")).to_be_visible()
