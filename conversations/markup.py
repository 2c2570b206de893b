"""The one place where the server makes HTML from what a person or a model wrote. Pages in the browser have their own.

Raw HTML in it stays text; what Markdown makes is cleaned once more, so that a mistake of one library is not enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml

TAGS = {
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "strong",
}
TAGS |= {"table", "tbody", "td", "th", "thead", "tr", "ul"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}}
LONGEST = 400_000
"""Characters. What is longer is shown as it was written."""
MOST_NESTED = 20
Piece = tuple[str, bool]
"""Words, and whether they are a hit."""


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": MOST_NESTED})
    reader.enable(["table", "strikethrough"])
    reader.add_render_rule("image", lambda renderer, tokens, index, *_: _image(tokens[index]))
    reader.add_render_rule("heading_open", lambda _, tokens, index, *__: f"<h{_level(tokens[index].tag)}>")
    reader.add_render_rule("heading_close", lambda _, tokens, index, *__: f"</h{_level(tokens[index].tag)}>")
    return reader


def _level(tag: str) -> int:
    return min(int(tag[1]) + 2, 6)  # the page's own headings are above those of an answer


def _image(token: object) -> str:
    """A picture from elsewhere tells its server what was said here: it becomes a link."""
    source = str(getattr(token, "attrGet")("src") or "")  # noqa: B009
    words = str(getattr(token, "content", "")) or source
    return f'<a href="{escapeHtml(source)}">{escapeHtml(words)}</a>'


_markdown = _reader()
_typed = _reader()
_typed.options["breaks"] = True


def html_of(text: str, *, breaks: bool = False) -> SafeString:
    """Return a Markdown text as safe HTML: nothing in it runs, fetches, or leaves the page unasked.

    With `breaks` a line break stays one, as people expect of what they typed.
    """
    if len(text) > LONGEST:
        return format_html("<pre>{}</pre>", text)
    made = nh3.clean(
        (_typed if breaks else _markdown).render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(made)  # noqa: S308  # cleaned in the line before


def lit(text: str, hits: Iterable[re.Match[str]]) -> list[Piece]:
    """Return a text in pieces, so that a page can light the hits (`parts/lit.html`) without any HTML from here."""
    pieces: list[Piece] = []
    end = 0
    for hit in hits:
        pieces += [(text[end : hit.start()], False), (text[hit.start() : hit.end()], True)]
        end = hit.end()
    return [piece for piece in [*pieces, (text[end:], False)] if piece[0]]
