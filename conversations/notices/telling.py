"""Keeping a notice, in the transaction of what it is about."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.backends import ModelBackend
from django.utils import timezone

from conversations.models import Approval, Case, Decides, Item, Membership, Notice, Report, Response, User
from conversations.models.approval import DECIDE
from conversations.models.notice import wants

Kind, Way = Notice.Kind, Notice.Way
LONG = 60
"""Seconds. Who asked for an answer that took longer has probably turned to something else."""


def mentioned(item: Item, people: Iterable[User]) -> None:
    """Tell members whom a message or a note calls."""
    _tell(
        Kind.MENTION, _listening(item.conversation_id, [person.pk for person in people]), f"item:{item.pk}", item=item
    )


def waits(approval: Approval) -> None:
    """Tell whoever may decide about a call."""
    if approval.decides == Decides.ASKER:
        deciders = [approval.asked_by_id]
    else:
        able = ModelBackend().with_perm(DECIDE).exclude(pk=approval.asked_by_id)
        deciders = list(able.values_list("pk", flat=True))
    people = _listening(approval.conversation_id, deciders)
    _tell(Kind.APPROVAL, people, f"approval:{approval.pk}", response=approval.response, by=approval.asked_by_id)


def finished(response: Response) -> None:
    """Tell who asked for an answer that ran in the background, or long. Programs wait for their own answers."""
    if response.door != Response.Door.PAGE:
        return
    if response.status == Response.Status.CANCELLED or response.calls or response.done_at is None:
        return
    if response.background or (response.done_at - response.queued_at).total_seconds() >= LONG:
        people = _listening(response.conversation_id, [response.created_by_id])
        _tell(Kind.FINISHED, people, f"response:{response.pk}", response=response)


def let_in(membership: Membership, *, by: User) -> None:
    """Tell somebody that they are in a conversation now. Who came in by themselves knows it."""
    if by.pk != membership.user_id:
        source = f"membership:{membership.pk}"
        _tell(Kind.INVITATION, [membership.user], source, conversation_id=membership.conversation_id, by=by.pk)


def decided(case: Case) -> None:
    """Tell who reported something what became of it, and the author unless it was kept."""
    reporters = User.objects.filter(
        pk__in=Report.objects.filter(case=case, reporter__isnull=False).values("reporter"), is_active=True
    )
    _tell(Kind.REPORT, reporters, f"case:{case.pk}")
    if case.author is not None and case.decision != Case.Decision.KEEP:
        _tell(Kind.MODERATED, [case.author], f"case:{case.pk}:author")


def _listening(conversation_id: str, ids: Iterable[int]) -> list[User]:
    """Return those of some people who are in a conversation and have not muted it."""
    members = Membership.objects.filter(
        conversation=conversation_id, user__in=list(ids), muted_at=None, user__is_active=True
    )
    return [membership.user for membership in members.select_related("user")]


def _tell(
    kind: str,
    people: Iterable[User],
    source: str,
    *,
    item: Item | None = None,
    response: Response | None = None,
    conversation_id: str | None = None,
    by: int | None = None,
) -> None:
    now = timezone.now()
    if item is not None:
        response, conversation_id, by = item.response, item.conversation_id, item.author_id
    elif response is not None:
        conversation_id = response.conversation_id
    rows = [
        Notice(
            user=person,
            kind=kind,
            conversation_id=conversation_id,
            response=response,
            by_id=by,
            source=source,
            created_at=now,
            on_page=wants(person, kind, Way.PAGE),
            push_at=now if wants(person, kind, Way.PUSH) else None,
            mail_at=now if wants(person, kind, Way.MAIL) else None,
        )
        for person in people
    ]
    Notice.objects.bulk_create(
        [row for row in rows if row.on_page or row.push_at or row.mail_at], ignore_conflicts=True
    )
