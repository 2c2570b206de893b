"""The lists of conversations that the sidebar and the home page show, read by keyset from one index."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.db.models import Count, Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from conversations.models import Conversation, Deletion, Membership, Response, User

SIDEBAR_PAGE = 40
HOME_PAGE = 30
MOST_PINNED = 50
FACES = 4
"""Members that a row shows at most."""
MOST_NAMED = 8
"""People that are offered for a name that is being typed."""
NAME_LENGTH = 80
EPOCH = dt.datetime.fromtimestamp(0, dt.UTC)
CURSOR = re.compile(r"([0-9]{1,16})-([0-9]{1,18})")
"""Where a page ended: the microseconds of the last row's activity since the epoch, and its membership."""


@dataclass(frozen=True)
class Row:
    """A conversation as it stands in one person's list."""

    id: str
    title: str
    url: str
    is_work: bool
    activity_at: dt.datetime
    is_running: bool
    is_pinned: bool
    is_archived: bool
    may_write: bool
    is_owner: bool
    has_title: bool
    unread: int
    """What others said since the person was here; `MOST_UNREAD` stands for more."""
    people: list[User]


@dataclass
class Group:
    """Rows under one heading: pinned, a day, the week, a month."""

    name: str
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Listing:
    """One page of a list. `more_url` continues it, and is empty at the end."""

    groups: list[Group]
    query: str = ""
    more_url: str = ""

    @property
    def more(self) -> bool:
        return bool(self.more_url)


def sidebar_list(user: User, *, query: str = "", before: str = "") -> Listing:
    """Return what the sidebar shows of `user`'s conversations; `before` is where the page before ended."""
    return _list(user, query=query, before=before, size=SIDEBAR_PAGE)


def home_list(user: User, *, query: str = "", before: str = "", archived: bool = False) -> Listing:
    """Return what the home page shows: as the sidebar, with the people of each conversation; or the archive."""
    return _list(user, query=query, before=before, archived=archived, size=HOME_PAGE, with_people=True)


@dataclass(frozen=True)
class DeletedRow:
    """A conversation that is hidden and can be brought back."""

    id: int
    title: str
    cause: str
    purge_after: dt.datetime


@dataclass(frozen=True)
class DeletedListing:
    rows: list[DeletedRow]
    more_url: str = ""


def deleted_list(user: User, *, before: str = "") -> DeletedListing:
    """Return what `user` owned and can still bring back, the newest deletion first."""
    pending = Deletion.objects.filter(owner=user, state=Deletion.State.HIDDEN, parts="").order_by("-id")
    if before:
        if not re.fullmatch(r"[0-9]{1,18}", before):
            raise BadRequest("This page of the list does not exist.")
        pending = pending.filter(id__lt=int(before))
    page = list(pending[: HOME_PAGE + 1])
    titles = Conversation.objects.in_bulk([row.conversation_id for row in page])
    rows = [
        DeletedRow(
            id=row.pk,
            title=titles[row.conversation_id].title or _("New conversation"),
            cause=row.get_cause_display(),
            purge_after=row.purge_after,
        )
        for row in page[:HOME_PAGE]
        if row.conversation_id in titles
    ]
    more = f"?before={page[HOME_PAGE - 1].pk}" if len(page) > HOME_PAGE else ""
    return DeletedListing(rows, more)


@dataclass(frozen=True)
class LobbyListing:
    rows: list[Conversation]
    more_url: str = ""


def lobby_list(user: User, *, before: str = "") -> LobbyListing:
    """Return the conversations that `user` may join, the most recently used first, with who owns each."""
    owners = Membership.objects.filter(role=Membership.Role.OWNER).select_related("user")
    rows = Conversation.objects.open_to(user).annotate(people=Count("memberships"))
    rows = rows.prefetch_related(Prefetch("memberships", owners, to_attr="owners")).order_by("-activity_at", "-id")
    if before:
        moment, _comma, last = before.partition("-")
        if not (moment.isascii() and moment.isdigit() and len(moment) < 17):
            raise BadRequest("This page of the list does not exist.")
        until = EPOCH + dt.timedelta(microseconds=int(moment))
        rows = rows.filter(Q(activity_at__lte=until), Q(activity_at__lt=until) | Q(id__lt=last))
    page = list(rows[: HOME_PAGE + 1])
    shown = page[:HOME_PAGE]
    more = ""
    if len(page) > HOME_PAGE:
        more = f"?before={(shown[-1].activity_at - EPOCH) // dt.timedelta(microseconds=1)}-{shown[-1].pk}"
    return LobbyListing(shown, more)


