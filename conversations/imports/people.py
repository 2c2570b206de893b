"""Who said what in an import: accounts of this server where it vouches for the file, names otherwise."""

from __future__ import annotations

from typing import Any

from conversations.imports import sane
from conversations.models import User


class People:
    def __init__(self, user: User, *, trusted: bool) -> None:
        self._user, self.trusted = user, trusted
        self._known: dict[int, User | None] = {}

    def of(self, given: Any) -> tuple[User | None, str]:
        """Return the account of a person of a record, or the name that stands for them; neither for nobody."""
        if not isinstance(given, dict):
            return None, ""
        account = sane.number(given.get("account"), 2**63 - 1)
        if self.trusted and account is not None:
            if account not in self._known:
                self._known[account] = User.objects.filter(pk=account).first()
            if (found := self._known[account]) is not None:
                return found, ""
        return None, sane.text(given.get("name"), 80) or "Somebody"

    def account(self, given: Any) -> User:
        """Return the account of a person, or that of who imports where there is none."""
        return self.of(given)[0] or self._user
