"""What was used, added up for a page: by day for the chart, by person, group or model for the table."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from conversations.models import Usage, User
from conversations.models.usage import MICROS

SUMS = ("requests", "input_tokens", "cached_tokens", "output_tokens", "images", "micros", "unpriced")
MEASURES = {"tokens": _("Tokens"), "requests": _("Requests"), "images": _("Images"), "money": _("Cost")}
GROUPINGS = {"person": _("Person"), "group": _("Group"), "model": _("Model"), "day": _("Day")}
MOST_ROWS = 100
WIDTH, HEIGHT, BASE = 720, 96, 104
"""Of the chart, in its own units: the columns stand on `BASE`."""


@dataclass(frozen=True)
class Line:
    """What one person, group, model or day used."""

    name: str
    requests: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    images: int
    micros: int
    unpriced: int

    @property
    def dollars(self) -> float:
        return self.micros / MICROS

    def of(self, measure: str) -> float:
        if measure == "tokens":
            return self.input_tokens + self.output_tokens
        return self.dollars if measure == "money" else float(getattr(self, measure))


def rows_of(since: dt.date, until: dt.date, **conditions: Any) -> QuerySet[Usage]:
    """Return what was used from one day to another, both counted."""
    return Usage.objects.filter(day__gte=since, day__lte=until, **conditions)


def total(days: list[Line]) -> Line:
    """Return the sum of all days."""
    return Line("", *(sum(getattr(day, name) for day in days) for name in SUMS))


def lines(rows: QuerySet[Usage], by: str) -> list[Line]:
    """Return the sums by person, group, model or day: the most used first, days in their order."""
    field = {"person": "user", "group": "user__groups", "model": "model", "day": "day"}[by]
    values: QuerySet[Any] = rows.values(field).annotate(**{name: Sum(name) for name in SUMS})
    found = list(values.order_by("day") if by == "day" else values.order_by("-micros", "-output_tokens")[:MOST_ROWS])
    names = _names(by, [row[field] for row in found])
    return [_line(names.get(row[field], str(row[field])), row) for row in found]


def _names(by: str, ids: list[Any]) -> dict[Any, str]:
    if by == "person":
        return {pk: user.display_name for pk, user in User.objects.in_bulk(ids).items()}
    if by == "group":
        named = Group.objects.in_bulk([pk for pk in ids if pk is not None])
        return {None: str(_("In no group"))} | {pk: group.name for pk, group in named.items()}
    return {}


def _line(name: str, sums: dict[str, Any]) -> Line:
    return Line(name, *(sums[column] or 0 for column in SUMS))


def bars(used: list[Line], since: dt.date, until: dt.date, measure: str) -> list[dict[str, Any]]:
    """Return a column for each day, also for those on which nothing was used."""
    known = {line.name: line.of(measure) for line in used}
    days = [since + dt.timedelta(days=number) for number in range((until - since).days + 1)]
    most = max(known.values(), default=0) or 1
    step = WIDTH / len(days)
    every = max(1, len(days) // 8)
    return [
        {
            "x": round(number * step + step * 0.15, 1),
            "width": round(step * 0.7, 1),
            "middle": round((number + 0.5) * step, 1),
            "y": round(BASE - HEIGHT * known.get(str(day), 0) / most, 1),
            "height": round(HEIGHT * known.get(str(day), 0) / most, 1),
            "day": day,
            "label": number % every == 0,
        }
        for number, day in enumerate(days)
    ]
