"""One answer on several pages: reloaded, offline, closed, stopped elsewhere. All of them end equal."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

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


@pytest.fixture(autouse=True)
def lost_connections(console_allows: list[str]) -> None:
    console_allows.append("ERR_INTERNET_DISCONNECTED")


def test_a_reloaded_a_second_and_an_offline_page_end_equal_with_each_word_once(
    salon: Server, provider: StandIn, enter: Enter
) -> None:
    words = counted(3500)
    play(provider, "Count for a while", words, pause=0.02)
    reloaded, away = enter(salon, "Alice"), enter(salon, "Alice", door=-1)
    path = begin(reloaded)
    second = open_chat(reloaded.context.new_page(), path)
    open_chat(away, path)
    send(reloaded, "Count for a while")
    for page in (reloaded, second, away):
        wait_for_words(page, "word-20 ")

    reloaded.reload()
    away.context.set_offline(True)
    expect(away.get_by_role("status")).to_contain_text("Offline")
    away.wait_for_timeout(0.5 * SECOND)  # what has come already is painted with the next frame
    missed = said(away)
    away.wait_for_timeout(60 * SECOND)  # longer than two heartbeats
    assert said(away) == missed
    assert len(said(second)) > 3 * len(missed)
    away.context.set_offline(False)

    pages = [reloaded, second, away]
    for page in pages:
        wait_for_words(page, "word-3500")
        wait_until_ended(page)
    pages.append(open_chat(reloaded.context.new_page(), path))
    wait_for_words(pages[-1], "word-3500")
    for page in pages:
        assert said(page).split() == [word.strip() for word in words]
        assert shown(page) == shown(pages[-1])


def test_what_was_written_offline_is_sent_once(salon: Server, provider: StandIn, enter: Enter) -> None:
    play(provider, "Count slowly", counted(200), pause=0.02)
    play(provider, "And then?", ["That ", "was ", "it."])
    alice = enter(salon, "Alice")
    path = begin(alice)
    send(alice, "Count slowly")
    wait_for_words(alice, "word-20 ")

    alice.context.set_offline(True)
    send(alice, "And then?")
    waiting = alice.get_by_role("article", name="Message from Alice").last
    expect(waiting).to_contain_text("waits for the connection")
    alice.wait_for_timeout(SECOND)
    alice.context.set_offline(False)
    expect(answers(alice)).to_have_count(2, timeout=PATIENCE)
    wait_for_words(alice, "That was it.")
    wait_until_ended(alice)

    fresh = open_chat(alice.context.new_page(), path)
    expect(fresh.get_by_role("article", name="Message from Alice")).to_have_count(2)
    expect(answers(fresh)).to_have_count(2)
    assert shown(alice) == shown(fresh)


def test_stop_on_one_page_ends_the_answer_on_the_other(salon: Server, provider: StandIn, enter: Enter) -> None:
    play(provider, "Count until I say stop", counted(3000), pause=0.02)
    one, other = enter(salon, "Alice"), enter(salon, "Alice", door=-1)
    path = begin(one)
    open_chat(other, path)
    send(one, "Count until I say stop")
    for page in (one, other):
        wait_for_words(page, "word-20 ")

    other.get_by_role("button", name="Stop").click()
    for page in (one, other):
        expect(page.get_by_role("status")).to_have_text("Stopped", timeout=2 * SECOND)
        wait_until_ended(page)
    assert shown(one) == shown(other) == shown(open_chat(one.context.new_page(), path))
    kept = said(one).split()
    assert kept == [f"word-{number}" for number in range(1, len(kept) + 1)]


def test_closing_the_page_does_not_stop_the_answer(salon: Server, provider: StandIn, enter: Enter) -> None:
    play(provider, "Count while I am away", counted(150), pause=0.02)
    alice = enter(salon, "Alice")
    path = begin(alice)
    send(alice, "Count while I am away")
    wait_for_words(alice, "word-10 ")

    alice.context.close()
    deadline = time.monotonic() + PATIENCE / SECOND
    while salon.inside("running") and time.monotonic() < deadline:
        time.sleep(0.2)
    later = open_chat(enter(salon, "Alice"), path)
    assert said(later).split() == [word.strip() for word in counted(150)]


def test_a_message_sent_before_the_script_is_there_stays_in_the_box(salon: Server, enter: Enter) -> None:
    path = begin(enter(salon, "Alice"))
    early = enter(salon, "Alice", java_script_enabled=False)
    early.goto(path)
    send(early, "Nobody else may read this")
    expect(early.get_by_role("textbox", name="Message")).to_have_value("Nobody else may read this")
    assert early.url == salon.urls[0] + path


def test_the_lamp_of_an_answer_elsewhere_goes_out_by_itself(salon: Server, provider: StandIn, enter: Enter) -> None:
    play(provider, "Count elsewhere", counted(300), pause=0.02)
    alice = enter(salon, "Alice")
    path = begin(alice)
    send(alice, "Count elsewhere")
    wait_for_words(alice, "word-20 ")
    begin(alice)
    lamp = alice.locator(f"[data-conversation={path.split('/')[2]}]").get_by_role("img", name="A model is at work")
    expect(lamp).to_be_visible()
    expect(lamp).to_have_count(0, timeout=PATIENCE)


def test_ten_thousand_tokens_arrive_whole(salon: Server, provider: StandIn, enter: Enter) -> None:
    words = counted(10_000)
    play(provider, "Count to ten thousand", words)
    alice = enter(salon, "Alice")
    path = begin(alice)
    send(alice, "Count to ten thousand")
    wait_for_words(alice, "word-10000")
    wait_until_ended(alice)
    assert said(alice).split() == [word.strip() for word in words]
    assert shown(alice) == shown(open_chat(alice.context.new_page(), path))
