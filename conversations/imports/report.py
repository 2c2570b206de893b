"""What was taken of an import and what was not, and why: for the person who brought it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

MOST_LEFT = 200
MOST_CONVERSATIONS = 100


@dataclass
class Report:
    taken: Counter[str] = field(default_factory=Counter)
    """`conversations`, `messages`, `files`, and `known`: conversations that an earlier import has brought."""
    left: Counter[tuple[str, str]] = field(default_factory=Counter)
    conversations: list[str] = field(default_factory=list)

    def leave(self, what: str, why: str) -> None:
        """Note something that is not taken; of very many only how many they are."""
        key = (what[:200], why[:300])
        if key not in self.left and len(self.left) >= MOST_LEFT:
            key = ("More", "See the first of them.")
        self.left[key] += 1

    def brought(self, conversation_id: str) -> None:
        self.taken["conversations"] += 1
        if len(self.conversations) < MOST_CONVERSATIONS:
            self.conversations.append(conversation_id)

    def told(self) -> dict[str, Any]:
        """Return it as it is kept."""
        left = [{"what": what, "why": why, "count": count} for (what, why), count in self.left.items()]
        return {"taken": dict(self.taken), "left": left, "conversations": self.conversations}
