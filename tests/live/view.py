"""What a browser shows of a conversation: a page's state, and what the frames of its socket make of it.

A second reading of the protocol, beside the browser's own: it applies frames as `docs/protocol.md` says and nothing
else, and after any history of joins, losses and returns it must equal a fresh page.
"""

from __future__ import annotations

import copy
import time
from typing import Any

from conversations.output import Output

RUNNING = ("queued", "in_progress")
PAGE = 30


class View:
    """The state of one open page."""

    def __init__(self, page: dict[str, Any]) -> None:
        self.seen: list[tuple[float, int, int]] = []
        """When which response showed how many characters of text, by the monotonic clock."""
        self._lengths: dict[int, int] = {}
        self.streamed: dict[int, list[dict[str, Any]]] = {}
        """What events alone made of each response's output, before its final items came."""
        self.load(page)

    def load(self, page: dict[str, Any]) -> None:
        """Show a freshly fetched page."""
        page = copy.deepcopy(page)
        self.position: int = page["position"]
        self.conversation: dict[str, Any] = page["conversation"]
        self.turns: dict[int, dict[str, Any]] = {}
        self.cursors: dict[int, tuple[int, int]] = {}
        self.outputs: dict[int, Output] = {}
        self.notes: dict[int, dict[str, Any]] = {note["id"]: note for note in page["notes"]}
        """Those of the turns that a page shows, and all that came since."""
        for turn in page["turns"]:
            self._take_turn(turn)

    @property
    def query(self) -> str:
        """The query of the socket's address: how far this view has come."""
        streams = ",".join(f"{response}:{epoch}:{next_}" for response, (epoch, next_) in self.cursors.items())
        return f"after={self.position}&streams={streams}"

    def apply(self, frame: dict[str, Any]) -> str | None:
        """Apply a frame. Return "resync" or "reconnect" where events or facts are missing, "reload" where told so."""
        kind = frame["type"]
        if kind == "fact":
            return self._take_fact(frame)
        if kind == "stream":
            return self._take_events(frame)
        if kind == "snapshot":
            self._take_snapshot(frame)
        return "reload" if kind == "reload" else None

    def shown(self) -> dict[str, Any]:
        """Return what can be compared with a fresh page of the conversation's main branch."""
        branch = self.conversation["branch"]
        path: list[dict[str, Any]] = []
        head = max((turn["id"] for turn in self.turns.values() if turn["branch"] == branch), default=None)
        while head is not None and head in self.turns:
            path.append(self.turns[head])
            head = self.turns[head]["previous"]
        for turn in path:
            if turn["id"] in self.outputs:
                turn["output"] = self.outputs[turn["id"]].items()
        return {"position": self.position, "conversation": self.conversation, "turns": path[PAGE - 1 :: -1]}

    def text(self, response: int) -> str:
        """Return what a response has said, as far as this view shows."""
        if response in self.outputs:
            return said(self.outputs[response].items())
        return said(self.turns[response]["output"]) if response in self.turns else ""

    def is_final(self, response: int) -> bool:
        return response in self.turns and self.turns[response]["status"] not in RUNNING

    def _take_fact(self, fact: dict[str, Any]) -> str | None:
        if fact["position"] <= self.position:
            return None
        if fact["position"] > self.position + 1:
            return "reconnect"
        self.position = fact["position"]
        if "turn" in fact:
            self._take_turn(fact["turn"])
        if "note" in fact:
            self.notes[fact["note"]["id"]] = fact["note"]
        self.conversation |= fact.get("conversation", {})
        return None

    def _take_turn(self, turn: dict[str, Any]) -> None:
        response = turn["id"]
        if response in self.turns and turn["status"] in RUNNING and self.is_final(response):
            return  # a page that was on its way when the turn ended
        if turn["status"] not in RUNNING and response in self.outputs:
            self.streamed[response] = self.outputs.pop(response).items()
            del self.cursors[response]
        self.turns[response] = turn
        if turn["status"] in RUNNING:
            cursor = (turn["stream"]["epoch"], turn["stream"]["sequence"])
            if cursor > self.cursors.get(response, (-1, 0)):
                self.cursors[response], self.outputs[response] = cursor, Output(turn["output"])
        for known in self.turns.values():
            # Turns that gained another wording or another answer are told of by the newcomer only
            if known["previous"] == turn["previous"]:
                known["siblings"] = turn["siblings"]
            if (known["input_from"] or known["id"]) == (turn["input_from"] or response):
                known["answers"] = turn["answers"]

    def _take_events(self, frame: dict[str, Any]) -> str | None:
        response, epoch, first = frame["response"], frame["epoch"], frame["sequence"]
        if response not in self.cursors:
            return None
        known_epoch, following = self.cursors[response]
        if epoch < known_epoch:
            return None
        if epoch > known_epoch or first > following:
            return "resync"
        events = frame["events"][following - first :]
        for event in events:
            self.outputs[response].apply(event)
        self.cursors[response] = (epoch, following + len(events))
        deltas = [event["delta"] for event in events if event["type"] == "response.output_text.delta"]
        self._note(response, self._lengths.get(response, 0) + sum(map(len, deltas)))
        return None

    def _take_snapshot(self, frame: dict[str, Any]) -> None:
        response, cursor = frame["response"], (frame["epoch"], frame["sequence"])
        if response in self.cursors and cursor >= self.cursors[response]:
            self.cursors[response], self.outputs[response] = cursor, Output(frame["output"])
            self._note(response, len(said(frame["output"])))

    def _note(self, response: int, length: int) -> None:
        self.turns[response]["status"] = "in_progress"
        self._lengths[response] = length
        self.seen.append((time.monotonic(), response, length))


def said(output: list[dict[str, Any]]) -> str:
    """Return the text of the messages among output items."""
    parts = [part for item in output if item["type"] == "message" for part in item["content"]]
    return "".join(part.get("text", "") for part in parts)
