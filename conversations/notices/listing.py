"""Notices as a person reads them: the words are made from what they may see at that moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import BadRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.models import Notice, User

PAGE = 40
MOST_COUNTED = 100
Kind = Notice.Kind


@dataclass(frozen=True)
class Told:
    """A notice in words."""

    id: int
    sentence: str
    icon: str
    at: dt.datetime
    is_read: bool
    url: str


@dataclass(frozen=True)
class ToldPage:
    rows: list[Told]
    more_url: str = ""


ICONS = {
    Kind.MENTION: "at-sign",
    Kind.APPROVAL: "shield-check",
    Kind.FINISHED: "circle-check",
    Kind.INVITATION: "door-open",
    Kind.REPORT: "flag",
    Kind.MODERATED: "flag",
}


def notice_list(user: User, *, before: str = "") -> ToldPage:
    """Return a page of a person's notices, the newest first."""
    rows = Notice.objects.visible_to(user).filter(on_page=True).order_by("-id")
    if before:
        if not (before.isascii() and before.isdigit() and len(before) < 19):
            raise BadRequest("This page of the list does not exist.")
        rows = rows.filter(id__lt=int(before))
    page = list(rows.select_related("conversation", "by")[: PAGE + 1])
    more = f"?before={page[PAGE - 1].pk}" if len(page) > PAGE else ""
    return ToldPage(told(page[:PAGE]), more)


def told(rows: Iterable[Notice]) -> list[Told]:
    """Put notices into words, in the language that is active; their conversations were fetched with them."""
    return [
        Told(
            id=row.pk,
            sentence=sentence(row),
            icon=ICONS[Kind(row.kind)],
            at=row.created_at,
            is_read=row.read_at is not None,
            url=reverse("notice", args=[row.pk]),
        )
        for row in rows
    ]


def sentence(row: Notice) -> str:
    title = row.conversation.title if row.conversation else ""
    about = {"title": title or _("New conversation"), "name": row.by.display_name if row.by else _("Somebody")}
    words = {
        Kind.MENTION: _("%(name)s mentions you in “%(title)s”"),
        Kind.APPROVAL: _("A call waits for your approval in “%(title)s”"),
        Kind.FINISHED: _("The answer in “%(title)s” is done"),
        Kind.INVITATION: _("%(name)s lets you into “%(title)s”"),
        Kind.REPORT: _("Moderators have decided about what you reported"),
        Kind.MODERATED: _("Moderators have taken away something that you wrote or asked for"),
    }
    return words[Kind(row.kind)] % about


def unread_count(user: User, *, looking_at: str = "") -> int:
    """Return how many notices wait, `MOST_COUNTED` at most; those of the conversation on the screen count as read."""
    rows = Notice.objects.visible_to(user).unread().order_by("-id").values_list("pk", "conversation_id")
    waiting = list(rows[:MOST_COUNTED])
    seen = [pk for pk, conversation in waiting if looking_at and conversation == looking_at]
    if seen:
        Notice.objects.filter(pk__in=seen).update(read_at=timezone.now(), push_at=None, mail_at=None)
    return len(waiting) - len(seen)


def opened(user: User, notice_id: int) -> str | None:
    """Note that a notice was read, and return where it leads; None for one that is unknown or not theirs any more."""
    found = Notice.objects.visible_to(user).filter(pk=notice_id).select_related("conversation", "response").first()
    if found is None:
        return None
    if found.read_at is None:
        Notice.objects.filter(pk=found.pk).update(read_at=timezone.now(), push_at=None, mail_at=None)
    if found.conversation is None:
        return reverse("reports")
    page = reverse("conversation", args=[found.conversation.pk])
    branch = found.response.branch_id if found.response else None
    return page if branch in {None, found.conversation.branch_id} else f"{page}?branch={branch}"


def read_all(user: User) -> None:
    """Note that a person has read all that there is."""
    Notice.objects.filter(user=user, read_at=None).update(read_at=timezone.now(), push_at=None, mail_at=None)
