"""What a person does on the page of a conversation, and what they see."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.e2e.chat_harness.conftest import expect_calls, open_chat
from tests.e2e.chat_harness.stage import BOB, Stage


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")


def messages(page: Page, name: str) -> Locator:
    return page.get_by_role("log", name="Conversation").get_by_role("article", name=f"Message from {name}")


def send(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


def test_a_message_is_sent_answered_and_looks_the_same_after_a_reload(chat: Page, stage: Stage) -> None:
    send(chat, "How far should it stand?")
    expect(messages(chat, "Alice")).to_have_text(re.compile("How far should it stand"))
    expect(box(chat)).to_have_value("")
    stage.start(1)
    stage.say(1, "At **sixty**", " centimetres.")
    expect(messages(chat, "Salon").locator("strong")).to_have_text("sixty")
    expect(chat.get_by_role("status")).to_have_text("Answering")
    stage.finish(1)
    expect(chat.get_by_role("status")).to_have_text("Answer complete")
    expect(messages(chat, "Salon")).to_contain_text("3,384 in, 212 out")
    live = chat.get_by_role("log").inner_text()
    open_chat(chat, stage)
    assert chat.get_by_role("log").inner_text() == live


def test_shift_enter_makes_a_line_and_a_key_of_an_input_method_sends_nothing(chat: Page, stage: Stage) -> None:
    box(chat).press_sequentially("one")
    box(chat).press("Shift+Enter")
    box(chat).press_sequentially("two")
    box(chat).dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    box(chat).dispatch_event("keydown", {"key": "Enter", "keyCode": 229})
    expect(box(chat)).to_have_value("one\ntwo")
    assert stage.calls == []


def test_a_draft_is_there_after_a_reload_and_gone_once_it_was_sent(chat: Page, stage: Stage) -> None:
    box(chat).fill("half a thought")
    open_chat(chat, stage)
    expect(box(chat)).to_have_value("half a thought")
    box(chat).press("Enter")
    expect(messages(chat, "Alice")).to_be_visible()
    open_chat(chat, stage)
    expect(box(chat)).to_have_value("")


def test_stop_stands_beside_send_while_something_runs_and_keeps_what_was_said(chat: Page, stage: Stage) -> None:
    expect(chat.get_by_role("button", name="Stop")).to_be_hidden()
    turn = stage.ask("A story")
    stage.start(turn)
    stage.say(turn, "Once upon")
    expect(chat.get_by_role("button", name="Send")).to_be_visible()
    chat.get_by_role("button", name="Stop").click()
    expect(messages(chat, "Salon")).to_contain_text("Once upon")
    expect(messages(chat, "Salon")).to_contain_text("Stopped after 11.4 s")
    expect(chat.get_by_role("button", name="Stop")).to_be_hidden()
    expect(messages(chat, "Salon").get_by_role("button", name="Continue")).to_be_visible()


def test_a_refused_message_is_kept_with_the_reason_and_can_be_sent_again(
    chat: Page, stage: Stage, console_allows: list[str]
) -> None:
    console_allows.append("429")
    stage.refuse = (429, "Too many answers wait. Let some finish first.")
    send(chat, "Please")
    expect(messages(chat, "Alice")).to_contain_text("Not sent. Too many answers wait. Let some finish first.")
    stage.refuse = None
    chat.get_by_role("button", name="Try again").click()
    expect(messages(chat, "Salon")).to_be_visible()
    expect(messages(chat, "Alice")).not_to_contain_text("Not sent")
    assert len(stage.turns) == 1
    first, second = (body["client_id"] for _, body in stage.calls)
    assert first == second


def test_a_refused_message_can_be_taken_back_into_the_box(chat: Page, stage: Stage, console_allows: list[str]) -> None:
    console_allows.append("413")
    stage.refuse = (413, "This message is too long. Shorten it.")
    send(chat, "Much too long")
    chat.get_by_role("button", name="Take back").click()
    expect(box(chat)).to_have_value("Much too long")
    expect(messages(chat, "Alice")).to_have_count(0)


def test_a_message_that_was_not_sent_is_there_after_a_reload(
    chat: Page, stage: Stage, console_allows: list[str]
) -> None:
    console_allows.append("503")
    stage.refuse = (503, "Not now.")
    send(chat, "Do not lose me")
    expect(messages(chat, "Alice")).to_contain_text("Not sent")
    open_chat(chat, stage)
    expect(messages(chat, "Alice")).to_contain_text("Do not lose me")
    stage.refuse = None
    chat.get_by_role("button", name="Try again").click()
    expect(messages(chat, "Salon")).to_be_visible()
    expect(messages(chat, "Alice")).not_to_contain_text("Not sent")
    open_chat(chat, stage)
    expect(messages(chat, "Alice")).to_have_count(1)
    assert len(stage.turns) == 1


def test_what_is_written_offline_is_sent_once_when_the_connection_is_back(
    chat: Page, stage: Stage, context: BrowserContext, console_allows: list[str]
) -> None:
    console_allows.append("ERR_INTERNET_DISCONNECTED")
    context.set_offline(True)
    expect(chat.get_by_role("status")).to_contain_text("Offline")
    send(chat, "Still here")
    expect(messages(chat, "Alice")).to_contain_text("waits for the connection")
    context.set_offline(False)
    expect(chat.get_by_role("status")).not_to_contain_text("Offline")
    expect(messages(chat, "Salon")).to_be_visible()
    expect(messages(chat, "Alice")).not_to_contain_text("waits")
    assert [path for path, _ in stage.calls] == ["messages/"]


def test_what_happened_while_the_connection_was_lost_is_there_afterwards(chat: Page, stage: Stage) -> None:
    turn = stage.ask("A story", author=BOB)
    stage.start(turn)
    stage.say(turn, "Once ")
    expect(messages(chat, "Salon")).to_contain_text("Once")
    stage.drop()
    stage.say(turn, "upon a ")
    expect(messages(chat, "Salon")).to_contain_text("Once upon a")
    stage.say(turn, "time")
    stage.finish(turn)
    expect(messages(chat, "Salon").locator(".prose p").first).to_have_text("Once upon a time")


def test_a_frame_that_was_lost_is_asked_for(chat: Page, stage: Stage) -> None:
    turn = stage.ask("A story")
    stage.start(turn)
    stage.say(turn, "one ")
    expect(messages(chat, "Salon")).to_contain_text("one")
    stage.turns[turn]["output"][0]["content"][0]["text"] += "two "
    stage.turns[turn]["stream"]["sequence"] += 1
    stage.say(turn, "three")
    expect(messages(chat, "Salon")).to_contain_text("one two three")


def test_an_edited_message_becomes_a_branch_and_both_wordings_can_be_seen(chat: Page, stage: Stage) -> None:
    stage.answer("Brass it is.", "Could the base be brass?")
    messages(chat, "Alice").hover()
    messages(chat, "Alice").get_by_role("button", name="Edit").click()
    field = chat.get_by_role("textbox", name="New wording")
    expect(field).to_have_value("Could the base be brass?")
    field.fill("Could the base be steel?")
    field.press("Enter")
    expect(messages(chat, "Alice")).to_contain_text("steel")
    stage.start(2)
    stage.say(2, "Steel it is.")
    stage.finish(2)
    expect(messages(chat, "Alice")).to_contain_text("2 of 2")
    chat.get_by_role("link", name="Previous").click()
    expect(messages(chat, "Salon")).to_contain_text("Brass it is.")
    expect(chat).to_have_url(re.compile(r"\?branch=1$"))
    open_chat(chat, stage, "?branch=1")
    expect(messages(chat, "Alice")).to_contain_text("1 of 2")
    chat.go_back()
    expect(messages(chat, "Salon")).to_contain_text("Steel it is.")


def test_escape_leaves_a_message_as_it_was_and_gives_the_focus_back(chat: Page, stage: Stage) -> None:
    stage.answer("Yes.", "Brass?")
    expect(messages(chat, "Salon")).to_be_visible()
    box(chat).press("ArrowUp")
    field = chat.get_by_role("textbox", name="New wording")
    field.fill("Steel?")
    field.press("Escape")
    expect(field).to_have_count(0)
    expect(messages(chat, "Alice")).to_contain_text("Brass?")
    expect(chat.get_by_role("button", name="Edit")).to_be_focused()
    assert stage.calls == []


def test_only_own_messages_can_be_edited(chat: Page, stage: Stage) -> None:
    stage.answer("Yes.", "Brass?", author=BOB)
    messages(chat, "Bob").hover()
    expect(messages(chat, "Bob").get_by_role("button", name="Copy")).to_be_visible()
    expect(messages(chat, "Bob").get_by_role("button", name="Edit")).to_be_hidden()


def test_an_answer_is_given_again_and_the_first_one_stays(chat: Page, stage: Stage) -> None:
    stage.answer("First.")
    messages(chat, "Salon").hover()
    chat.get_by_role("button", name="Regenerate").click()
    stage.start(2)
    stage.say(2, "Second.")
    stage.finish(2)
    expect(messages(chat, "Salon")).to_contain_text("Second.")
    expect(messages(chat, "Salon")).to_contain_text("2 of 2")
    expect(messages(chat, "Alice")).to_have_count(1)
    expect(messages(chat, "Alice")).not_to_contain_text("of 2")


def test_a_failed_answer_says_what_to_do_and_can_be_tried_again(chat: Page, stage: Stage) -> None:
    turn = stage.ask("Hello")
    error = {"code": "rate_limited", "message": "The provider is at its limit for this minute. Try again shortly."}
    stage.finish(turn, "failed", error=error)
    expect(messages(chat, "Salon")).to_contain_text(error["message"])
    expect(chat.get_by_role("status")).to_have_text("The answer failed")
    chat.get_by_role("button", name="Retry").click()
    expect(chat.get_by_role("status")).to_have_text("Answering")
    assert stage.calls[-1][0] == f"responses/{turn}/regenerate/"


def test_an_interrupted_answer_keeps_its_words_and_can_be_continued(chat: Page, stage: Stage) -> None:
    turn = stage.ask("Hello")
    stage.start(turn)
    stage.say(turn, "Brass ages;")
    stage.finish(turn, "incomplete", incomplete="interrupted")
    expect(messages(chat, "Salon")).to_contain_text("Brass ages;")
    expect(messages(chat, "Salon")).to_contain_text("Interrupted")
    chat.get_by_role("button", name="Continue").click()
    expect(messages(chat, "Salon")).to_have_count(2)
    assert stage.calls[-1][0] == f"responses/{turn}/continue/"


def test_a_message_behind_a_running_answer_says_that_it_waits(chat: Page, stage: Stage) -> None:
    first = stage.ask("One")
    stage.start(first)
    stage.ask("Two", author=BOB)
    expect(messages(chat, "Salon").last).to_contain_text("Waiting for the answer before")
    stage.say(first, "Done.")
    stage.finish(first)
    expect(messages(chat, "Salon").last).not_to_contain_text("Waiting for the answer before")
    expect(chat.get_by_role("status")).to_have_text("Answering Bob")


def test_the_row_in_the_sidebar_keeps_up(chat: Page, stage: Stage) -> None:
    row = chat.get_by_role("complementary", name="Sidebar").get_by_role("link")
    turn = stage.ask("Hello", author=BOB)
    stage.conversation["title"] = "Brass and steel"
    stage.start(turn)
    expect(row).to_contain_text("Brass and steel")
    expect(row.get_by_role("img", name="A model is at work")).to_be_visible()
    stage.finish(turn)
    expect(row.get_by_role("img")).to_have_count(0)


def test_a_renamed_conversation_has_its_title_on_the_page(chat: Page, stage: Stage) -> None:
    chat.get_by_role("button", name="More").click()
    chat.get_by_role("button", name="Rename").click()
    title = chat.get_by_label("Title")
    expect(title).to_be_focused()
    title.fill("Lamps for winter")
    chat.get_by_role("button", name="Save").click()
    expect(chat.get_by_role("heading", level=1)).to_have_text("Lamps for winter")
    expect(chat).to_have_title("Lamps for winter · Salon")


def test_deleting_asks_first(chat: Page, stage: Stage) -> None:
    for answer in ("Keep it", "Delete"):
        chat.get_by_role("button", name="More").click()
        chat.get_by_role("button", name="Delete", exact=True).click()
        chat.get_by_role("dialog").get_by_role("button", name=answer).click()
        expect(chat.get_by_role("dialog")).to_have_count(0)
    expect(chat.get_by_role("heading", name="Home")).to_be_visible()
    expect_calls(chat, stage, ("delete/", {}))


def test_who_may_only_read_has_no_box_and_no_actions(page: Page, stage: Stage) -> None:
    stage.answer("Yes.")
    stage.conversation |= {"may_write": False, "may_note": False, "role": "viewer"}
    open_chat(page, stage)
    expect(box(page)).to_have_count(0)
    expect(page.get_by_text("You can read along here.")).to_be_visible()
    messages(page, "Alice").hover()
    expect(page.get_by_role("button", name="Edit")).to_be_hidden()
    expect(page.get_by_role("button", name="Regenerate")).to_be_hidden()


def test_code_can_be_copied(chat: Page, stage: Stage) -> None:
    stage.answer("```python\nlux = 506\n```")
    chat.get_by_role("button", name="Copy the code").click()
    expect(chat.get_by_text("Copied").first).to_be_visible()
    assert chat.evaluate("navigator.clipboard.readText()") == "lux = 506\n"


def test_a_thing_to_try_fills_the_box(chat: Page, stage: Stage) -> None:
    chat.get_by_role("group", name="Things to try").get_by_role("button").first.click()
    expect(box(chat)).to_be_focused()
    expect(box(chat)).not_to_have_value("")
