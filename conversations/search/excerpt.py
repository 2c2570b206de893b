"""The few words of a text around what was looked for, in pieces, so that a page can light the hits without any HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence

from conversations.markup import Piece, lit
from conversations.search.query import Query, folded

AROUND = 90
"""Characters shown before the first hit."""
LENGTH = 280
LOOKED_AT = 200_000
"""Characters of a text that are indexed, and looked at here."""
MARKS = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|```.*$|(?=[^\n]*---)[ \t:|-]+$)|\*\*|`",
    re.MULTILINE,
)
"""What Markdown has beside its words: headings, quotations, fences, the rule of a table, bold and code."""


def excerpt(text: str, query: Query) -> list[Piece]:
    """Return pieces of about LENGTH characters of `text` around its first hit; each is (words, whether it is a hit)."""
    text = text[:LOOKED_AT]
    pattern = _pattern(query)
    first = pattern.search(folded(text)) if pattern else None
    start = max(0, first.start() - AROUND) if first else 0
    start = text.rfind(" ", 0, start + 1) + 1 if start else 0
    shown = " ".join(MARKS.sub("", text[start : start + LENGTH]).split())
    pieces = lit(shown, pattern.finditer(folded(shown)) if pattern else ())
    before = [("… ", False)] if start else []
    after = [(" …", False)] if start + LENGTH < len(text) else []
    return [*before, *pieces, *after]


def fits(text: str, query: Query) -> bool:
    """Return whether a text has all words of a query, and none that it is to be without, as the index has it."""
    text = folded(text[:LOOKED_AT])
    has = (re.search(term, text) for term in _terms(query))
    return all(has) and not any(re.search(_term(words), text) for words in query.without)


def _pattern(query: Query) -> re.Pattern[str] | None:
    terms = _terms(query)
    return re.compile("|".join(terms)) if terms else None


def _terms(query: Query) -> list[str]:
    """Return a regular expression for each word or phrase."""
    last = len(query.terms) - 1
    return [_term(words, begun=query.begun and number == last) for number, words in enumerate(query.terms)]


def _term(words: Sequence[str], *, begun: bool = False) -> str:
    term = r"[\W_]+".join(re.escape(folded(word)) for word in words)
    ending = r"[^\W_]*" if begun else ""
    return rf"(?<![^\W_]){term}{ending}(?![^\W_])"
