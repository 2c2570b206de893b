"""The few words of a text around what was looked for, in pieces, so that a page can light the hits without any HTML."""

from __future__ import annotations

import re

from conversations.markup import Piece, lit
from conversations.search.query import Query, folded

AROUND = 90
"""Characters shown before the first hit."""
LENGTH = 280
LOOKED_AT = 200_000
"""Characters of a text that are indexed, and looked at here."""


def excerpt(text: str, query: Query) -> list[Piece]:
    """Return pieces of about LENGTH characters of `text` around its first hit; each is (words, whether it is a hit)."""
    text = text[:LOOKED_AT]
    pattern = _pattern(query)
    first = pattern.search(folded(text)) if pattern else None
    start = max(0, first.start() - AROUND) if first else 0
    start = text.rfind(" ", 0, start + 1) + 1 if start else 0
    shown = " ".join(text[start : start + LENGTH].split())
    pieces = lit(shown, pattern.finditer(folded(shown)) if pattern else ())
    before = [("… ", False)] if start else []
    after = [(" …", False)] if start + LENGTH < len(text) else []
    return [*before, *pieces, *after]


def _pattern(query: Query) -> re.Pattern[str] | None:
    terms = [r"[\W_]+".join(re.escape(folded(word)) for word in words) for words in query.terms]
    if not terms:
        return None
    last = f"{terms[-1]}[^\\W_]*" if query.begun else terms[-1]
    return re.compile("|".join(rf"(?<![^\W_]){term}(?![^\W_])" for term in [*terms[:-1], last]))
