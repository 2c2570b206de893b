"""Alice keeps a prompt and a persona for the team; Bob uses both."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.whole.chat import begin, play, wait_until_ended, wait_until_ready
from tests.e2e.whole.conftest import Enter
from tests.e2e.whole.test_in_and_out import fits_everybody
from tests.live.server import Server
from tests.live.stand_in import StandIn

pytestmark = pytest.mark.usefixtures("calm")


def test_a_prompt_and_a_persona_of_the_team(salon: Server, provider: StandIn, enter: Enter) -> None:
    alice, bob = enter(salon, "Alice"), enter(salon, "Bob", door=-1)
    alice.goto("/prompts/new/")
    alice.get_by_role("textbox", name="Title").fill("Short note")
    alice.get_by_role("textbox", name="Text").fill("Write {{ tone : choice : warmly | briefly }} about {{ topic }}.")
    alice.get_by_label("For the whole team").check()
    fits_everybody(alice)
    alice.get_by_role("button", name="Save").click()
    alice.goto("/personas/new/")
    alice.get_by_role("textbox", name="Name").fill("Lamplighter")
    alice.get_by_role("textbox", name="Instructions").fill("Speak of lamps.")
    alice.get_by_role("textbox", name="Opening").fill("Good evening.")
    alice.get_by_role("textbox", name="Suggestions").fill("Which lamp?")
    alice.get_by_label("For the whole team").check()
    fits_everybody(alice)
    alice.get_by_role("button", name="Save").click()
    expect(alice.get_by_role("link", name="Lamplighter")).to_be_visible()

    # Bob writes with the prompt, by the keyboard alone
    begin(bob)
    message = bob.get_by_role("textbox", name="Message")
    message.press_sequentially("/short")
    expect(bob.get_by_role("option", name="Short note")).to_be_visible()
    message.press("Enter")
    dialog = bob.get_by_role("dialog", name="Short note")
    fits_everybody(bob)
    dialog.get_by_label("tone").select_option("briefly")
    dialog.get_by_label("topic").fill("lamps")
    dialog.get_by_label("topic").press("Enter")
    expect(message).to_have_value("Write briefly about lamps.")
    expect(message).to_be_focused()

    # and begins with the persona, which the options note
    bob.goto("/personas/")
    bob.get_by_role("button", name="Begin with Lamplighter").click()
    wait_until_ready(bob)
    expect(bob.get_by_role("heading", name="Lamplighter")).to_be_visible()
    play(provider, "Which lamp?", ["The green one."])
    bob.get_by_role("button", name="Which lamp?").click()
    bob.get_by_role("button", name="Send").click()
    wait_until_ended(bob)
    bob.get_by_role("button", name="Options").first.click()
    expect(bob.get_by_text("Begun with the persona Lamplighter, version 1.")).to_be_visible()
    fits_everybody(bob)
