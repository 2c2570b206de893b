"""What is known of generated pictures beside them: names, who likes them, what the pixel lock made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Max

from conversations.models import Favourite, File, PixelLock
from conversations.shown import image


def made_in(output: Iterable[dict[str, Any]]) -> list[str]:
    """Return the ids of the pictures that a model made, from the items of an answer."""
    results = (item.get("result") for item in output if item.get("type") == "image_generation_call")
    return [result["$file"] for result in results if isinstance(result, dict) and isinstance(result.get("$file"), str)]


def number(conversation_id: str, ids: Sequence[str]) -> None:
    """Number pictures that came, behind those of their conversation; to be called while that is locked."""
    here = File.objects.filter(conversation=conversation_id)
    new = {file.pk: file for file in here.filter(pk__in=list(ids), number=None)} if ids else {}
    if not new:
        return
    last = here.aggregate(last=Max("number"))["last"] or 0
    for count, pk in enumerate((pk for pk in ids if pk in new), last + 1):
        File.objects.filter(pk=pk).update(number=count)


def said_of(ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return name, number, the ids of those who like it and whether it is gone, by the pictures' ids.

    Nothing is asked where there are none.
    """
    known: dict[str, dict[str, Any]] = {pk: {"name": "", "number": None, "liked_by": [], "gone": True} for pk in ids}
    if not known:
        return {}
    for pk, name, count, purged_at in File.objects.filter(pk__in=known).values_list(
        "pk", "name", "number", "purged_at"
    ):
        known[pk] |= {"name": name, "number": count, "gone": purged_at is not None}
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
    pictures = {name: image(file.reference) if file and _is_there(file) else None for name, file in files.items()}
    facts = {"state": lock.state, "problem": lock.problem, "changed": lock.changed, "feather": lock.feather}
    return facts | pictures | {"scaled": lock.scaled}


def as_locked(file: File) -> File:
    """Return the locked picture that is shown in the place of what a model made, or the picture itself."""
    return locked_of([file]).get(file.pk, file)


def locked_of(files: Iterable[File]) -> dict[str, File]:
    """Return the locked pictures that are shown in the place of what a model made, by the ids of that."""
    done = PixelLock.objects.filter(made__in=files, state=PixelLock.State.DONE).select_related("locked")
    return {str(lock.made_id): lock.locked for lock in done if lock.locked is not None and _is_there(lock.locked)}


def _is_there(file: File) -> bool:
    return file.purged_at is None and file.hidden_at is None
