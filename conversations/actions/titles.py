"""What a conversation is called until somebody says it better: the first words said in it."""

from __future__ import annotations

import re

TITLE_LENGTH = 60
ORNAMENTS = re.compile(r"[*`~]+|^\s*[#>]+\s+", re.MULTILINE)
"""Of Markdown: a title is plain text."""


def shortened(text: str) -> str:
    """Return the first words of a message as a title."""
    line = " ".join(ORNAMENTS.sub("", text).split()) or " ".join(text.split())
    if len(line) <= TITLE_LENGTH:
        return line
    return line[:TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(",;:.") + "…"
