"""Rows of what people put on messages, answers and pictures, and of the pixels that a picture keeps.

They belong to accounts, so they come only where the seal of this server says whose they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from conversations.exports.put_on import LOCK_FILES
from conversations.imports import sane
from conversations.imports.people import People
from conversations.models import Conversation, Favourite, File, Mention, PixelLock, Reaction, User
from conversations.models.mark import EMOJI, LONGEST_EMOJI

NOT_DONE = "It was not made when this was exported."
ENDED = (PixelLock.State.DONE, PixelLock.State.FAILED)


@dataclass(frozen=True)
class PutOn:
    """Makes the rows; what is known by the ids of the records is looked up in `items`, `responses`, `files`."""

    conversation: Conversation
    people: People
    items: Mapping[Any, int]
    responses: Mapping[Any, int]
    files: Mapping[str, File]

    def reaction(self, given: dict[str, Any]) -> bool:
        """Make a reaction; return whether there is one now."""
        user, emoji = self._user(given.get("by")), sane.text(given.get("emoji"), LONGEST_EMOJI + 1)
        item, response = _found(self.items, given.get("item")), _found(self.responses, given.get("response"))
        sound = len(emoji) <= LONGEST_EMOJI and EMOJI.fullmatch(emoji)
        if user is None or not sound or (item is None) == (response is None):
            return False
        place = {"item": item} if item is not None else {"response": response}
        if not Reaction.objects.filter(**place, emoji=emoji, user=user).exists():
            Reaction.objects.create(
                conversation=self.conversation,
                item_id=item,
                response_id=response,
                emoji=emoji,
                user=user,
                created_at=_moment(given),
            )
        return True

    def mention(self, given: dict[str, Any]) -> bool:
        """Keep whom a message mentions. Nobody is told once more."""
        user, name = self._user(given.get("of")), sane.text(given.get("name"), 80)
        item = _found(self.items, given.get("item"))
        if user is None or item is None or not name:
            return False
        Mention.objects.get_or_create(item_id=item, user=user, defaults={"name": name})
        return True

    def vote(self, given: dict[str, Any]) -> bool:
        user, file = self._user(given.get("by")), self._file(given.get("file"))
        if user is None or file is None:
            return False
        Favourite.objects.get_or_create(file=file, user=user, defaults={"created_at": _moment(given)})
        return True

    def pixel_lock(self, given: dict[str, Any]) -> bool:
        """Keep what was made. What waited when it was exported is not made here."""
        response = _found(self.responses, given.get("response"))
        files = {name: self._file(given.get(name)) for name in LOCK_FILES}
        if response is None or files["original"] is None or files["mask"] is None:
            return False
        ended = given.get("state") in ENDED
        PixelLock.objects.get_or_create(
            response_id=response,
            defaults={
                **files,
                "feather": sane.number(given.get("feather"), 32_000) or 0,
                "state": given["state"] if ended else PixelLock.State.FAILED,
                "problem": sane.text(given.get("problem"), 300) if ended else NOT_DONE,
                "changed": _share(given.get("changed")),
                "created_at": _moment(given),
            },
        )
        return True

    def _user(self, given: Any) -> User | None:
        return self.people.of(given)[0]

    def _file(self, old: Any) -> File | None:
        return self.files.get(old) if isinstance(old, str) else None


def _found(known: Mapping[Any, int], old: Any) -> int | None:
    return known.get(old) if sane.number(old, 2**63 - 1) is not None else None


def _moment(given: dict[str, Any]) -> Any:
    return sane.moment(given.get("created_at")) or timezone.now()


def _share(value: Any) -> float | None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if number and 0 <= value <= 1 else None
