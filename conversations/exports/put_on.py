"""Records of what people put on messages, answers and pictures, and of the pixels that a picture keeps."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from conversations.models import Favourite, Mention, PixelLock, Reaction

LOCK_FIELDS = ("feather", "state", "problem", "changed")
LOCK_FILES = ("original", "mask", "made", "locked", "heat")


def reaction(row: Reaction) -> dict[str, Any]:
    return {
        "record": "reaction",
        "id": row.pk,
        "item": row.item_id,
        "response": row.response_id,
        "emoji": row.emoji,
        "by": {"account": row.user_id, "name": row.user.display_name},
        "created_at": row.created_at.isoformat(),
    }


def mention(row: Mention) -> dict[str, Any]:
    return {
        "record": "mention",
        "id": row.pk,
        "item": row.item_id,
        "name": row.name,
        "of": {"account": row.user_id, "name": row.user.display_name},
    }


def vote(row: Favourite) -> dict[str, Any]:
    return {
        "record": "vote",
        "id": row.pk,
        "file": row.file_id,
        "by": {"account": row.user_id, "name": row.user.display_name},
        "created_at": row.created_at.isoformat(),
    }


def pixel_lock(row: PixelLock, known: Collection[str]) -> dict[str, Any]:
    """Name of its pictures those that are `known`: what was deleted is in no record."""
    named = {name: getattr(row, f"{name}_id") for name in LOCK_FILES}
    return {
        "record": "pixel_lock",
        "id": row.pk,
        "response": row.response_id,
        **{name: file if file in known else None for name, file in named.items()},
        **{name: getattr(row, name) for name in LOCK_FIELDS},
        "created_at": row.created_at.isoformat(),
    }
