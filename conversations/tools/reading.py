"""A web page as text to read: headings, lists, and links with their addresses."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin

import nh3

TAGS = {
    "a", "h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "section", "article", "main", "br", "hr", "ul", "ol", "li",
    "dl", "dt", "dd", "table", "tr", "td", "th", "caption", "pre", "blockquote", "figcaption", "title",
}  # fmt: skip
DROPPED = {"script", "style", "noscript", "template", "svg", "nav", "iframe", "object", "form", "button", "select"}
"""What is left out with all that it holds."""
BLOCKS = TAGS - {"a", "td", "th", "title"}
LINES = {"br", "li", "tr", "dt", "dd"}
"""Blocks that begin a line and no paragraph."""


def readable(html: str, url: str) -> tuple[str, str]:
    """Return the title and the text of a page that came from `url`.

    The page is put in order by a parser that is made for hostile HTML, so that ours reads nothing that is not nested.
    """
    title = re.search(r"<title[^>]*>([^<]{1,500})", html[:200_000], re.I)
    clean = nh3.clean(
        html,
        tags=TAGS - {"title"},
        clean_content_tags=DROPPED | {"title"},
        attributes={"a": {"href"}},
        url_schemes={"http", "https"},
        link_rel=None,
    )
    reader = _Reader(url)
    reader.feed(clean)
    reader.close()
    text = re.sub(r"[ \t\r\f\v]+\n", "\n", "".join(reader.parts))
    return _words(unescape(title[1])) if title else "", re.sub(r"\n{3,}", "\n\n", text).strip()


def _words(text: str) -> str:
    return " ".join(text.split())


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._url = url
        self._links: list[tuple[str, int]] = []
        self._verbatim = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._links.append((dict(attributes).get("href") or "", len(self.parts)))
        elif tag == "pre":
            self._verbatim += 1
        elif tag in {"td", "th"}:
            self.parts.append(" | ")
        if tag in BLOCKS:
            self.parts.append("\n" if tag in LINES else "\n\n")
        if tag == "li":
            self.parts.append("- ")
        elif re.fullmatch("h[1-6]", tag):
            self.parts.append("#" * int(tag[1]) + " ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._verbatim -= 1
        if tag == "a" and self._links:
            address, start = self._links.pop()
            said = _words("".join(self.parts[start:]))
            if said and address and not address.startswith("#"):
                self.parts[start:] = [f"[{said}]({_joined(self._url, address)})"]
        elif tag in BLOCKS - LINES:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._verbatim:
            data = re.sub(r"\s+", " ", data)
            if not self.parts or self.parts[-1].endswith("\n"):
                data = data.lstrip()
        if data:
            self.parts.append(data)


def _joined(url: str, address: str) -> str:
    try:
        return urljoin(url, address)
    except ValueError:
        return address
