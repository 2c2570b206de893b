"""Tokens that an answer used, and about what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conversations.models import Response


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
    lines = [
        Line("Input, new", came - cached),
        Line("Input, cached", cached),
        Line("Output, reasoning", thought),
        Line("Output, text", went - thought),
    ]
    return Usage([line for line in lines if line.count], _number(counted.get("total_tokens")) or came + went, None)


def _details(counted: dict[str, Any], side: str) -> dict[str, Any]:
    details = counted.get(f"{side}_tokens_details")
    return details if isinstance(details, dict) else {}


def _number(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
