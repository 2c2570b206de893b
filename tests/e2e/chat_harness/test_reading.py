"""How words stand on the page: from either side, in wide tables, in the line below the box."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.chat_harness.stage import BOB, Stage
from tests.e2e.chat_harness.test_conversation import messages


def test_json_that_was_cut_short_is_tried_again_and_not_continued(chat: Page, stage: Stage) -> None:
    turn = stage.ask("Which lamps are there?")
    stage.start(turn)
    stage.say(turn, '{"lamps": [')
    stage.finish(turn, "incomplete", incomplete="max_output_tokens", form="lamps", fit=None)
    expect(messages(chat, "Salon")).to_contain_text("its JSON is not whole")
    expect(chat.get_by_role("button", name="Retry")).to_be_visible()
    expect(chat.get_by_role("button", name="Continue")).to_be_hidden()


def test_the_line_that_says_offline_lies_on_nothing_else(chat: Page, stage: Stage) -> None:
    chat.context.set_offline(True)
    said = chat.get_by_role("status")
    expect(said).to_contain_text("Offline")
    kept = chat.locator("status-line > a")
    assert chat.evaluate(
        "([a, b]) => a.getBoundingClientRect().right <= b.getBoundingClientRect().left",
        [said.element_handle(), kept.element_handle()],
    )


def test_words_that_are_written_from_the_right_begin_there(chat: Page, stage: Stage) -> None:
    turn = stage.ask("مرحبا، كيف حالك؟", author=BOB)
    stage.start(turn)
    stage.say(turn, "Good evening.")
    for name, side in [("Bob", "right"), ("Salon", "left")]:
        words = messages(chat, name).locator(".prose p").first
        expect(words).to_be_visible()
        begins = words.evaluate(
            """(paragraph, side) => {
                const range = document.createRange();
                range.selectNodeContents(paragraph);
                return range.getBoundingClientRect()[side] - paragraph.getBoundingClientRect()[side];
            }""",
            side,
        )
        assert abs(begins) < 2, name


def test_the_words_of_a_wide_table_stay_whole_and_it_scrolls(chat: Page, stage: Stage) -> None:
    chat.set_viewport_size({"width": 390, "height": 844})
    heads = [f"Heading{number}" for number in range(8)]
    turn = stage.ask("Compare them")
    stage.start(turn)
    stage.say(turn, f"|{'|'.join(heads)}|\n|{'---|' * 8}\n|{'lampshade|' * 8}\n")
    stage.finish(turn)
    table = messages(chat, "Salon").get_by_role("region")
    expect(table).to_be_visible()
    assert table.evaluate("region => region.scrollWidth > region.clientWidth")
    lines = table.locator("th, td").evaluate_all("cells => Math.max(...cells.map((cell) => cell.clientHeight))")
    assert lines < 50, "no word is broken into lines"
