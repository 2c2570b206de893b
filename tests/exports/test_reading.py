"""Markdown, HTML and PDF: one line of the conversation, to read."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from conversations.errors import Refused
from conversations.exports import pdf as papers
from conversations.exports.html import html
from conversations.exports.markdown import markdown
from conversations.exports.pdf import pdf
from conversations.models import Conversation, Response, User
from tests.exports import made

HOSTILE = """<script>alert(1)</script> <img src=x onerror=alert(1)> [a](javascript:alert(1)) ![b](https://evil.example/?q=1)
<svg onload=alert(1)> <a href="data:text/html,x">c</a> `</pre><script>` [d](//evil.example) <style>*{}</style>
| <iframe src=x> |
|---|
| </td><script>x</script> |
"""


@pytest.fixture
def responses(conversation: Conversation, alice: User, bob: User) -> list[Response]:
    return made.everything(conversation, alice, bob)


class Tags(HTMLParser):
    """Gathers the elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, attrs))


def read(pieces: object) -> str:
    return b"".join(pieces).decode()  # type: ignore[arg-type]


def test_markdown_says_who_said_what(conversation: Conversation, responses: list[Response]) -> None:
    text = read(markdown(conversation, responses[1].pk))
    assert re.search(r"^## Alice · .*\n\nWhich \*lamp\*\?", text, re.MULTILINE)
    assert "## The green one" in text
    assert text.index("Which *lamp*?") < text.index("Turn it on")


def test_only_the_branch_that_is_asked_for_is_told(conversation: Conversation, responses: list[Response]) -> None:
    text = read(markdown(conversation, responses[2].pk))
    assert "Or the red one?" in text
    assert "Turn it on" not in text


def test_an_answer_once_more_stands_below_the_same_message(
    conversation: Conversation, responses: list[Response]
) -> None:
    text = read(markdown(conversation, responses[3].pk))
    assert text.index("Or the red one?") < text.index("Never.")


def test_html_has_its_pictures_inside(conversation: Conversation, responses: list[Response]) -> None:
    page = read(html(conversation, responses[1].pk))
    assert '<img src="data:image/png;base64,' in page
    assert "<th>a</th>" in page


def test_what_is_hostile_stays_text_in_html(conversation: Conversation, alice: User) -> None:
    alice.name = "<script>alert(2)</script>"
    alice.save()
    conversation.title = "</title><script>alert(3)</script>"
    last = made.turn(conversation, alice, made.said(HOSTILE), made.answered(HOSTILE))
    found = Tags()
    found.feed(read(html(conversation, last.pk)))
    names = [name for name, _ in found.all]
    assert not set(names) & {"script", "iframe", "svg", "object", "embed", "img", "link"}
    assert names.count("style") == 1
    attributes = [(name, value) for _, given in found.all for name, value in given]
    assert not [name for name, _ in attributes if name.startswith("on") or name in {"src", "style"}]
    assert {value for name, value in attributes if name == "href"} == {"https://evil.example/?q=1"}


def test_a_pdf_is_made_with_table_code_and_picture(conversation: Conversation, responses: list[Response]) -> None:
    content = b"".join(pdf(conversation, responses[1].pk))
    assert content.startswith(b"%PDF-")
    assert b"/Subtype /Image" in content


def test_a_pdf_takes_hostile_words_and_every_script(conversation: Conversation, alice: User) -> None:
    words = HOSTILE + "日本語 العربية 🙂 \u0000\u202e" + "[" * 5_000 + "\n" + "> " * 500 + "|" * 3_000
    last = made.turn(conversation, alice, made.said(words), made.answered("```\n" + "x" * 5_000))
    assert b"".join(pdf(conversation, last.pk)).startswith(b"%PDF-")


def test_a_conversation_too_long_for_a_pdf_is_refused_in_a_sentence(
    conversation: Conversation, responses: list[Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(papers, "MOST", 100)
    with pytest.raises(Refused, match="HTML instead"):
        pdf(conversation, responses[1].pk)
