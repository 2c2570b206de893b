"""What is known of generated pictures beside them: names, who likes them, what the pixel lock made of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conversations.models import Favourite, File, PixelLock
from conversations.shown import image


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


def locks_of(response_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return the pixel locks of responses as pages show them; nothing is asked where there are no responses."""
    ids = list(response_ids)
    if not ids:
        return {}
    locks = PixelLock.objects.filter(response__in=ids).select_related("original", "made", "locked", "heat")
    return {lock.response_id: _shown(lock) for lock in locks}


def _shown(lock: PixelLock) -> dict[str, Any]:
    files = {name: getattr(lock, name) for name in ("original", "made", "locked", "heat")}
    pictures = {name: image(file.reference) if file and not file.purged_at else None for name, file in files.items()}
    facts = {"state": lock.state, "problem": lock.problem, "changed": lock.changed, "feather": lock.feather}
    return facts | pictures | {"scaled": lock.scaled}


def as_locked(file: File) -> File:
    """Return the locked picture that is shown in the place of what a model made, or the picture itself."""
    if file.purpose != File.Purpose.RESULT or file.response_id is None:
        return file
    done = PixelLock.objects.filter(response=file.response_id, made=file, state=PixelLock.State.DONE)
    lock = done.select_related("locked").first()
    return lock.locked if lock is not None and lock.locked is not None and not lock.locked.purged_at else file
