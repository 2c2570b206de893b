"""Alice owns, Bob writes with her, Charlie must see nothing: in three browsers at once."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.whole.chat import (
    PATIENCE,
    SECOND,
    answers,
    begin,
    counted,
    open_chat,
    play,
    said,
    send,
    shown,
    wait_for_words,
    wait_until_ended,
)
from tests.e2e.whole.conftest import Enter
from tests.live.server import Server
from tests.live.stand_in import StandIn

pytestmark = pytest.mark.usefixtures("calm")

SOON = 5.5
"""Five seconds, and a little for the page to say so."""
LISTEN = """path => new Promise((resolve) => {
    const heard = [];
    const socket = new WebSocket(`ws://${location.host}/ws${path}?after=0`);
    socket.onmessage = ({ data }) => heard.push(data);
    socket.onclose = ({ code }) => resolve([code, heard]);
})"""


@pytest.fixture
def shared(salon: Server, enter: Enter) -> tuple[Page, Page, str]:
    """A conversation of Alice's that Bob may write in, open before both, and its path."""
    alice, bob = enter(salon, "Alice"), enter(salon, "Bob", door=-1)
    path = begin(alice)
    salon.inside("invite", conversation=path.strip("/").split("/")[-1], name="Bob", role="editor")
    return alice, open_chat(bob, path), path


def test_alice_and_bob_see_the_same_answer_form(shared: tuple[Page, Page, str], provider: StandIn) -> None:
    alice, bob, _ = shared
    play(provider, "Count for both of us", counted(200), pause=0.02)
    send(bob, "Count for both of us")
    for page in (alice, bob):
        wait_for_words(page, "word-20 ")
        expect(page.get_by_role("article", name="Message from Bob")).to_be_visible()
    expect(alice.get_by_role("status")).to_have_text("Answering Bob")
    expect(bob.get_by_role("status")).to_have_text("Answering")
    for page in (alice, bob):
        wait_until_ended(page)
    assert said(alice).split() == [word.strip() for word in counted(200)]
    assert said(alice) == said(bob)


def test_charlie_gets_the_page_of_what_does_not_exist_and_hears_nothing(
    shared: tuple[Page, Page, str], provider: StandIn, salon: Server, enter: Enter, console_allows: list[str]
) -> None:
    console_allows.append("404")
    alice, _, path = shared
    play(provider, "Count in secret", counted(200), pause=0.02)
    send(alice, "Count in secret")
    wait_for_words(alice, "word-20 ")
    charlie = enter(salon, "Charlie")
    assert charlie.evaluate(LISTEN, path) == [4404, []]
    charlie.goto(path)
    expect(charlie.get_by_role("heading", name="There is nothing here.")).to_be_visible()
    assert "secret" not in charlie.content()
    wait_until_ended(alice)


def test_bob_is_told_within_five_seconds_that_he_is_removed_and_gets_nothing_more(
    shared: tuple[Page, Page, str], provider: StandIn, salon: Server, console_allows: list[str]
) -> None:
    console_allows.append("404")
    alice, bob, path = shared
    play(provider, "Count without Bob", counted(500), pause=0.02)
    send(alice, "Count without Bob")
    for page in (alice, bob):
        wait_for_words(page, "word-20 ")

    removed = time.monotonic()
    salon.inside("remove", conversation=path.strip("/").split("/")[-1], name="Bob")
    expect(bob.get_by_text("The page does not exist, or it is not shared with you.")).to_be_visible(
        timeout=SOON * SECOND
    )
    assert time.monotonic() - removed < SOON
    expect(answers(bob)).to_have_count(0)
    assert "word-" not in bob.content()
    bob.goto("/")
    assert path not in bob.content()

    expect(alice.get_by_role("status")).to_have_text("Answer complete", timeout=PATIENCE)
    assert said(alice).split() == [word.strip() for word in counted(500)]
    assert "word-500" in shown(alice)


def test_people_write_to_each_other_beside_the_model(
    shared: tuple[Page, Page, str], provider: StandIn, salon: Server
) -> None:
    alice, bob, path = shared
    play(provider, "Count to three", ["One, two, ", "three."])
    send(alice, "Count to three")
    wait_for_words(bob, "three.")
    wait_until_ended(bob)

    bob.get_by_text("To people").click()
    send(bob, "I would have said four")
    note = alice.get_by_role("article", name="Message from Bob")
    expect(note).to_contain_text("I would have said four")
    expect(note).to_contain_text("to people")
    expect(alice.get_by_role("status")).not_to_contain_text("Answering")
    fresh = open_chat(alice.context.new_page(), path)
    expect(fresh.get_by_role("article", name="Message from Bob")).to_contain_text("I would have said four")

    play(provider, "@salon count on", ["Four."])
    send(bob, "@salon count on")
    wait_for_words(alice, "Four.")
    bob.get_by_role("article", name="Message from Bob").first.hover()
    bob.get_by_role("button", name="Delete this note").click()
    expect(alice.get_by_text("I would have said four")).to_have_count(0)
