"""Numbers and states as people read them."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def thousands(count: int) -> str:
    """Return a count with its thousands apart: 2,432."""
    return f"{count:,}"


@register.filter
def dollars(amount: float | None) -> str:
    """Return an amount with four places, as costs of single answers need; "–" where it is not known."""
    return "–" if amount is None else f"${amount:,.4f}"


@register.filter
def money(amount: float) -> str:
    """Return a sum with cents: $12.50."""
    return f"${amount:,.2f}"


@register.filter
def status_tone(status: str) -> str:
    """Return the class of a badge for the status of a response."""
    return {"completed": "ok", "failed": "danger", "incomplete": "warn", "in_progress": "accent"}.get(status, "")
