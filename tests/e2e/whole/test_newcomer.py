"""A fresh machine: nobody is there, no provider is set up, and a real model answers a minute later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from conversations.localmodel import launcher
from tests.conftest import PASSWORD
from tests.e2e.whole.chat import PATIENCE, answers, begin, said, send, wait_until_ended
from tests.live.server import Server
from tests.localmodel.test_small_model import engine_problem

WATCH = """() => {
    globalThis.lengths = [];
    new MutationObserver(() => {
        const length = document.querySelector("chat-log .said")?.textContent.length ?? 0;
        if (length !== lengths.at(-1)) lengths.push(length);
    }).observe(document.querySelector("chat-log"), { subtree: true, childList: true, characterData: true });
}"""


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    """A server with empty tables and the small model."""
    if reason := engine_problem():
        pytest.skip(reason)
    fresh = Server(tmp_path / "data")
    launcher.ensure(fresh.data)
    fresh.start()
    yield fresh
    fresh.close()


def test_a_newcomer_opens_the_room_and_the_small_model_streams_an_answer(
    new_context: Callable[..., BrowserContext], fresh: Server, console_allows: list[str]
) -> None:
    page = new_context(base_url=fresh.urls[0]).new_page()
    page.goto("/")
    page.get_by_label("Your name").fill("Admin")
    page.get_by_label("Email").fill("admin@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create the administrator").click()

    begin(page)
    expect(page.get_by_role("combobox", name="Model")).to_have_value("smollm2-135m")
    page.evaluate(WATCH)
    send(page, "What is the capital of France? Answer in three sentences.")
    expect(page.get_by_role("article", name="Message from Admin")).to_contain_text("capital of France")
    expect(page.get_by_role("status")).to_have_text("Answer complete", timeout=2 * PATIENCE)

    wait_until_ended(page)
    lengths = page.evaluate("lengths")
    assert len(lengths) > 5, "it came all at once"
    assert lengths[-1] > 20
    expect(answers(page)).to_contain_text("Built-in demo model")
    heard = said(page)
    page.reload()
    expect(answers(page)).to_be_visible()
    assert said(page) == heard

    console_allows.append("404")
    page.goto("/setup/")
    expect(page.get_by_role("heading", name="There is nothing here.")).to_be_visible()
