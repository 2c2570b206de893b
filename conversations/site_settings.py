"""What administrators set while Salon runs: each setting with its type, its default and what it may hold.

    from conversations.site_settings import BANNER

    BANNER.value

Reading is free: a process looks at the table every few seconds at most, with one query for all of them. A new setting
is another `SiteSetting` in `SETTINGS`; it has its form, its check and its history in the administration then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import structlog
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.errors import Refused
from conversations.fresh import Fresh
from conversations.models import Change, Setting, User
from conversations.models.audit import record
from conversations.models.fields import plain

log = structlog.get_logger(__name__)

T = TypeVar("T")

MOST_LINES = 500


@dataclass(frozen=True)
class SiteSetting(Generic[T]):
    """`kind` says how it is written: a `line` or `text`, `lines` (a tuple of them), a `flag`, a `choice` of several."""

    name: str
    kind: Literal["line", "text", "lines", "flag", "choice"]
    default: T
    label: Promise
    help: Promise
    choices: tuple[tuple[str, Promise], ...] = ()
    most: int = 300
    """Characters, of a line each."""

    @property
    def value(self) -> T:
        """What is set now, or the default. On an event loop nothing is read: what was read last counts there."""
        found = _values.value.get(self.name)
        return self.default if found is None else found

    def clean(self, given: Any) -> T:
        """Return what was given as the setting keeps it; raise `Refused`."""
        cleaned: Any = given
        if self.kind == "flag":
            if not isinstance(given, bool):
                raise Refused(_("Say yes or no."), code=self.name)
        elif self.kind == "choice":
            if given not in dict(self.choices):
                raise Refused(_("Choose one of the list."), code=self.name)
        elif self.kind == "lines":
            cleaned = self._lines(given)
        else:
            cleaned = plain(given).strip() if isinstance(given, str) else None
            if cleaned is None or len(cleaned) > self.most or (self.kind == "line" and "\n" in cleaned):
                raise Refused(_("At most %(most)s characters.") % {"most": f"{self.most:,}"}, code=self.name)
        return cleaned  # type: ignore[no-any-return]

    def _lines(self, given: Any) -> tuple[str, ...]:
        lines = given.splitlines() if isinstance(given, str) else given
        if not isinstance(lines, (list, tuple)) or not all(isinstance(line, str) for line in lines):
            raise Refused(_("Write one a line."), code=self.name)
        kept = tuple(dict.fromkeys(" ".join(plain(line).split()) for line in lines if line.strip()))
        if len(kept) > MOST_LINES or any(len(line) > self.most for line in kept):
            words = _("At most %(lines)s lines of %(most)s characters.")
            raise Refused(words % {"lines": MOST_LINES, "most": self.most}, code=self.name)
        return kept


BANNER = SiteSetting(
    name="banner",
    kind="line",
    default="",
    label=gettext_lazy("Banner"),
    help=gettext_lazy("One sentence that everybody sees above every page. Empty: none."),
)
DEFAULT_INSTRUCTIONS = SiteSetting(
    name="default_instructions",
    kind="text",
    default="",
    label=gettext_lazy("Default instructions"),
    help=gettext_lazy("What models are told in conversations that have no instructions of their own."),
    most=20_000,
)
BLOCKED_TERMS = SiteSetting[tuple[str, ...]](
    name="blocked_terms",
    kind="lines",
    default=(),
    label=gettext_lazy("Blocked terms"),
    help=gettext_lazy(
        "One a line. A message with one of them is not sent; an answer with one comes to the moderators."
    ),
    most=100,
)
REQUIRE_FACTOR = SiteSetting(
    name="require_factor",
    kind="choice",
    default="nobody",
    label=gettext_lazy("Second factor"),
    help=gettext_lazy(
        "Who must have an authenticator app or a passkey. Who comes in through the company’s account is asked there."
    ),
    choices=(
        ("nobody", gettext_lazy("Whoever wants one")),
        ("staff", gettext_lazy("Who has powers in the administration")),
        ("all", gettext_lazy("Everybody")),
    ),
)
SHARE_LINKS = SiteSetting(
    name="share_links",
    kind="flag",
    default=True,
    label=gettext_lazy("Links into conversations"),
    help=gettext_lazy("Owners may make links that let people into a conversation. Off: old links open nothing."),
)
PUBLIC_LINKS = SiteSetting(
    name="public_links",
    kind="flag",
    default=True,
    label=gettext_lazy("Links for people without an account"),
    help=gettext_lazy(
        "Owners may make links that show a conversation to whoever has them. Off: old links open nothing."
    ),
)
SIGNUP = SiteSetting(
    name="signup",
    kind="choice",
    default="invitation",
    label=gettext_lazy("New accounts"),
    help=gettext_lazy("How people get one. Accounts of the company’s provider have settings of their own."),
    choices=(
        ("invitation", gettext_lazy("By invitation")),
        ("domains", gettext_lazy("By invitation, or by a letter to an address of our domains")),
        ("closed", gettext_lazy("Made by administrators only")),
    ),
)
SIGNUP_DOMAINS = SiteSetting[tuple[str, ...]](
    name="signup_domains",
    kind="lines",
    default=(),
    label=gettext_lazy("Our domains"),
    help=gettext_lazy("One a line, such as example.com. Whoever reads mail there may make an account."),
)
MEMBERS_INVITE = SiteSetting(
    name="members_invite",
    kind="flag",
    default=False,
    label=gettext_lazy("Everybody may invite"),
    help=gettext_lazy("People of the team send invitations too; otherwise only who may make accounts."),
)
COMPUTER = SiteSetting(
    name="computer",
    kind="choice",
    default="off",
    label=gettext_lazy("Computer"),
    help=gettext_lazy(
        "People may let models work with a browser on this server, which reaches public pages only. When the provider "
        "is not sure that a step is right, a person decides."
    ),
    choices=(
        ("off", gettext_lazy("Off")),
        ("asker", gettext_lazy("On; who asked decides about such steps")),
        ("approver", gettext_lazy("On; another person, who may decide approvals, decides about such steps")),
    ),
)
SETTINGS: tuple[SiteSetting[Any], ...] = (
    BANNER,
    DEFAULT_INSTRUCTIONS,
    REQUIRE_FACTOR,
    BLOCKED_TERMS,
    SHARE_LINKS,
    PUBLIC_LINKS,
    SIGNUP,
    SIGNUP_DOMAINS,
    MEMBERS_INVITE,
    COMPUTER,
)
"""In the order in which the administration shows them."""
BY_NAME = {setting.name: setting for setting in SETTINGS}


def change(setting: SiteSetting[T], given: Any, *, actor: User) -> None:
    """Set a value for everybody, and keep what it was; the same value again does nothing. Raise `Refused`."""
    value = setting.clean(given)
    with transaction.atomic():
        row = Setting.objects.select_for_update().filter(pk=setting.name).first()
        before = _readable(setting, row.value) if row is not None else setting.default
        if value == before:
            return
        Setting.objects.update_or_create(pk=setting.name, defaults={"value": value})
        Change.note("setting", setting.name, before=before, after=value, by=actor)
        record("setting.change", actor=actor, object=("setting", setting.name))
    forget()


def _readable(setting: SiteSetting[T], value: Any) -> T:
    """A value that an older version kept, or somebody wrote by hand, must not take pages down."""
    try:
        return setting.clean(value)
    except Refused:
        log.warning("setting_unreadable", setting=setting.name)
        return setting.default


def _read() -> Mapping[str, Any]:
    rows = Setting.objects.values_list("name", "value")
    return {name: _readable(BY_NAME[name], value) for name, value in rows if name in BY_NAME}


_values: Fresh[Mapping[str, Any]] = Fresh("settings", _read, {})
forget = _values.forget