def _list(
    user: User, *, query: str, before: str, size: int, archived: bool = False, with_people: bool = False
) -> Listing:
    rows = Membership.objects.filter(user=user, conversation__deleted_at=None, archived_at__isnull=not archived)
    rows = rows.filter(_title_has(query)).select_related("conversation").with_unread()
    if with_people:
        others = Membership.objects.exclude(user=user).select_related("user").order_by("id")[:FACES]
        rows = rows.prefetch_related(Prefetch("conversation__memberships", others, to_attr="others"))
    pinned: list[Membership] = []
    if not archived:
        if not before:
            pinned = list(rows.filter(pinned_at__isnull=False).order_by("-pinned_at")[:MOST_PINNED])
        rows = rows.filter(pinned_at=None)
    page = list(_after(rows.order_by("-activity_at", "-id"), before)[: size + 1])
    shown, more = page[:size], len(page) > size
    return Listing(
        groups=_grouped(pinned, shown),
        query=query,
        more_url=_more_url(shown[-1], query=query, archived=archived) if more else "",
    )


def _title_has(query: str) -> Q:
    """Match titles with these words. SQLite folds ASCII only, so the usual ways to write a word are tried each."""
    condition = Q()
    for word in query.split():
        ways = {word, word.lower(), word.upper(), word.capitalize()} if not word.isascii() else {word}
        condition &= Q(*(("conversation__title__icontains", way) for way in sorted(ways)), _connector=Q.OR)
    return condition


def _after(rows: QuerySet[Membership], before: str) -> QuerySet[Membership]:
    if not before:
        return rows
    cursor = CURSOR.fullmatch(before)
    if cursor is None:
        raise BadRequest("This page of the list does not exist.")
    activity_at = EPOCH + dt.timedelta(microseconds=int(cursor[1]))
    # The first condition bounds the index, the second one breaks the tie
    return rows.filter(Q(activity_at__lte=activity_at), Q(activity_at__lt=activity_at) | Q(id__lt=int(cursor[2])))


def cursor_of(last: Membership) -> str:
    """Return where a page ends that ends with this row."""
    return f"{(last.activity_at - EPOCH) // dt.timedelta(microseconds=1)}-{last.pk}"


def _more_url(last: Membership, *, query: str, archived: bool) -> str:
    parameters = {"before": cursor_of(last)}
    if query:
        parameters["q"] = query
    if archived:
        parameters["archived"] = "1"
    return f"{reverse('home')}?{urlencode(parameters)}"


def _grouped(pinned: list[Membership], recent: list[Membership]) -> list[Group]:
    everything = [membership.conversation_id for membership in (*pinned, *recent)]
    running = set(
        Response.objects.running().filter(conversation__in=everything).values_list("conversation_id", flat=True)
    )
    groups = [Group(_("Pinned"), [_row(membership, running) for membership in pinned])] if pinned else []
    today = timezone.localdate()
    for membership in recent:
        name = _heading(timezone.localtime(membership.activity_at).date(), today)
        if not groups or groups[-1].name != name:
            groups.append(Group(name))
        groups[-1].rows.append(_row(membership, running))
    return groups


def _heading(day: dt.date, today: dt.date) -> str:
    if day >= today:
        return _("Today")
    if day == today - dt.timedelta(days=1):
        return _("Yesterday")
    if day > today - dt.timedelta(days=today.weekday() + 1):
        return _("Earlier this week")
    return formats.date_format(day, "F" if day.year == today.year else "F Y")


def _row(membership: Membership, running: set[str]) -> Row:
    conversation = membership.conversation
    return Row(
        id=conversation.pk,
        title=conversation.title or _("New conversation"),
        has_title=bool(conversation.title),
        unread=0 if membership.muted_at else membership.unread,
        url=reverse(
            "studio_work" if conversation.kind == Conversation.Kind.WORK else "conversation", args=[conversation.pk]
        ),
        is_work=conversation.kind == Conversation.Kind.WORK,
        activity_at=membership.activity_at,
        is_running=conversation.pk in running,
        is_pinned=membership.pinned_at is not None,
        is_archived=membership.archived_at is not None,
        may_write=membership.may_write,
        is_owner=membership.is_owner,
        people=[other.user for other in getattr(conversation, "others", [])],
    )


def members_named(conversation: Conversation, query: str, *, but: User) -> list[User]:
    """Return the other members with a word in their name that begins with `query`, the first few by name.

    Databases fold the letters of some languages only, and at most a thousand people are in a conversation.
    """
    start = query.strip().casefold()[:NAME_LENGTH]
    people = User.objects.filter(memberships__conversation=conversation, is_active=True)
    names = {user: user.display_name.casefold() for user in people.exclude(pk=but.pk)}
    fitting = [user for user, name in names.items() if f" {start}" in f" {name}"]
    return sorted(fitting, key=lambda user: (not names[user].startswith(start), names[user], user.pk))[:MOST_NAMED]
