"""The lists of conversations that the sidebar and the home page show, read by keyset from one index."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from conversations.models import Conversation, Deletion, Folder, Membership, Response, Tag, User
from conversations.models.conversation import MembershipQuerySet

SIDEBAR_PAGE = 40
HOME_PAGE = 30
MOST_PINNED = 50
MOST_FOLDERS = 100
MOST_TAGS = 30
"""Tags that the home page offers."""
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
    is_muted: bool
    tags: list[str]


@dataclass
class Group:
    """Rows under one heading: pinned, a day, the week, a month."""

    name: str
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Narrowed:
    """Which of a person's conversations a list has: those with words in their titles, the archived ones, those of a
    folder, those with a tag."""

    query: str = ""
    archived: bool = False
    folder: Folder | None = None
    tag: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """Those of the address of the list."""
        given = {
            "q": self.query,
            "archived": "1" if self.archived else "",
            "folder": str(self.folder.pk) if self.folder else "",
            "tag": self.tag,
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True)
class Listing:
    """One page of a list. `more_url` continues it, and is empty at the end."""

    groups: list[Group]
    query: str = ""
    more_url: str = ""
    folders: Sequence[Folder] = ()

    @property
    def more(self) -> bool:
        return bool(self.more_url)


def sidebar_list(user: User, narrowed: Narrowed = Narrowed(), *, before: str = "") -> Listing:  # frozen
    """Return what the sidebar shows of `user`'s conversations; `before` is where the page before ended.

    The first page of the whole list names the folders too.
    """
    listing = _list(user, narrowed, before=before, size=SIDEBAR_PAGE)
    if before or narrowed.parameters:
        return listing
    folders = Folder.objects.visible_to(user).order_by("shared", "name", "id")
    return replace(listing, folders=list(folders[:MOST_FOLDERS]))


def home_list(user: User, narrowed: Narrowed = Narrowed(), *, before: str = "") -> Listing:  # frozen
    """Return what the home page shows: as the sidebar, with the people and tags of each conversation."""
    return _list(user, narrowed, before=before, size=HOME_PAGE, whole=True)


def tags_of(user: User) -> list[str]:
    """Return the most used tags on what `user` sees."""
    theirs = Tag.objects.filter(conversation__memberships__user=user, conversation__deleted_at=None)
    used = theirs.values("name").annotate(count=Count("id")).order_by("-count", "name")
    return sorted(row["name"] for row in used[:MOST_TAGS])


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


def _list(user: User, narrowed: Narrowed, *, before: str, size: int, whole: bool = False) -> Listing:
    archived = narrowed.archived
    rows = Membership.objects.filter(user=user, conversation__deleted_at=None, archived_at__isnull=not archived)
    rows = rows.with_unread()
    rows = _placed(rows.filter(_title_has(narrowed.query)), narrowed).select_related("conversation")
    if whole:
        others = Membership.objects.exclude(user=user).select_related("user").order_by("id")[:FACES]
        tags = Prefetch("conversation__tags", Tag.objects.order_by("name"), to_attr="tagged")
        rows = rows.prefetch_related(Prefetch("conversation__memberships", others, to_attr="others"), tags)
    pinned: list[Membership] = []
    if not archived:
        if not before:
            pinned = list(rows.filter(pinned_at__isnull=False).order_by("-pinned_at")[:MOST_PINNED])
        rows = rows.filter(pinned_at=None)
    page = list(_after(rows.order_by("-activity_at", "-id"), before)[: size + 1])
    shown, more = page[:size], len(page) > size
    return Listing(
        groups=_grouped(pinned, shown),
        query=narrowed.query,
        more_url=_more_url(shown[-1], narrowed) if more else "",
    )


def _placed(rows: MembershipQuerySet, narrowed: Narrowed) -> MembershipQuerySet:
    if narrowed.folder is not None:
        shared = narrowed.folder.shared
        rows = rows.filter(**{"conversation__folder" if shared else "folder": narrowed.folder})
    if narrowed.tag:
        rows = rows.filter(Exists(Tag.objects.filter(conversation=OuterRef("conversation"), name=narrowed.tag)))
    return rows


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


def _more_url(last: Membership, narrowed: Narrowed) -> str:
    return f"{reverse('home')}?{urlencode({'before': cursor_of(last)} | narrowed.parameters)}"


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
        is_muted=membership.muted_at is not None,
        tags=[tag.name for tag in getattr(conversation, "tagged", [])],
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
