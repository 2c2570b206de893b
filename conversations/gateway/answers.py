"""How calls answer: an object, or a page of a list with the API's cursors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

from conversations.gateway.errors import ApiError, invalid


def obj(data: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Return an object of the API as JSON."""
    return HttpResponse(msgspec.json.encode(data), status=status, content_type="application/json")


def listing(data: Sequence[dict[str, Any]], *, has_more: bool = False) -> HttpResponse:
    """Return a page of a list; its cursors are the ids of what it shows."""
    ends = {"first_id": data[0]["id"] if data else None, "last_id": data[-1]["id"] if data else None}
    return obj({"object": "list", "data": data, **ends, "has_more": has_more})


def limit(request: HttpRequest, *, usual: int, most: int) -> int:
    """Return how many a page shows; raise `ApiError`."""
    given = request.GET.get("limit", str(usual))
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise invalid(
            f"Invalid 'limit': expected an integer, but got '{given[:40]}'.", param="limit", code="invalid_type"
        )
    if not 1 <= int(given) <= most:
        raise _out_of_range(int(given), most)
    return int(given)


def is_ascending(request: HttpRequest) -> bool:
    """Return whether the oldest comes first; the API's default is the newest. Raise `ApiError`."""
    order = request.GET.get("order", "desc")
    if order not in {"asc", "desc"}:
        message = f"Invalid value: '{order[:40]}'. Supported values are: 'asc' and 'desc'."
        raise invalid(message, param="order", code="invalid_value")
    return order == "asc"


def _out_of_range(given: int, most: int) -> ApiError:
    if given < 1:
        message = f"Invalid 'limit': integer below minimum value. Expected a value >= 1, but got {given} instead."
        return invalid(message, param="limit", code="integer_below_min_value")
    message = f"Invalid 'limit': integer above maximum value. Expected a value <= {most}, but got {given} instead."
    return invalid(message, param="limit", code="integer_above_max_value")
