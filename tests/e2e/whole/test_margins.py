"""Alice and Bob mark what was said, go apart on branches, and find things again by the keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.whole.chat import answers, begin, open_chat, play, send, wait_for_words, wait_until_ended
from tests.e2e.whole.conftest import Enter
from tests.live.server import Server
from tests.live.stand_in import StandIn
from tests.pages.test_in_browser import assert_readable

pytestmark = pytest.mark.usefixtures("calm")


@pytest.fixture
def shared(salon: Server, enter: Enter, provider: StandIn) -> tuple[Page, Page, str]:
    """A conversation of Alice's with one answer, open before her and Bob, and its path."""
    alice, bob = enter(salon, "Alice", permissions=["clipboard-read", "clipboard-write"]), enter(salon, "Bob", door=-1)
    path = begin(alice)
    salon.inside("invite", conversation=path.strip("/").split("/")[-1], name="Bob", role="editor")
    play(provider, "Which lamp?", ["The green ", "one."])
    send(alice, "Which lamp?")
    wait_for_words(alice, "one.")
    wait_until_ended(alice)
    return alice, open_chat(bob, path), path


def do(page: Page, message: Locator, what: str) -> None:
    """Choose something in the menu of a message."""
    message.hover()
    message.get_by_role("button", name="What to do with this message").click()
    page.locator("#message-menu").get_by_role("button", name=what).click()


def test_what_people_put_on_messages_is_seen_by_both_and_found_again(shared: tuple[Page, Page, str]) -> None:
    alice, bob, path = shared
    do(alice, answers(alice).first, "👍")
    bob.get_by_role("button", name="👍 1: Alice").click()
    expect(alice.get_by_role("button", name="👍 2: Alice, Bob")).to_have_attribute("aria-pressed", "true")
    alice.get_by_role("button", name="👍 2: Alice, Bob").click()
    expect(bob.get_by_role("button", name="👍 1: Bob")).to_be_visible()

    do(bob, answers(bob).first, "Comment")
    comment = bob.get_by_role("textbox", name="Comment")
    comment.press_sequentially("@Al")
    bob.get_by_role("option", name="Alice").click()  # what is cut off cannot be clicked
    expect(comment).to_have_value("@Alice ")
    comment.press_sequentially("I would take the red one")
    bob.keyboard.press("Enter")
    expect(alice.get_by_role("group", name="In the margin").first).to_contain_text("@Alice I would take the red one")
    assert_readable(bob)
    bob.get_by_role("group", name="In the margin").get_by_role("button", name="Delete").click()
    expect(alice.get_by_text("I would take the red one")).to_have_count(0)

    do(alice, answers(alice).first, "Bookmark")
    expect(alice.get_by_text("It stands in your bookmarks now.")).to_be_visible()
    alice.get_by_role("link", name="Bookmarks").click()
    alice.locator(".hit").filter(has_text="The green one.").get_by_role("link").first.click()
    expect(answers(alice).first).to_contain_text("The green one.")
    assert path in alice.url
    do(alice, answers(alice).first, "Copy link")
    assert re.search(r"\?branch=\d+#turn-\d+$", alice.evaluate("navigator.clipboard.readText()"))


def test_branches_are_compared_and_one_becomes_the_main_one(shared: tuple[Page, Page, str], provider: StandIn) -> None:
    alice, bob, path = shared
    play(provider, "Which lamp?", ["The red ", "one."])
    answers(alice).first.hover()
    alice.get_by_role("button", name="Regenerate").click()
    expect(alice.get_by_text("The answer before stays beside it.")).to_be_visible()
    wait_for_words(bob, "The red one.")
    wait_until_ended(bob)

    bob.goto(f"{path}branches/")
    bob.get_by_role("checkbox").first.check()
    bob.get_by_role("checkbox").last.check()
    bob.get_by_role("button", name="Compare the two chosen").click()
    expect(bob.locator("marked-text").filter(has_text="The red one.")).to_be_visible()
    expect(bob.locator("marked-text").filter(has_text="The green one.")).to_be_visible()
    bob.get_by_role("button", name="Make it the main one").click()
    wait_for_words(alice, "The green one.")
    expect(alice.get_by_text("The conversation went on on another branch.")).to_be_visible()

    alice.get_by_role("group", name="Answers to this message").get_by_role("link", name="Next").click()
    expect(alice.get_by_text("You look at another branch")).to_be_visible()
    assert "?branch=" in alice.url
    alice.reload()
    wait_for_words(alice, "The red one.")
    alice.get_by_role("link", name="Main branch").click()
    wait_for_words(alice, "The green one.")

    alice.get_by_role("heading").first.click()
    alice.keyboard.press("?")
    expect(alice.get_by_role("dialog", name="Keys")).to_be_visible()
    alice.keyboard.press("Escape")
    alice.keyboard.press("Control+k")
    alice.get_by_role("combobox", name="Go to a conversation, or do something").fill("rename")
    alice.keyboard.press("Enter")
    alice.get_by_role("textbox", name="Title").fill("A lamp, found by keys")
    alice.keyboard.press("Enter")
    bob.goto("/")
    bob.keyboard.press("Control+k")
    bob.keyboard.type("found keys")
    option = bob.get_by_role("option", name="A lamp, found by keys")
    expect(option).to_have_attribute("aria-selected", "true")
    bob.keyboard.press("Enter")
    expect(bob).to_have_url(re.compile(re.escape(path)))
    bob.goto("/")
    bob.keyboard.press("n")
    expect(bob.get_by_role("textbox", name="Message")).to_be_visible()
    expect(bob).not_to_have_url(re.compile(re.escape(path)))
