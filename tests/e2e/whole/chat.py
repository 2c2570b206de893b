"""What a person does on the page of a conversation and sees on it, and what the stand-in provider plays to them."""

from __future__ import annotations

import itertools

from playwright.sync_api import Locator, Page, expect

from tests.live.stand_in import StandIn, chunked, in_pieces, telling

SECOND = 1000.0
PATIENCE = 45 * SECOND
numbers = itertools.count(1)


def play(provider: StandIn, prompt: str, words: list[str], *, pause: float = 0.0) -> None:
    """Answer this message with these words, one delta each, `pause` seconds apart."""
    chunks = chunked(telling(words, number=next(numbers)))
    provider.plays[prompt] = in_pieces(chunks, [pause] * len(chunks))


def counted(number: int) -> list[str]:
    """Words that tell by themselves which of them is missing or doubled, in paragraphs of fifty."""
    return [f"word-{word}" + ("\n\n" if word % 50 == 0 else " ") for word in range(1, number + 1)]


def begin(page: Page) -> str:
    """Begin a conversation; return its path."""
    page.get_by_role("button", name="New conversation").first.click()
    wait_until_ready(page)
    return page.evaluate("location.pathname")


def open_chat(page: Page, path: str) -> Page:
    """Open a conversation in this page and return it."""
    page.goto(path)
    wait_until_ready(page)
    return page


def wait_until_ready(page: Page) -> None:
    expect(page.locator("html[data-ready]")).to_be_attached(timeout=PATIENCE)


def send(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Message").fill(text)
    page.get_by_role("button", name="Send").click()


def answers(page: Page) -> Locator:
    return page.get_by_role("article", name="Message from Salon")


def wait_for_words(page: Page, words: str) -> None:
    """Wait until the newest answer has come to these words."""
    expect(answers(page).last).to_contain_text(words, timeout=PATIENCE)


def wait_until_ended(page: Page) -> None:
    """Wait until nothing runs here any more, and the page says so everywhere."""
    expect(page.get_by_role("button", name="Stop")).to_be_hidden(timeout=PATIENCE)
    expect(page.get_by_role("status")).not_to_contain_text("Answering", timeout=PATIENCE)
    row = page.locator(f"[data-conversation={page.evaluate('location.pathname').split('/')[2]}]")
    expect(row.get_by_role("img", name="A model is at work")).to_have_count(0, timeout=PATIENCE)


def said(page: Page) -> str:
    """The text of the newest answer, in words with one blank between."""
    return " ".join(str(answers(page).last.locator("[data-ref=said]").text_content()).split())


def shown(page: Page) -> str:
    """All that the log of the conversation says: messages, answers, notices and facts.

    Without the line above what is new, which each page draws where its person had read to when it was opened.
    """
    log = page.get_by_role("log", name="Conversation")
    words = (
        "log => { const copy = log.cloneNode(true); copy.querySelector('.day.new')?.remove(); return copy.textContent }"
    )
    return "\n".join(line for line in str(log.evaluate(words)).splitlines() if line.strip())
