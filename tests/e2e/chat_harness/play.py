"""The conversation that a test directs, as the server would show it: turns, branches, facts."""

from __future__ import annotations

import copy
from typing import Any

CONVERSATION = "conv_0123456789abcdef0123456789abcdef"
PAGE = 30

Turn = dict[str, Any]


class Play:
    """What has been said so far, and what a page, a fact or a snapshot shows of it."""

    def __init__(self) -> None:
        self.conversation: dict[str, Any] = {
            "id": CONVERSATION,
            "title": "Lamp launch",
            "model": "gpt-5",
            "instructions": "",
            "state": "",
            "state_in_force": "stored",
            "options": {},
            "branch": None,
            "role": "owner",
            "may_write": True,
            "may_note": True,
            "people": {"count": 1, "first": []},
            "pinned": False,
            "archived": False,
        }
        self.models = [
            {"name": "gpt-5", "label": "gpt-5", "demo": False, "options": {"reasoning.effort": ["low", "high"]}},
            {"name": "demo", "label": "demo (scripted)", "demo": True, "options": {}},
        ]
        self.turns: dict[int, Turn] = {}
        self.position = 0
        self.facts: list[tuple[int, int | None]] = []

    def shown(self, branch: int | None, before: int | None) -> dict[str, Any]:
        path: list[int] = []
        step = self.turns[before]["previous"] if before else self._head(branch)
        while step:
            path.append(step)
            step = self.turns[step]["previous"]
        shown = path[:PAGE][::-1]
        older = shown[0] if len(path) > PAGE else None
        at_work = [t for t in self.turns.values() if t["status"] in {"queued", "in_progress"}]
        return {
            "turns": [self.shown_turn(turn_id) for turn_id in shown],
            "before": older,
            "notes": [],
            "branch": branch,
            "running": [{"id": t["id"], "branch": t["branch"]} for t in at_work],
        }

    def shown_turn(self, turn_id: int) -> Turn:
        turn = self.turns[turn_id]
        beside = [t for t in self.turns.values() if t["previous"] == turn["previous"]]
        message = turn["input_from"] or turn_id
        answers = [t for t in beside if (t["input_from"] or t["id"]) == message]
        wordings = [t for t in beside if t["input_from"] is None]
        refs = {"siblings": wordings, "answers": answers}
        return copy.deepcopy(turn) | {
            name: [{"id": t["id"], "branch": t["branch"]} for t in found] for name, found in refs.items()
        }

    def _head(self, branch: int | None) -> int | None:
        return max((t["id"] for t in self.turns.values() if t["branch"] == branch), default=None)

    def fact(self, position: int, turn_id: int | None) -> dict[str, Any]:
        names = ("id", "title", "model", "instructions", "state", "state_in_force", "options", "branch")
        shared = {name: self.conversation[name] for name in names}
        fact = {"type": "fact", "position": position, "kind": "response.updated", "conversation": shared}
        return fact | ({"turn": self.shown_turn(turn_id)} if turn_id else {})

    def snapshot(self, turn_id: int) -> dict[str, Any]:
        turn = self.turns[turn_id]
        return {"type": "snapshot", "response": turn_id, **(turn["stream"] or {}), "output": turn["output"]}
