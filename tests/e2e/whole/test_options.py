"""Options that two people share, what one message asks for, and work that goes on and is stopped from elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.whole.chat import answers, begin, open_chat, send, wait_for_words, wait_until_ended
from tests.e2e.whole.conftest import Enter
from tests.live.server import Server


@pytest.fixture
def demo(new_server: Callable[..., Server]) -> Server:
    """A Salon with the embedded provider, as slow as people have it, whose answers run in the background."""
    server = new_server(paced=True, SALON_MODELS="demo,smollm2-135m", SALON_BACKGROUND="always")
    server.start()
    return server


def test_options_are_shared_live_and_count_from_the_next_message(
    demo: Server, enter: Enter, console_allows: list[str]
) -> None:
    console_allows.append("400")
    alice, bob = enter(demo, "Alice"), enter(demo, "Bob", door=-1)
    path = begin(alice)
    demo.inside("invite", conversation=path.strip("/").split("/")[-1], name="Bob", role="editor")
    open_chat(bob, path)
    for page in (alice, bob):
        page.get_by_role("button", name="Options", exact=True).first.click()

    alice.get_by_label("Reasoning summary").select_option("detailed")
    expect(bob.get_by_label("Reasoning summary")).to_have_value("detailed")
    alice.get_by_label("Temperature").fill("3")
    alice.get_by_label("Temperature").blur()
    expect(alice.get_by_role("alert")).to_have_text("Temperature: a number from 0 to 2.")
    alice.get_by_label("Temperature").fill("0,4")
    alice.get_by_label("Temperature").blur()
    expect(alice.get_by_role("alert")).to_have_count(0)
    expect(bob.get_by_label("Temperature")).to_have_value("0.4")

    bob.get_by_label("How the model is told what came before").select_option("manual")
    expect(alice.get_by_text("On this server only · history sent each time")).to_be_visible()
    alice.get_by_role("button", name="Close the options").click()
    alice.get_by_role("button", name="Effort of the next message").click()
    alice.get_by_role("radio", name="low").first.check()
    alice.keyboard.press("Escape")
    send(alice, "Why is the sky blue?")
    wait_until_ended(alice)
    for page in (alice, bob):
        thought = answers(page).last.locator("summary").filter(has_text="Thought")
        expect(answers(page).last.get_by_text("I choose the script that fits")).to_be_hidden()
        thought.click()
        expect(answers(page).last.get_by_text("I choose the script that fits")).to_be_visible()

    alice.get_by_role("combobox", name="Model").select_option("smollm2-135m")
    expect(alice.get_by_text("does not take: Reasoning summary")).to_be_visible()
    expect(bob.get_by_label("Reasoning summary")).to_be_hidden()
    expect(bob.get_by_label("Temperature")).to_have_value("0.4")


def test_work_goes_on_without_its_page_and_is_stopped_from_another(demo: Server, enter: Enter) -> None:
    alice = enter(demo, "Alice")
    path = begin(alice)
    send(alice, "Tell a long story about a lighthouse.")
    wait_for_words(alice, "Chapter")
    alice.goto("/settings/")
    alice.get_by_role("button", name="1 at work").click()
    work = alice.get_by_role("dialog", name="At work")
    expect(work).to_contain_text("Writing")
    expect(work).to_contain_text("demo (scripted)")
    work.get_by_role("button", name="Stop the answer").click()
    expect(work).to_contain_text("Nothing runs.")
    expect(alice.get_by_role("button", name="Nothing runs")).to_be_visible()
    open_chat(alice, path)
    expect(answers(alice).last).to_contain_text("Stopped")
    expect(answers(alice).last).to_contain_text("Chapter")
