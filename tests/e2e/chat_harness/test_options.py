"""What is asked of the model: its name, instructions, effort."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.chat_harness.conftest import expect_calls
from tests.e2e.chat_harness.stage import BOB, Stage
from tests.e2e.chat_harness.test_conversation import box, messages


def test_the_model_that_is_chosen_is_kept_for_the_conversation(chat: Page, stage: Stage) -> None:
    chat.get_by_role("combobox", name="Model").select_option("demo")
    expect(chat.get_by_role("status")).to_have_text("Ready · built-in demo model")
    expect_calls(chat, stage, ("update/", {"model": "demo"}))


def test_the_options_show_what_others_have_changed_meanwhile(chat: Page, stage: Stage) -> None:
    stage.conversation["instructions"] = "Answer in British English."
    stage.ask("Hello", author=BOB)
    expect(messages(chat, "Bob")).to_be_visible()
    chat.get_by_role("button", name="Options", exact=True).first.click()
    expect(chat.get_by_label("Instructions", exact=True)).to_have_value("Answer in British English.")
    stage.conversation["instructions"] = "Answer in verse."
    stage.conversation["options"] = {"reasoning": {"effort": "high"}}
    stage.ask("Again", author=BOB)
    expect(chat.get_by_label("Instructions", exact=True)).to_have_value("Answer in verse.")
    expect(chat.get_by_label("Reasoning effort")).to_have_value("high")
    expect(chat.get_by_label("Temperature")).to_be_hidden()


def test_a_bad_option_is_explained_beside_its_field_and_stays_there(
    chat: Page, stage: Stage, console_allows: list[str]
) -> None:
    console_allows.append("400")
    chat.get_by_role("button", name="Options", exact=True).first.click()
    stage.refuse = (400, "Instructions have at most 100,000 characters.")
    instructions = chat.get_by_label("Instructions", exact=True)
    instructions.fill("Too long")
    instructions.blur()
    expect(chat.get_by_role("alert")).to_have_text("Instructions have at most 100,000 characters.")
    stage.refuse = None
    stage.ask("Hello", author=BOB)
    expect(instructions).to_have_value("Too long")
    instructions.fill("Short")
    with chat.expect_response(lambda answer: answer.url.endswith("/update/")):
        instructions.blur()
    expect(chat.get_by_role("alert")).to_have_count(0)
    assert stage.calls[-1] == ("update/", {"instructions": "Short"})


def test_a_message_asks_for_its_own_effort_once(chat: Page, stage: Stage) -> None:
    chat.get_by_role("button", name="Effort of the next message").click()
    chat.get_by_role("radio", name="high").check()
    for text in ("Think hard", "And now as usual"):
        box(chat).fill(text)
        with chat.expect_response(lambda answer: answer.url.endswith("/messages/")):
            box(chat).press("Enter")
        expect(messages(chat, "Alice").last).to_contain_text(text)
    asked = [body.get("options") for path, body in stage.calls if path == "messages/"]
    assert asked == [{"reasoning.effort": "high"}, None]
