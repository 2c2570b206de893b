"""What other programs export, in one form: messages that name the one before them, and how they become turns."""

from __future__ import annotations

import datetime as dt
import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

MOST_MESSAGES = 100_000
MOST_COPIES = 4
"""Times that messages may be repeated where answers fork within themselves."""
Content = Callable[[], Any]


@dataclass
class Part:
    """A piece of a message: text, thought, picture or file. `content` opens the bytes, where they are there."""

    kind: str
    text: str = ""
    content: Content | None = None
    words: str = ""
    """What a made picture was asked for as."""


@dataclass
class Message:
    id: str
    parent: str
    role: str
    """`user`, or `assistant` for all that came as an answer."""
    parts: list[Part]
    at: dt.datetime | None = None
    model: str = ""
    author: str = ""
    """A name, where somebody else than who imports wrote it."""


@dataclass
class Foreign:
    """One conversation from elsewhere."""

    key: str
    title: str
    at: dt.datetime | None = None
    model: str = ""
    current: str = ""
    """The last message of the line that was looked at."""
    messages: dict[str, Message] = field(default_factory=dict)
    left: list[tuple[str, str]] = field(default_factory=list)
    """What is not taken of it, and why."""


@dataclass
class Turn:
    """A question and one answer to it. The numbers are places in the list of turns."""

    question: Message | None
    answer: list[Message]
    previous: int | None
    again: int | None = None
    """The turn whose question this one answers once more."""


def turns(foreign: Foreign) -> list[Turn]:
    """Return the turns of all branches; each stands behind the one that it follows. Messages in a circle are in none.

    A message of a person begins a turn, and all that answers it up to the next one of a person belongs to it. Where an
    answer forks, each line is an answer of its own.
    """
    children: dict[str, list[str]] = {}
    for message in foreign.messages.values():
        known = message.parent in foreign.messages and message.parent != message.id
        children.setdefault(message.parent if known else "", []).append(message.id)
    made: list[Turn] = []
    room = [MOST_COPIES * len(foreign.messages) + 1000]
    todo: deque[tuple[str, int | None]] = deque((root, None) for root in children.get("", []))
    while todo:
        start, previous = todo.popleft()
        first, again = foreign.messages[start], None
        for answer, following in _answers(foreign, children, first, room):
            made.append(Turn(first if first.role == "user" else None, answer, previous, again))
            number = len(made) - 1
            again = number if again is None and first.role == "user" else again
            todo.extend((message, number) for message in following)
    return made


def _answers(
    foreign: Foreign, children: dict[str, list[str]], first: Message, room: list[int]
) -> Iterator[tuple[list[Message], list[str]]]:
    """Yield each line of answers behind a message, with the messages of people that follow it."""

    def after(message_id: str) -> tuple[list[str], list[Message]]:
        found = [foreign.messages[child] for child in children.get(message_id, [])]
        return [message.id for message in found if message.role == "user"], [
            message for message in found if message.role != "user"
        ]

    lines = deque([(first.id, [] if first.role == "user" else [first])])
    while lines:
        at, line = lines.popleft()
        people, answers = after(at)
        while len(answers) == 1 and not people:  # most answers do not fork
            line.append(answers[0])
            people, answers = after(answers[0].id)
        if people or not answers:
            yield line, people
        for message in answers:
            room[0] -= len(line) + 1
            if room[0] < 0:
                foreign.left.append(("Answers", "Its answers fork too often."))
                return
            lines.append((message.id, [*line, message]))


def line_to(foreign: Foreign, made: list[Turn]) -> int | None:
    """Return the turn that ends the line that was looked at."""
    for number in range(len(made) - 1, -1, -1):
        turn = made[number]
        ids = [message.id for message in turn.answer] + ([turn.question.id] if turn.question else [])
        if foreign.current in ids:
            return number
    return len(made) - 1 if made else None


def text(value: Any, most: int = 1_000_000) -> str:
    """Return a text from a stranger's JSON, "" for anything else."""
    return value[:most] if isinstance(value, str) else ""


def table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def listing(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def moment(value: Any) -> dt.datetime | None:
    """Return a time from seconds since 1970, None for what is none."""
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
        return None
    try:
        return dt.datetime.fromtimestamp(value / 1000 if value > 1e11 else value, dt.UTC)
    except (OverflowError, OSError, ValueError):
        return None
