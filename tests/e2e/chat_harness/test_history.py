"""Older turns, the reader's place, and how the page finds back to the newest."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Page, expect

from tests.e2e.chat_harness.conftest import open_chat
from tests.e2e.chat_harness.stage import HOME, Stage
from tests.e2e.chat_harness.test_conversation import messages


def older_stage(stage: Stage, count: int) -> None:
    for number in range(count):
        stage.answer(f"Answer {number}.\n\n" + "More words. " * (number % 5 * 20), f"Question {number}")


def test_older_turns_come_before_what_is_read_and_it_does_not_move(page: Page, stage: Stage) -> None:
    older_stage(stage, 70)
    stage.hold.clear()
    open_chat(page, stage)
    page.evaluate("scrollTo(0, 0)")
    for _ in range(20):  # what is loaded already joins by itself
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(50)
    first = messages(page, "Alice").first
    expect(first).to_contain_text("Question 40")
    expect(page.get_by_text("Loading older messages")).to_be_attached()
    before = first.bounding_box()
    stage.hold.set()
    expect(page.get_by_text("Question 35")).to_be_attached()
    page.wait_for_timeout(500)
    after = messages(page, "Alice").filter(has_text="Question 40").bounding_box()
    assert before
    assert after
    assert abs(after["y"] - before["y"]) < 2


def test_reading_back_to_the_beginning_keeps_the_page_small(page: Page, stage: Stage) -> None:
    older_stage(stage, 200)
    open_chat(page, stage)
    for _ in range(120):
        page.evaluate("scrollTo(0, 200)")
        page.wait_for_timeout(30)
        assert messages(page, "Alice").count() + messages(page, "Salon").count() <= 300
        if page.get_by_text("Question 0", exact=True).count():
            break
    expect(page.get_by_text("Question 0", exact=True)).to_be_attached()
    page.get_by_role("button", name="Jump to latest").click()
    expect(page.get_by_text("Question 199", exact=True)).to_be_in_viewport()


def test_older_turns_that_do_not_come_can_be_asked_for_again(
    page: Page, stage: Stage, console_allows: list[str]
) -> None:
    console_allows.append("503")
    older_stage(stage, 40)
    open_chat(page, stage)
    stage.refuse = (503, "Not now.")
    for _ in range(20):
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(50)
    stage.refuse = None
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Question 5", exact=True)).to_be_attached()


def test_the_reader_at_the_end_stays_there_and_the_one_further_up_is_left_alone(chat: Page, stage: Stage) -> None:
    turn = stage.ask("A story")
    stage.start(turn)
    for _ in range(30):
        stage.say(turn, "A line of the story.\n\n")
    expect(messages(chat, "Salon").locator("p", has_text="A line")).to_have_count(30)
    assert chat.evaluate("document.documentElement.scrollHeight - innerHeight - scrollY") < 2
    chat.mouse.move(700, 300)
    chat.mouse.wheel(0, -600)
    jump = chat.get_by_role("button", name="Jump to latest")
    expect(jump).to_be_visible()
    before = chat.evaluate("scrollY")
    for _ in range(30):
        stage.say(turn, "Another line.\n\n")
    expect(messages(chat, "Salon").locator("p", has_text="Another line")).to_have_count(30)
    assert chat.evaluate("scrollY") == before
    jump.click()
    expect(jump).to_be_hidden()
    assert chat.evaluate("document.documentElement.scrollHeight - innerHeight - scrollY") < 2


def test_days_are_told_apart(page: Page, stage: Stage) -> None:
    stage.answer("Yes.", at="2026-11-19T10:02:00+00:00")
    stage.answer("No.", at="2026-11-19T18:00:00+00:00")
    stage.answer("Perhaps.", at="2026-11-20T09:00:00+00:00")
    open_chat(page, stage)
    expect(page.locator(".day:visible")).to_have_text([re.compile("19 November"), re.compile("20 November")])


def test_a_session_that_ended_leads_to_the_door(chat: Page, stage: Stage, console_allows: list[str]) -> None:
    console_allows.append("404")
    time.sleep(0.2)
    stage.drop(4401)
    expect(chat).to_have_url(re.compile(r"/accounts/login/\?next=" + re.escape(HOME.replace("/", "%2F"))))


def test_a_page_too_far_behind_is_fetched_afresh(chat: Page, stage: Stage) -> None:
    stage.answer("Seen.", "First")
    expect(messages(chat, "Salon")).to_contain_text("Seen.")
    sockets, stage.sockets = stage.sockets, set()
    stage.answer("Missed.", "Second")
    stage.sockets = sockets
    stage.send({"type": "reload", "reason": "pruned"})
    expect(messages(chat, "Salon").last).to_contain_text("Missed.")
    stage.answer("And on.", "Third")
    expect(messages(chat, "Salon").last).to_contain_text("And on.")
