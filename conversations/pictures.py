"""What people say of generated pictures: the names that they gave, and who likes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conversations.models import Favourite, File


def made_in(output: Iterable[dict[str, Any]]) -> list[str]:
    """Return the ids of the pictures that a model made, from the items of an answer."""
    results = (item.get("result") for item in output if item.get("type") == "image_generation_call")
    return [result["$file"] for result in results if isinstance(result, dict) and isinstance(result.get("$file"), str)]


def said_of(ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return name, the ids of those who like it and whether it is gone, by the pictures' ids.

    Nothing is asked where there are none.
    """
    known: dict[str, dict[str, Any]] = {pk: {"name": "", "liked_by": [], "gone": True} for pk in ids}
    if not known:
        return {}
    for pk, name, purged_at in File.objects.filter(pk__in=known).values_list("pk", "name", "purged_at"):
        known[pk] |= {"name": name, "gone": purged_at is not None}
    for favourite in Favourite.objects.filter(file__in=known).order_by("id"):
        known[favourite.file_id]["liked_by"].append(favourite.user_id)
    return known
