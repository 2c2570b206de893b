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
    wait_for_words,
    wait_until_ended,
)
from tests.e2e.whole.conftest import Enter
from tests.live.server import Server
from tests.live.stand_in import StandIn

pytestmark = pytest.mark.usefixtures("calm")

SOON = 5.5
"""Five seconds, and a little for the page to say so."""
LISTEN = """(path, greeted = () => {}) => new Promise((resolve) => {
    const heard = [];
    const socket = new WebSocket(`ws://${location.host}/ws${path}?after=0`);
    socket.onmessage = ({ data }) => greeted(heard.push(data));
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


def test_alice_and_bob_share_one_stream_and_charlie_has_no_part_in_it_nor_bob_once_he_is_removed(
    shared: tuple[Page, Page, str], provider: StandIn, salon: Server, enter: Enter, console_allows: list[str]
) -> None:
    console_allows.append("404")
    alice, bob, path = shared
    charlie = enter(salon, "Charlie")
    file = f"/files/{salon.inside('add_file', conversation=path.strip('/').split('/')[-1])}/"
    assert alice.request.get(file).ok
    assert bob.request.get(file).ok

    play(provider, "Count in secret", counted(500), pause=0.02)
    send(alice, "Count in secret")
    for page in (alice, bob):
        expect(page.get_by_role("link", name="Here now: Alice, Bob")).to_be_visible()
    for word in (10, 25, 40):
        for page in (alice, bob):
            wait_for_words(page, f"word-{word} ")
    assert is_beginning(said(alice), counted(500))
    assert is_beginning(said(bob), counted(500))
    charlie_finds_nothing(charlie, path, file)

    bob.get_by_role("button", name="Stop").click()
    for page in (alice, bob):
        expect(page.get_by_role("status")).to_have_text("Stopped")
    assert said(alice) == said(bob)
    assert is_beginning(said(alice), counted(500))

    play(provider, "Count without Bob", counted(500), pause=0.02)
    send(alice, "Count without Bob")
    for page in (alice, bob):
        wait_for_words(page, "word-20 ")
    other = bob.context.new_page()  # which loads nothing anew when the conversation's page does
    other.goto("/")
    other.evaluate(f"path => new Promise((greeted) => {{ window.heard = ({LISTEN})(path, greeted); }})", path)
    removed = time.monotonic()
    salon.inside("remove", conversation=path.strip("/").split("/")[-1], name="Bob")
    code, _ = other.evaluate("window.heard")
    assert code == 4403
    assert time.monotonic() - removed < SOON
    expect(bob.get_by_text("The page does not exist, or it is not shared with you.")).to_be_visible(
        timeout=SOON * SECOND
    )
    assert time.monotonic() - removed < 2 * SOON
    expect(answers(bob)).to_have_count(0)
    assert "word-" not in bob.content()
    charlie_finds_nothing(bob, path, file)
    expect(alice.get_by_role("link", name="Here now: Alice", exact=False)).not_to_contain_text("Bob")

    expect(alice.get_by_role("status")).to_have_text("Answer complete", timeout=PATIENCE)
    assert said(alice).split() == [word.strip() for word in counted(500)]


def is_beginning(text: str, words: list[str]) -> bool:
    """Whether a text is the first of these words, the last of them perhaps in part."""
    return " ".join(word.strip() for word in words).startswith(text)


def charlie_finds_nothing(page: Page, path: str, file: str) -> None:
    """Ask every kind of door for a conversation: page, socket, file, search, export, link."""
    page.goto(path)
    expect(page.get_by_role("heading", name="There is nothing here.")).to_be_visible()
    assert page.evaluate(LISTEN, path) == [4404, []]
    beneath = ("turns/", "people/", "people/named/", "kept/", "branches/", "?branch=1", "#turn-1")
    doors = [path + door for door in beneath] + [
        file,
        f"{file}preview/",
        f"/export{path.removeprefix('/conversations')}",
    ]
    for door in doors:
        answer = page.request.get(door)
        assert answer.status == 404, door
        assert "secret" not in answer.text(), door
    for door in ("/", "/search/?q=secret", "/search/?q=word-1", "/sidebar/", "/lobby/", "/running/"):
        answer = page.request.get(door)
        assert answer.ok, door
        assert path not in answer.text(), door
        assert "Count in" not in answer.text(), door


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
