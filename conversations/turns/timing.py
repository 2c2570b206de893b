"""When the items of an answer began and ended, so that a page can say how long each took."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from conversations.models import Response

STAMPED = frozenset({"response.output_item.added", "response.output_item.done"})


class ItemClock:
    """Milliseconds since the turn was queued. Items follow one another, and an item's time begins where the one before
    it ended: a model thinks before the event that announces its reasoning as much as after it."""

    def __init__(self, response: Response) -> None:
        self._queued_at = response.queued_at
        self._free_since: int | None = None
        self._began: dict[Any, int] = {}

    def see(self, kind: str, event: dict[str, Any]) -> None:
        """Take note of an event, and add `item_timing` to one that begins or ends an item."""
        if kind == "response.created" and self._free_since is None:
            self._free_since = self._now()
        if kind not in STAMPED:
            return
        now, index = self._now(), str(event.get("output_index"))
        began = self._began.setdefault(index, now if self._free_since is None else self._free_since)
        event["item_timing"] = {"began_ms": began}
        if kind == "response.output_item.done":
            self._free_since = event["item_timing"]["ended_ms"] = now

    def _now(self) -> int:
        return max(0, round((timezone.now() - self._queued_at).total_seconds() * 1000))
