"""Numbers and states as people read them."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils import formats
from django.utils.translation import gettext

register = template.Library()


@register.filter
def thousands(count: int) -> str:
    """Return a count with its thousands apart: 2,432."""
    return formats.number_format(count, force_grouping=True)


@register.filter
def dollars(amount: float | None) -> str:
    """Return an amount with four places, as costs of single answers need; "–" where it is not known."""
    return "–" if amount is None else _priced(amount, 4)


@register.filter
def money(amount: float) -> str:
    """Return a sum with cents: $12.50."""
    return _priced(amount, 2)


def _priced(amount: float, places: int) -> str:
    rounded = Decimal(f"{amount:.{places}f}")  # number_format only cuts
    return gettext("$%(amount)s") % {"amount": formats.number_format(rounded, places, force_grouping=True)}


@register.filter
def status_tone(status: str) -> str:
    """Return the class of a badge for the status of a response."""
    return {"completed": "ok", "failed": "danger", "incomplete": "warn", "in_progress": "accent"}.get(status, "")
