"""Tokens that an answer used, and about what they cost."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from conversations import catalog
from conversations.models import Response
from conversations.upstream.catalog import cost, costs, tokens


@dataclass(frozen=True)
class Line:
    name: str
    count: int
    cost: float | None = None


@dataclass(frozen=True)
class Usage:
    """What was counted; the lines add up to the total. `cost` is None where the price of the model is unknown."""

    lines: list[Line]
    total: int
    cost: float | None


def usage(response: Response) -> Usage | None:
    """Return what the provider counted, None where it counted nothing."""
    used = tokens(response.usage)
    if used is None:
        return None
    known = catalog.capabilities(response.model)
    new, cached, output = costs(known, used)
    thought = None if output is None else output * used.reasoning / (used.output or 1)
    said = None if output is None or thought is None else output - thought
    counts = [
        (_("Input, new"), used.input - used.cached, new),
        (_("Input, cached"), used.cached, cached),
        (_("Output, reasoning"), used.reasoning, thought),
        (_("Output, text"), used.output - used.reasoning, said),
    ]
    lines = [Line(name, count, price) for name, count, price in counts if count]
    return Usage(lines, used.input + used.output, cost(known, response.usage))
