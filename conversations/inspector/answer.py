"""Facts about an answer: where it was asked, what it used and cost, how long things took, who keeps it until when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.inspector.request import readable
from conversations.models import Item, Response


@dataclass(frozen=True)
class Stretch:
    """A part of the time line: from where to where, in thousandths of its length, and what it is called."""

    name: str
    start: int
    length: int


@dataclass(frozen=True)
class Timing:
    facts: list[str]
    stretches: list[Stretch]
    tokens_per_second: float | None


def timing(response: Response) -> Timing:
    """Return how long it took until each thing happened, in seconds since the turn was queued."""
    moments = [
        (_("queued"), response.started_at),
        (_("first event"), response.first_event_at),
        (_("first word"), response.first_token_at),
        (_("done"), response.done_at),
    ]
    known = [(name, since(response, moment)) for name, moment in moments if moment is not None]
    whole = max([seconds for _name, seconds in known], default=0.0)
    stretches, start = [], 0
    for name, seconds in known:
        end = round(1000 * seconds / whole) if whole else 0
        stretches.append(Stretch(name, start, max(0, end - start)))
        start = max(start, end)
    return Timing([f"{name} {seconds:.2f} s" for name, seconds in known], stretches, _speed(response))


def since(response: Response, moment: dt.datetime) -> float:
    """Return the seconds from the queueing of the turn to `moment`."""
    return max(0.0, (moment - response.queued_at).total_seconds())


def _speed(response: Response) -> float | None:
    tokens = (response.usage or {}).get("output_tokens")
    if not isinstance(tokens, int) or response.first_token_at is None or response.done_at is None:
        return None
    seconds = (response.done_at - response.first_token_at).total_seconds()
    return tokens / seconds if seconds > 0.05 else None


@dataclass(frozen=True)
class Kept:
    """What the provider keeps of an answer. `part` of `whole` days have passed where it is kept until `until`."""

    state: str
    until: dt.datetime | None = None
    days_left: int = 0
    part: int = 0
    whole: int = 30

    @property
    def may_be_deleted(self) -> bool:
        return self.state in {"kept", "unknown", "expired"}


def kept(response: Response, *, now: dt.datetime | None = None) -> Kept:
    """Return what the provider keeps: "nothing" (store=false or never reached), "running", "deleted", "expired",
    "kept" or "unknown" (kept, by what we know, with no end)."""
    now = now or timezone.now()
    # What a client deletes is deleted there too
    if (gone := response.provider_deleted_at or response.deleted_at) is not None:
        return Kept("deleted", until=gone)
    if not response.provider_id or not response.store:
        return Kept("nothing")
    if response.is_running:
        return Kept("running")
    until = response.provider_expires_at
    if until is None:
        return Kept("unknown")
    if until <= now:
        return Kept("expired", until=until)
    began = response.done_at or response.queued_at
    whole = max(1, (until - began).days)
    left = max(0, (until - now).days)
    return Kept("kept", until=until, days_left=left, part=max(0, whole - left), whole=whole)


def asked_by(response: Response) -> str:
    """Return who wrote the message; where nobody did, who caused the turn."""
    item = (
        Item.objects.filter(response=response.input_owner_id, direction=Item.Direction.INPUT, author__isnull=False)
        .select_related("author")
        .first()
    )
    person = item.author if item is not None and item.author is not None else response.created_by
    return person.display_name


def as_received(response: Response) -> dict[str, Any] | None:
    """Return the provider's response object, verbatim but for bytes and sealed content; None where it sent none."""
    final: dict[str, Any] | None = response.final
    return readable(final) if final else None
