"""The real pages, with what the real server puts on them, for everybody: WCAG 2.2 AA."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.chat_harness.test_access import violations
from tests.e2e.whole.chat import answers, begin, counted, open_chat, play, send, wait_for_words, wait_until_ended
from tests.e2e.whole.conftest import Enter
from tests.live.server import Server
from tests.live.stand_in import StandIn

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
RICH = [
    "## A comparison\n\n",
    "| way | steps |\n|:--|--:|\n| one | $n^2$ |\n| two | $n \\log n$ |\n\n",
    "```python\nprint(sorted(words))  # done\n```\n\n",
    "- [x] read\n- [ ] written\n\n> A quotation with `code` and a [link](https://example.com/).\n",
]


def assert_readable(page: Page) -> None:
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"


@pytest.mark.parametrize("look", LOOKS)
def test_sign_in_list_and_conversation_break_no_rule(
    salon: Server,
    provider: StandIn,
    enter: Enter,
    new_context: Callable[..., BrowserContext],
    look: str,
) -> None:
    stranger = new_context(base_url=salon.urls[0], **LOOKS[look]).new_page()
    stranger.goto("/accounts/login/")
    assert_readable(stranger)

    play(provider, "Compare two ways", RICH)
    play(provider, "Count along", counted(3000), pause=0.02)
    path = begin(enter(salon, "Alice"))
    alice = open_chat(enter(salon, "Alice", **LOOKS[look]), path)
    assert_readable(alice)
    send(alice, "Compare two ways")
    wait_for_words(alice, "A quotation")
    wait_until_ended(alice)
    expect(answers(alice).get_by_role("table")).to_be_visible()
    assert_readable(alice)
    send(alice, "Count along")
    wait_for_words(alice, "word-20 ")
    assert_readable(alice)

    elsewhere = alice.context.new_page()
    elsewhere.goto("/")
    expect(elsewhere.get_by_role("main").get_by_role("img", name="A model is at work")).to_be_visible()
    assert_readable(elsewhere)
    alice.get_by_role("button", name="Stop").click()
    wait_until_ended(alice)
    assert_readable(alice)
