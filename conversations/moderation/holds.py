"""What is held, and by which matters. Asked inside every transaction that purges."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from conversations.errors import Refused
from conversations.models import Case, Conversation, File, HoldTarget, Item, LegalHold, Membership, User
from conversations.models.audit import record

LOCK = 0x5A10_0001
"""Of PostgreSQL's advisory locks: shared by those who purge, alone for who places a hold."""


def lock_for_purging() -> None:
    """Let no hold be placed until the transaction ends; one that was placed before is seen from here on.

    SQLite has one writer, so there a transaction that writes is enough.
    """
    _lock("pg_advisory_xact_lock_shared")


def _lock(function: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [LOCK])


def place(
    *,
    actor: User,
    name: str,
    reason: str,
    people: Iterable[User] = (),
    groups: Iterable[Any] = (),
    conversations: Iterable[str] = (),
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    quiet: bool = False,
) -> LegalHold:
    """Open a matter. When this returns nothing that it holds can go any more: a purge that runs stops before it."""
    if not name.strip() or not reason.strip():
        raise Refused("Give the matter a name and a reason.", code="reason")
    with transaction.atomic():
        _lock("pg_advisory_xact_lock")
        hold = LegalHold.objects.create(
            name=name.strip(), reason=reason.strip(), quiet=quiet, since=since, until=until, placed_by=actor
        )
        targets = [HoldTarget(hold=hold, person=person) for person in people]
        targets += [HoldTarget(hold=hold, group=group) for group in groups]
        targets += [HoldTarget(hold=hold, conversation_id=pk) for pk in conversations]
        if not targets:
            raise Refused("Say whom or what it holds.", code="targets")
        HoldTarget.objects.bulk_create(targets)
        record("hold.place", actor=actor, object=hold, details={"count": len(targets)})
    return hold


def release(hold: LegalHold, *, actor: User) -> None:
    """Close a matter. What no other matter holds goes back to its own clock."""
    with transaction.atomic():
        hold = LegalHold.objects.select_for_update().get(pk=hold.pk)
        if hold.released_at is not None:
            raise Refused("This matter was released before.", code="released", status=409)
        hold.released_by, hold.released_at = actor, timezone.now()
        hold.save(update_fields=["released_by", "released_at"])
        record("hold.release", actor=actor, object=hold)


def held(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Narrow to the conversations that an open matter holds, or an open case of the moderators."""
    return conversations.filter(_is_held())


def unheld(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Narrow to the conversations that nothing holds."""
    return conversations.exclude(_is_held())


def is_held(conversation: Conversation) -> bool:
    """Whether a matter or a case holds a conversation, whose row the caller has locked: a case is opened under it."""
    if conversation.cases.filter(closed_at=None).exists():
        return True
    # Most of the time no matter is open at all, which costs a tenth of asking who is in the conversation
    return HoldTarget.objects.filter(hold__released_at=None).exists() and holding(conversation).exists()


def _is_held() -> Q:
    targets = _targets_of(OuterRef("pk"), OuterRef("created_by"), OuterRef("created_at"), OuterRef("activity_at"))
    return Q(Exists(targets)) | Q(Exists(Case.objects.filter(conversation=OuterRef("pk"), closed_at=None)))


def _targets_of(pk: Any, owner: Any, begun: Any, active: Any) -> QuerySet[HoldTarget]:
    """Select the targets that hold a conversation: by itself, by who owns it, is or was in it, or by their group."""
    own = OuterRef("person")
    of_group = OuterRef("group")
    nested = OuterRef(pk) if isinstance(pk, OuterRef) else pk
    members = Membership.objects.filter(conversation=nested)
    authors = Item.objects.filter(conversation=nested)
    in_group = Q(person=owner) | Exists(members.filter(user=own)) | Exists(authors.filter(author=own))
    by_group = (
        Q(group__user=owner)
        | Exists(members.filter(user__groups=of_group))
        | Exists(authors.filter(author__groups=of_group))
    )
    in_time = Q(hold__since=None) | Q(hold__since__lte=active)
    in_time &= Q(hold__until=None) | Q(hold__until__gte=begun)
    return HoldTarget.objects.filter(
        Q(conversation_id=pk) | (Q(person__isnull=False) & in_group) | (Q(group__isnull=False) & by_group),
        in_time,
        hold__released_at=None,
    )


def held_by(hold: LegalHold) -> QuerySet[Conversation]:
    """Return the conversations that one matter holds."""
    own = _targets_of(OuterRef("pk"), OuterRef("created_by"), OuterRef("created_at"), OuterRef("activity_at"))
    return Conversation.objects.filter(Exists(own.filter(hold=hold)))


def holding(conversation: Conversation) -> QuerySet[LegalHold]:
    """Return the open matters that hold a conversation."""
    targets = _targets_of(
        conversation.pk, conversation.created_by_id, Value(conversation.created_at), Value(conversation.activity_at)
    )
    return LegalHold.objects.filter(pk__in=targets.values("hold")).order_by("pk")


def holds_person(user: User) -> bool:
    """Whether an open matter names a person, or a group that they are in: then their own files stay too."""
    named = Q(person=user) | Q(group__user=user)
    return HoldTarget.objects.filter(named, hold__released_at=None).exists()


def free_files(files: QuerySet[File]) -> QuerySet[File]:
    """Narrow files that are in no conversation to those whose owner no open matter names."""
    named = Q(person=OuterRef("owner")) | Q(group__user=OuterRef("owner"))
    return files.exclude(Exists(HoldTarget.objects.filter(named, hold__released_at=None)))
