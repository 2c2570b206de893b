"""Tokens that an answer used, and about what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from conversations import catalog
from conversations.models import Response

PER_MILLION = 1_000_000


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
    counted: dict[str, Any] = response.usage or {}
    came, went = _number(counted.get("input_tokens")), _number(counted.get("output_tokens"))
    if not came and not went:
        return None
    cached = min(came, _number(_details(counted, "input").get("cached_tokens")))
    thought = min(went, _number(_details(counted, "output").get("reasoning_tokens")))
    prices = catalog.capabilities(response.deployment or response.model).prices
    cached_price = prices.input if prices.cached is None else prices.cached
    counts = [
        (_("Input, new"), came - cached, prices.input),
        (_("Input, cached"), cached, cached_price),
        (_("Output, reasoning"), thought, prices.output),
        (_("Output, text"), went - thought, prices.output),
    ]
    lines = [
        Line(name, count, None if price is None else count * price / PER_MILLION)
        for name, count, price in counts
        if count
    ]
    costs = [line.cost for line in lines if line.cost is not None]
    total = _number(counted.get("total_tokens")) or came + went
    return Usage(lines, total, sum(costs) if len(costs) == len(lines) else None)


def _details(counted: dict[str, Any], side: str) -> dict[str, Any]:
    details = counted.get(f"{side}_tokens_details")
    return details if isinstance(details, dict) else {}


def _number(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
