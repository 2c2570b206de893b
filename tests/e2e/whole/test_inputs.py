"""A picture and a PDF go in, a table comes out; two people see the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.whole.chat import answers, begin, open_chat, send, wait_for_words, wait_until_ended, wait_until_ready
from tests.e2e.whole.conftest import Enter
from tests.intake import made
from tests.live.server import Server


@pytest.fixture(scope="module")
def demo(ground: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Salon with the embedded provider."""
    demo = Server(tmp_path_factory.mktemp("inputs") / "data", ground=ground, SALON_MODELS="demo,smollm2-135m")
    demo.start()
    yield demo
    demo.close()


def attached(page: Page) -> list[str]:
    """What the composer will send along."""
    chips = page.get_by_role("list", name="Attachments").get_by_role("listitem")
    return [str(name) for name in chips.locator("b").all_text_contents()]


def drop(page: Page, name: str, content: bytes, kind: str) -> None:
    """Drag a file over the page and let it go there."""
    give = """([name, bytes, type]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], name, { type }));
        return data;
    }"""
    data = page.evaluate_handle(give, [name, list(content), kind])
    page.dispatch_event("chat-log, .opening", "dragenter", {"dataTransfer": data})
    expect(page.get_by_text("Drop pictures, PDFs or texts here")).to_be_visible()
    page.dispatch_event("chat-log, .opening", "drop", {"dataTransfer": data})
    expect(page.get_by_text("Drop pictures, PDFs or texts here")).to_be_hidden()


def test_a_picture_and_a_pdf_are_attached_kept_sent_and_seen_by_all(
    enter: Enter, demo: Server, tmp_path: Path, console_allows: list[str]
) -> None:
    console_allows.append("415")  # the archive
    for name, content in {
        "lamp.png": made.picture(size=(300, 200)),
        "notes.pdf": made.pdf(6),
        "all.zip": made.archive("a.txt"),
    }.items():
        (tmp_path / name).write_bytes(content)
    page = enter(demo, "Alice")
    path = begin(page)
    chooser = page.locator("input[type=file]")
    chooser.set_input_files([tmp_path / "lamp.png", tmp_path / "all.zip"])
    expect(page.get_by_role("listitem").filter(has_text="Archives are not taken")).to_be_visible()
    page.get_by_role("button", name="Remove all.zip").click()
    drop(page, "notes.pdf", made.pdf(6), "application/pdf")
    expect(page.get_by_role("listitem").filter(has_text="6 pages")).to_be_visible()
    page.get_by_role("combobox", name="Detail of lamp.png").select_option("high")

    page.reload()
    wait_until_ready(page)
    assert attached(page) == ["lamp.png", "notes.pdf"]
    expect(page.get_by_role("combobox", name="Detail of lamp.png")).to_have_value("high")
    send(page, "What do you see?")
    wait_for_words(page, "The image is a PNG, 300 × 200 pixels, on average #206040")
    wait_for_words(page, f"The file notes.pdf has {len(made.pdf(6))} bytes")
    wait_until_ended(page)
    assert attached(page) == []

    demo.inside("invite", conversation=path.split("/")[2], name="Bob", role="editor")
    bob = open_chat(enter(demo, "Bob"), path)
    for member in (page, bob):
        picture = member.get_by_role("img", name="lamp.png")
        picture.scroll_into_view_if_needed()
        expect(picture).not_to_have_js_property("naturalWidth", 0)
        expect(member.get_by_role("link", name="notes.pdf")).to_contain_text("6 pages")

    page.get_by_role("article", name="Message from Alice").hover()
    page.get_by_role("button", name="Edit").first.click()
    page.get_by_role("textbox", name="New wording").fill("And now?")
    page.get_by_role("button", name="Save").click()
    wait_for_words(page, "The image is a PNG, 300 × 200 pixels")
    expect(page.get_by_role("img", name="lamp.png")).to_have_count(1)


def test_a_model_without_eyes_is_not_shown_pictures(enter: Enter, demo: Server) -> None:
    page = enter(demo, "Alice")
    begin(page)
    page.get_by_role("combobox", name="Model", exact=True).select_option("smollm2-135m")
    drop(page, "lamp.png", made.picture(), "image/png")
    expect(page.get_by_role("button", name="Remove lamp.png")).to_be_visible()
    send(page, "What is this?")
    expect(page.get_by_text("This model cannot see pictures.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("What is this?")
    assert attached(page) == ["lamp.png"]


def test_an_answer_is_asked_for_as_a_table_and_taken_along_as_csv(
    enter: Enter, demo: Server, console_allows: list[str]
) -> None:
    console_allows.append("400")  # the name with a blank
    page = enter(demo, "Alice", permissions=["clipboard-read", "clipboard-write"])
    page.goto("/schemas/new/")
    page.get_by_label("Name").fill("lamp list")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("no blanks")).to_be_visible()
    page.get_by_label("Name").fill("lamps")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("“lamps” is saved.")).to_be_visible()

    path = begin(page)
    page.get_by_role("combobox", name="Model", exact=True).select_option("demo")
    page.get_by_role("button", name="Form of the next answer").click()
    page.get_by_role("radio", name="lamps").check()
    send(page, "Which lamps are “=Fenn”, green and 41 high?")
    wait_until_ended(page)
    for _ in range(2):
        table = answers(page).last.get_by_role("table")
        expect(table.get_by_role("columnheader")).to_have_text(["name", "height_cm", "shade"])
        expect(table.get_by_role("cell")).to_have_text(["=Fenn", "41", "green"])
        expect(answers(page).last).to_contain_text("fits its schema")
        page = open_chat(page, path)  # the same after a reload
    page.get_by_role("button", name="Copy CSV").click()
    expect(page.get_by_text("Copied as CSV")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "name,height_cm,shade\r\n'=Fenn,41,green\r\n"
    page.get_by_role("button", name="JSON", exact=True).click()
    expect(answers(page).last.locator("pre")).to_contain_text('"name": "=Fenn"')
