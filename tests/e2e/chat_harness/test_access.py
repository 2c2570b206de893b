"""The page for keyboard, screen reader, phone and both themes."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.chat_harness.conftest import open_chat
from tests.e2e.chat_harness.documents import DOCUMENTS
from tests.e2e.chat_harness.stage import BOB, Stage
from tests.e2e.chat_harness.test_items import SHOWN

WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
LIGHT = pytest.mark.browser_context_args(color_scheme="light")
DARK = pytest.mark.browser_context_args(color_scheme="dark")
PHONE = pytest.mark.browser_context_args(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
in_each_look = pytest.mark.parametrize(
    "look", [pytest.param("light", marks=LIGHT), pytest.param("dark", marks=DARK), pytest.param("phone", marks=PHONE)]
)


def every_state(stage: Stage) -> None:
    """Turns in all their states, the last one still running."""
    for name in ("table", "code", "tasks", "quote", "display maths", "headings"):
        stage.answer(DOCUMENTS[name], f"Show {name}")
    turn = stage.ask("Everything")
    stage.start(turn)
    stage.turns[turn]["output"] = SHOWN
    stage.finish(turn, remarks=["Waited 3 s for the provider"], demo=True)
    stage.again(turn)
    stage.finish(max(stage.turns), "cancelled")
    for status, fields in (
        ("incomplete", {"incomplete": "interrupted"}),
        ("incomplete", {"incomplete": "max_output_tokens"}),
        ("failed", {"error": {"code": "x", "message": "The provider is at its limit for this minute. Try again."}}),
    ):
        stage.finish(stage.ask("Go on", author=BOB), status, **fields)
    last = stage.ask("And now?")
    stage.start(last)
    stage.say(last, "It still ", "writes")
    stage.ask("I wait", author=BOB)


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=WCAG).response["violations"]
    return [f"{v['id']}: {node['target']} {node['failureSummary']}" for v in found for node in v["nodes"]]


@in_each_look
def test_no_state_of_a_conversation_breaks_a_rule(page: Page, stage: Stage, look: str) -> None:
    every_state(stage)
    open_chat(page, stage)
    expect(page.get_by_text("It still writes")).to_be_visible()
    page.locator(".settled").first.wait_for(state="attached")
    for line in page.locator("summary").all():
        line.evaluate("line => line.parentElement.open = true")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"


@in_each_look
def test_an_empty_conversation_its_menu_and_dialogs_break_no_rule(page: Page, stage: Stage, look: str) -> None:
    open_chat(page, stage)
    assert violations(page) == []
    page.get_by_role("button", name="More").click()
    assert violations(page) == []
    page.get_by_role("button", name="Rename").click()
    assert violations(page) == []


def test_the_status_changes_only_when_an_answer_begins_and_ends(chat: Page, stage: Stage) -> None:
    chat.evaluate(
        """() => {
            globalThis.said = [];
            const status = document.querySelector("[role=status]");
            new MutationObserver(() => said.push(status.textContent))
                .observe(status, { childList: true, characterData: true, subtree: true });
        }"""
    )
    turn = stage.ask("Hello")
    stage.start(turn)
    stage.say(turn, *(f"word {number} " for number in range(20)))
    expect(chat.get_by_role("article", name="Message from Salon")).to_contain_text("word 19")
    chat.wait_for_timeout(2100)  # the seconds beside the words go on without a sound
    stage.finish(turn)
    expect(chat.get_by_role("status")).to_have_text("Answer complete")
    assert chat.evaluate("said") == ["Answering", "Answer complete"]
    expect(chat.get_by_role("log")).to_have_attribute("aria-live", "off")


def test_the_whole_page_can_be_used_with_the_keyboard(chat: Page, stage: Stage) -> None:
    expect(chat.get_by_role("textbox", name="Message")).to_be_focused()
    chat.keyboard.type("Brass?")
    chat.keyboard.press("Enter")
    stage.start(1)
    stage.say(1, "Yes.")
    expect(chat.get_by_role("button", name="Stop")).to_be_visible()
    chat.keyboard.press("Tab")
    expect(chat.get_by_role("button", name="Attach files")).to_be_focused()
    chat.keyboard.press("Tab")
    expect(chat.get_by_role("button", name="Effort of the next message")).to_be_focused()
    chat.keyboard.press("Tab")
    expect(chat.get_by_role("combobox", name="Model")).to_be_focused()
    chat.keyboard.press("Tab")
    chat.keyboard.press("Enter")
    expect(chat.get_by_role("article", name="Message from Salon")).to_contain_text("Stopped")
    expect(chat.get_by_role("textbox", name="Message")).to_be_focused()


def test_the_focus_stays_where_it_is_while_the_page_goes_on(chat: Page, stage: Stage) -> None:
    stage.answer("Yes.")
    copy = chat.get_by_role("article", name="Message from Salon").get_by_role("button", name="Copy")
    copy.focus()
    turn = stage.ask("And?", author=BOB)
    stage.start(turn)
    stage.say(turn, "More.")
    stage.finish(turn)
    expect(chat.get_by_role("article", name="Message from Salon")).to_have_count(2)
    expect(copy.first).to_be_focused()


def test_the_focus_goes_to_the_box_when_what_had_it_is_gone(chat: Page, stage: Stage) -> None:
    box = chat.get_by_role("textbox", name="Message")
    stage.answer("Yes.", "Brass?")
    expect(chat.get_by_role("article", name="Message from Salon")).to_be_visible()
    box.press("ArrowUp")
    chat.keyboard.type(" Or steel?")
    chat.keyboard.press("Enter")
    expect(chat.get_by_role("article", name="Message from Alice")).to_contain_text("2 of 2")
    expect(box).to_be_focused()
    stage.finish(2)
    chat.get_by_role("button", name="Regenerate").focus()
    chat.keyboard.press("Enter")
    expect(chat.get_by_role("article", name="Message from Salon")).to_contain_text("2 of 2")
    expect(box).to_be_focused()


@PHONE
def test_what_fingers_touch_is_large_enough(page: Page, stage: Stage) -> None:
    every_state(stage)
    open_chat(page, stage)
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, select, summary")]
            .filter((element) => element.checkVisibility() && element.getClientRects().length)
            .map((element) => [element.ariaLabel || element.textContent.trim(), element.getBoundingClientRect().height])
            .filter(([, height]) => height > 0 && height < 43.5)"""
    )
    assert small == []
