"""The text of a prompt: words, and variables that are asked for when it is used.

`{{ topic }}` is one line, `{{ notes : long }}` several, `{{ day : date }}` a date, and
`{{ tone : choice : friendly | formal }}` one of a list. The same name twice is asked for once.
"""

from __future__ import annotations

import re
from typing import Any

VARIABLE = re.compile(r"\{\{([^{}]{1,600})\}\}")
NAME = re.compile(r"[\w][\w .-]{0,39}")
KINDS = ("text", "long", "date", "choice")
MOST_CHOICES = 20
MOST_VARIABLES = 20


class BadPrompt(Exception):
    """`sentence` says what is wrong with a variable."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def pieces(text: str) -> list[str | dict[str, Any]]:
    """Return the words and variables of a prompt in their order; raise `BadPrompt`."""
    found: list[str | dict[str, Any]] = []
    known: dict[str, dict[str, Any]] = {}
    at = 0
    for match in VARIABLE.finditer(text):
        if match.start() > at:
            found.append(text[at : match.start()])
        variable = _variable(match[1])
        known.setdefault(variable["name"], variable)
        if len(known) > MOST_VARIABLES:
            raise BadPrompt(f"A prompt has at most {MOST_VARIABLES} variables.")
        if variable["kind"] != "text" and variable != known[variable["name"]]:
            raise BadPrompt(f"“{variable['name']}” is described twice, in two ways.")
        found.append(known[variable["name"]])
        at = match.end()
    return [*found, text[at:]] if at < len(text) else found


def _variable(inside: str) -> dict[str, Any]:
    name, _, rest = inside.partition(":")
    kind, _, choices = rest.partition(":")
    name, kind = " ".join(name.split()), kind.strip().lower() or "text"
    if not NAME.fullmatch(name):
        raise BadPrompt(f"“{name[:40]}” is no name of a variable: use letters, digits and blanks.")
    if kind not in KINDS:
        raise BadPrompt(f"“{name}” is of no kind that there is: text, long, date or choice.")
    offered = list(dict.fromkeys(choice.strip() for choice in choices.split("|") if choice.strip()))
    if kind == "choice" and not 2 <= len(offered) <= MOST_CHOICES:
        raise BadPrompt(f"“{name}” needs two choices or more: {{{{ {name} : choice : one | other }}}}.")
    return {"name": name, "kind": kind, "choices": offered if kind == "choice" else []}
