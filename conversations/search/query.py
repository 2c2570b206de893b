"""What a person looks for, read from the words that they typed: `lamp "sixty centimetres" -red from:bob has:image`."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass, field

PART = re.compile(r'(-?)(?:(from|in|has|after|before|tag|folder):)?(?:["“„]([^"“”]*)["”]?|(\S+))', re.IGNORECASE)
WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 20


@dataclass
class Query:
    """`terms` and `without` are words, or phrases of several. The last word that was typed may be the start of one."""

    terms: list[list[str]] = field(default_factory=list)
    without: list[list[str]] = field(default_factory=list)
    begun: bool = False
    people: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    has_image: bool = False
    after: dt.date | None = None
    before: dt.date | None = None
    problems: list[str] = field(default_factory=list)
    """What was typed in the form of a filter and is none."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for: exclusions alone find everything else, which nobody means."""
        places = self.titles or self.tags or self.folders
        return not (self.terms or self.people or places or self.has_image or self.after or self.before)


def parse(text: str) -> Query:
    """Return what `text` asks for. Everything has a meaning, so nothing is refused."""
    query = Query()
    for match in PART.finditer(text):
        minus, name, phrase, bare = match.groups()
        value = phrase if phrase is not None else bare
        if name and not minus:
            _filter(query, name.lower(), value)
            continue
        words = WORD.findall(f"{name}:{value}" if name else value)[:MOST_WORDS]
        if words:
            (query.without if minus else query.terms).append(words)
            query.begun = phrase is None and not minus and match.end() == len(text.rstrip()) == len(text)
    del query.terms[MOST_WORDS:], query.without[MOST_WORDS:]
    return query


def _filter(query: Query, name: str, value: str) -> None:
    if name == "from":
        query.people.append(value)
    elif name == "in":
        query.titles.append(value)
    elif name in {"tag", "folder"}:
        (query.tags if name == "tag" else query.folders).append(value.lower())
    elif name == "has" and value.lower() in {"image", "picture"}:
        query.has_image = True
    elif name in {"after", "before"} and (day := _day(value)):
        setattr(query, name, day)
    else:
        query.problems.append(f"{name}:{value}")


def _day(value: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        return None


def folded(text: str) -> str:
    """Return `text` without case and accents, and as long: places in one are places in the other."""
    if text.isascii():
        return text.lower()
    return "".join(_fold(character) for character in text)


def _fold(character: str) -> str:
    base = unicodedata.normalize("NFKD", character)[:1].lower()
    return base if len(base) == 1 else character
