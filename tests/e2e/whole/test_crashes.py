"""The server is killed in mid-answer with the page open, and started again."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from conversations.localmodel.scripts.text import story
from tests.e2e.whole.chat import PATIENCE, begin, open_chat, said, send, shown, wait_for_words, wait_until_ended
from tests.e2e.whole.conftest import Enter
from tests.live.server import Server

STORY = "Tell me a long story of a lamp"
PAGE = "Tell me of a lamp that is lit at dusk and again at dawn"


@pytest.fixture(autouse=True)
def lost_connections(console_allows: list[str]) -> None:
    console_allows.extend(("WebSocket connection", "ERR_CONNECTION_REFUSED"))


def kill_and_start(server: Server, page: Page) -> None:
    """Kill the server under the open page, let the page see it, and start the server again."""
    page.evaluate("globalThis.sameVisit = true")
    server.kill()
    expect(page.get_by_role("status")).to_have_text("Connecting again", timeout=PATIENCE)
    server.start()


def assert_settled(page: Page, path: str, enter: Enter, server: Server) -> None:
    """The open page came here by itself, it shows what a fresh page shows, and nothing runs any more."""
    wait_until_ended(page)
    assert page.evaluate("globalThis.sameVisit") is True
    fresh = open_chat(enter(server, "Alice", door=-1), path)
    wait_until_ended(fresh)
    assert shown(page) == shown(fresh)
    fresh.goto("/")
    expect(fresh.get_by_role("img", name="A model is at work")).to_have_count(0)
    assert server.inside("running") == []


def test_a_background_answer_goes_on_and_ends_on_the_open_page(new_server: Callable[..., Server], enter: Enter) -> None:
    server = new_server(paced=True, SALON_BACKGROUND="always")
    server.start()
    alice = enter(server, "Alice")
    path = begin(alice)
    send(alice, PAGE)
    wait_for_words(alice, "I am the built-in demo model")
    before = said(alice)

    kill_and_start(server, alice)
    expect(alice.get_by_role("status")).to_have_text("Answer complete", timeout=PATIENCE)

    assert_settled(alice, path, enter, server)
    assert said(alice).startswith(before)
    assert said(alice).endswith("Ask for a long story, offer me a tool, or ask what you said before.")
    assert said(alice).count("I am the built-in demo model") == 1


def test_another_answer_is_marked_interrupted_and_keeps_its_words_on_the_open_page(
    new_server: Callable[..., Server], enter: Enter
) -> None:
    server = new_server(paced=True, SALON_BACKGROUND="never")
    server.start()
    alice = enter(server, "Alice")
    path = begin(alice)
    send(alice, STORY)
    wait_for_words(alice, "Chapter 1")
    alice.wait_for_timeout(1500)
    before = said(alice)
    alice.wait_for_timeout(500)  # a crash may cost the last quarter of a second

    kill_and_start(server, alice)
    expect(alice.get_by_text("Interrupted. These words are safe.")).to_be_visible(timeout=PATIENCE)

    assert_settled(alice, path, enter, server)
    assert len(before) > 50
    assert said(alice).startswith(before)
    assert in_words("".join(story(STORY))).startswith(said(alice))
    alice.get_by_role("button", name="Continue").click()
    expect(alice.get_by_role("status")).to_have_text("Answering")


def in_words(markdown: str) -> str:
    """The words of a story as `said` has those of the page."""
    return " ".join(re.sub(r"^#+ ", "", markdown, flags=re.MULTILINE).split())
