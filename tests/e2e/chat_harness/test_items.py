"""Every kind of item shows as something, and says what it did."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.chat_harness.stage import Stage

SHOWN: list[dict[str, Any]] = [
    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "**Comparing.** Brass is heavier."}]},
    {"type": "function_call", "name": "lux", "arguments": '{"distance":0.6}', "call_id": "call_1"},
    {"type": "mcp_call", "name": "update_product", "server_label": "shop", "arguments": "{}", "error": "timed out"},
    {"type": "web_search_call", "action": {"type": "search", "query": "photometry of lamps"}},
    {"type": "hologram_call", "depth": 3},
    {
        "type": "message",
        "role": "assistant",
        "content": [
            {
                "type": "output_text",
                "text": "It gives **506 lux** at sixty centimetres.\n\n```python\nlux = 182 / 0.6**2\n```",
                "annotations": [
                    {"type": "url_citation", "url": "https://a.example/sheet", "title": "The sheet"},
                    {"type": "url_citation", "url": "https://a.example/sheet", "title": "The sheet again"},
                    {"type": "url_citation", "url": "javascript:alert(1)", "title": "Bad"},
                ],
            }
        ],
    },
]


def answer_with(stage: Stage, *items: dict[str, Any]) -> int:
    turn = stage.ask("Hello")
    stage.start(turn)
    stage.turns[turn]["output"] = [*items]
    stage.finish(turn)
    return turn


def answer(page: Page) -> Locator:
    return page.get_by_role("article", name="Message from Salon")


def test_reasoning_is_one_line_that_opens_to_its_summary(chat: Page, stage: Stage) -> None:
    answer_with(stage, SHOWN[0])
    line = answer(chat).locator("summary")
    expect(line).to_contain_text("Thought for 0.6 s")
    expect(answer(chat).get_by_text("Brass is heavier")).to_be_hidden()
    line.click()
    expect(answer(chat).get_by_text("Brass is heavier")).to_be_visible()


def test_a_call_opens_to_its_exact_arguments(chat: Page, stage: Stage) -> None:
    answer_with(stage, SHOWN[1])
    answer(chat).get_by_text("Called lux").click()
    expect(answer(chat).get_by_text('"distance": 0.6')).to_be_visible()


def test_a_failed_call_says_so_and_why(chat: Page, stage: Stage) -> None:
    answer_with(stage, SHOWN[2])
    answer(chat).get_by_text("update_product").click()
    expect(answer(chat).locator("summary")).to_contain_text("failed")
    expect(answer(chat).get_by_text("timed out")).to_be_visible()


def test_an_item_of_an_unknown_kind_is_shown_as_received(chat: Page, stage: Stage) -> None:
    answer_with(stage, SHOWN[4])
    answer(chat).get_by_text("hologram_call").first.click()
    expect(answer(chat).get_by_text('"depth": 3')).to_be_visible()


def test_sources_are_listed_once_and_lead_outside_only(chat: Page, stage: Stage) -> None:
    answer_with(stage, SHOWN[5])
    sources = answer(chat).get_by_role("list", name="Sources").get_by_role("link")
    expect(sources).to_have_text(["The sheet"])
    expect(sources).to_have_attribute("rel", re.compile("noopener noreferrer"))


def test_a_refusal_is_shown_with_a_word_about_it(chat: Page, stage: Stage) -> None:
    refusal = {"type": "refusal", "refusal": "I can’t help with that."}
    answer_with(stage, {"type": "message", "role": "assistant", "content": [refusal]})
    expect(answer(chat)).to_contain_text("I can’t help with that.")
    expect(answer(chat)).to_contain_text("The model refused.")


def test_a_picture_forms_in_a_box_that_keeps_its_size(chat: Page, stage: Stage) -> None:
    turn = stage.ask("Paint")
    stage.start(turn)
    item = {"type": "image_generation_call", "status": "generating", "size": "1536x1024"}
    stage.event(turn, {"type": "response.output_item.added", "output_index": 0, "item": item})
    frame = answer(chat).locator("figure.picture .frame")
    empty = frame.bounding_box()
    for index, shade in enumerate(("334433", "335544")):
        picture = {"url": f"/files/{shade}/", "index": index, "width": 1536, "height": 1024}
        event = {"type": "response.image_generation_call.partial_image", "output_index": 0, "partial_image": picture}
        stage.event(turn, event)
        expect(frame.locator("img")).to_have_attribute("src", f"/files/{shade}/")
    expect(answer(chat)).to_contain_text("Partial 2")
    assert frame.bounding_box() == empty
    image = {"url": "/files/446655/", "width": 1536, "height": 1024}
    stage.turns[turn]["output"] = [{**item, "image": image, "revised_prompt": "A green lamp on walnut"}]
    stage.finish(turn)
    expect(answer(chat).get_by_role("img", name="A green lamp on walnut")).to_have_attribute("src", "/files/446655/")
    expect(answer(chat).get_by_role("link", name="Download")).to_be_visible()
    assert frame.bounding_box() == empty


def test_a_finished_picture_is_not_replaced_by_a_partial_that_comes_late(chat: Page, stage: Stage) -> None:
    image = {"url": "/files/446655/", "width": 64, "height": 64}
    late = {"url": "/files/000000/", "index": 2}
    item = {"type": "image_generation_call", "status": "completed", "image": image, "partial_image": late}
    answer_with(stage, item)
    expect(answer(chat).locator(".frame img")).to_have_attribute("src", "/files/446655/")


def test_a_hostile_name_or_title_stays_text(chat: Page, stage: Stage) -> None:
    evil = "<img src=x onerror=alert(1)>"
    stage.conversation["title"] = evil
    note = {"type": "url_citation", "url": "https://a.example/", "title": evil}
    part = {"type": "output_text", "text": "x", "annotations": [note]}
    call = {"type": "mcp_call", "name": evil, "server_label": evil, "arguments": evil, "error": evil}
    turn = stage.ask("Hello", author={"id": 2, "name": evil, "initial": "<", "hue": 9, "avatar": None})
    stage.turns[turn]["output"] = [call, {"type": evil}, {"type": "message", "content": [part]}]
    stage.finish(turn, "failed", error={"code": "x", "message": evil}, remarks=[evil], model_label=evil)
    expect(chat.get_by_role("heading", level=1)).to_have_text(evil)
    expect(answer(chat)).to_contain_text(evil)
    assert chat.locator("img[src=x]").count() == 0
