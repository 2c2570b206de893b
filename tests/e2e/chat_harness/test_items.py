"""Every kind of item shows as something, and says what it did."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from conversations.shown import shown_item
from tests.e2e.chat_harness.stage import Stage
from tests.items.gallery import ITEMS, ONLY_INPUT
from tests.items.streams import events_of

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


def opened(page: Page) -> str:
    """What the first answer looks like with all its lines open, without what differs with each load."""
    page.evaluate("for (const line of document.querySelectorAll('details.aside')) line.open = true")
    expect(page.locator("details.aside:not([open])")).to_have_count(0)
    page.wait_for_function("document.querySelectorAll('details.aside[open] > div:empty').length === 0")
    html = page.locator(".said").first.inner_html()
    return re.sub(r'blob:[^"]+', "blob", html).replace('class="prose live"', 'class="prose"')


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
    expect(answer(chat).get_by_role("img", name="A green lamp on walnut")).to_have_attribute(
        "src", "/files/446655/size/1280/"
    )
    expect(answer(chat).get_by_role("link", name="Download")).to_be_visible()
    assert frame.bounding_box() == empty


def test_a_finished_picture_is_not_replaced_by_a_partial_that_comes_late(chat: Page, stage: Stage) -> None:
    image = {"url": "/files/446655/", "width": 64, "height": 64}
    late = {"url": "/files/000000/", "index": 2}
    item = {"type": "image_generation_call", "status": "completed", "image": image, "partial_image": late}
    answer_with(stage, item)
    expect(answer(chat).locator(".frame img")).to_have_attribute("src", "/files/446655/size/1280/")


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


def test_every_kind_of_item_looks_after_a_reload_as_it_did_live(chat: Page, stage: Stage) -> None:
    items = [shown_item(item) for kind, item in ITEMS.items() if kind != "image_generation_call"]
    turn = stage.ask("Show me everything")
    stage.start(turn)
    timing = {"began_ms": 0, "ended_ms": 2400}
    for event in events_of(items)[:-1]:
        done = event["type"] == "response.output_item.done"
        stage.event(turn, event | ({"item_timing": timing} if done else {}))
    expect(answer(chat)).to_contain_text("hologram_call")
    live = opened(chat)
    stage.turns[turn]["output"] = [item | {"timing": timing} for item in items]
    stage.turns[turn].update(status="completed", stream=None)
    stage._tell(turn)
    expect(answer(chat).get_by_role("button", name="Copy", exact=True).first).to_be_visible()
    assert opened(chat) == live
    chat.reload()
    expect(answer(chat)).to_contain_text("hologram_call")
    assert opened(chat) == live
    for words in ("Weighing the cosine law", "fenn-photometry.pdf", "45 899", "The shop is closed", "press ENTER"):
        expect(answer(chat)).to_contain_text(words)
    for secret in ("sealed", "hush"):
        expect(answer(chat)).not_to_contain_text(secret)


def test_citations_are_marks_in_the_text_that_lead_to_their_sources(chat: Page, stage: Stage) -> None:
    answer_with(stage, ITEMS["message"])
    marks = answer(chat).locator("a.cite")
    expect(marks).to_have_text(["1", "2", "3", "4"])
    expect(marks.first).to_have_attribute("href", "https://a.example/sheet?utm_source=openai")
    expect(answer(chat).locator(".prose").first).to_contain_text(
        "506 lux1. The sheet says the same.2 I drew it: chart3.4"
    )
    sources = answer(chat).get_by_role("list", name="Sources").get_by_role("listitem")
    expect(sources).to_have_text(["The sheet", "fenn-photometry.pdf", "chart.png · made by the code", "file-3"])


def test_marks_count_characters_as_the_service_does_and_stay_out_of_code(chat: Page, stage: Stage) -> None:
    text = "🪔🪔 lamp.\n\n```\ncode here\n```\n\ue0001\ue001 not a mark"
    note = {"type": "url_citation", "url": "https://a.example/", "title": "A"}
    notes = [
        note | {"start_index": 0, "end_index": text.index(".") + 1},
        note | {"start_index": text.index("code"), "end_index": text.index("code") + 4},
        note | {"start_index": 5, "end_index": 2},
        note | {"start_index": "0", "end_index": 10**9},
    ]
    answer_with(stage, {"type": "message", "content": [{"type": "output_text", "text": text, "annotations": notes}]})
    expect(answer(chat).locator("a.cite")).to_have_count(1)
    expect(answer(chat).locator(".prose p").first).to_have_text("🪔🪔 lamp.1")
    expect(answer(chat).locator("pre")).to_have_text("code here\n")


def test_what_is_very_long_shows_its_beginning_and_the_rest_when_asked(chat: Page, stage: Stage) -> None:
    results = [{"filename": f"file-{number}.txt", "score": 0.5, "text": "x"} for number in range(10_000)]
    found = {"type": "file_search_call", "queries": ["lamp"], "results": results}
    call = {"type": "function_call", "name": "lux", "arguments": "{" + "a" * 1_000_000}
    answer_with(stage, found, call)
    expect(answer(chat).locator("summary")).to_have_count(2)
    for line in answer(chat).locator("summary").all():
        line.click()
    expect(answer(chat).locator(".found li")).to_have_count(50)
    assert len(answer(chat).locator("pre code").inner_text()) == 10_000
    answer(chat).get_by_role("button", name="Show all 10,000").click()
    expect(answer(chat).locator(".found li")).to_have_count(10_000)
    answer(chat).get_by_role("button", name="Show all 1,000,001 characters").click()
    assert answer(chat).locator("pre code").evaluate("code => code.textContent.length") == 1_000_001


def test_what_programs_hand_over_stands_between_the_messages(chat: Page, stage: Stage) -> None:
    stage.answer("Hello")
    stage.turns[1]["output"].insert(0, {"type": "function_call", "name": "lux", "call_id": "call_1", "arguments": "{}"})
    turn = stage.ask("")
    handed = {"type": "function_call_output", "call_id": "call_1", "output": '{"lux": 506}'}
    known = stage.turns[turn]["input"][0]
    payloads = [handed, ONLY_INPUT["configuration_update"]]
    stage.turns[turn]["input"] = [
        known | {"id": 90 + number, "type": payload["type"], "role": "", "author": None, "payload": payload}
        for number, payload in enumerate(payloads)
    ]
    stage.start(turn)
    stage.say(turn, "It is bright.")
    stage.finish(turn)
    chat.reload()
    expect(chat.get_by_text("Result of lux")).to_be_visible()
    chat.get_by_text("Result of lux").click()
    expect(chat.get_by_text('"lux": 506')).to_be_visible()
    expect(chat.get_by_text("Changed the settings from here on")).to_be_visible()
    expect(chat.get_by_role("article", name="Message from Program")).to_have_count(0)
