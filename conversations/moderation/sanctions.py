"""What ends when an account is closed, by a moderator for a time or by an administrator: everything, within seconds."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import dispatch
from conversations.errors import Refused
from conversations.models import Response, Sanction, User
from conversations.models.audit import record

MOST_DAYS = 365


def end_everything(person: User) -> None:
    """Sign a person out everywhere and stop what runs for them. Sockets, streams and keys see the closed account."""
    person.sign_out_everywhere()
    running = Response.objects.running().filter(created_by=person)
    stopped = list(running.values_list("pk", flat=True))
    running.filter(cancel_requested_at=None).update(cancel_requested_at=timezone.now())
    for response_id in stopped:
        transaction.on_commit(lambda pk=response_id: dispatch.cancel(pk), robust=True)  # type: ignore[misc]


def suspend(person: User, *, actor: User, days: int, case_id: int | None = None) -> Sanction:
    """Close an account for some days. Raise `Refused` for oneself, and for people with powers that the actor lacks."""
    if not 1 <= days <= MOST_DAYS:
        raise Refused(_("A suspension takes between 1 and 365 days."), code="days")
    if person.pk == actor.pk:
        raise Refused(_("You cannot suspend yourself."), code="own")
    if not actor.is_superuser and (person.is_superuser or powers(person) - powers(actor)):
        words = _("This person has powers that you lack. Ask an administrator.")
        raise Refused(words, code="powers", status=403)
    with transaction.atomic():
        until = timezone.now() + dt.timedelta(days=days)
        sanction = Sanction.objects.create(user=person, by=actor, until=until, case_id=case_id)
        User.objects.filter(pk=person.pk).update(is_active=False)
        end_everything(person)
        details = {"days": days} | ({"case": case_id} if case_id else {})
        record("user.suspend", actor=actor, object=person, details=details)
    return sanction


def end_due() -> int:
    """Open the accounts whose time is over, unless something else keeps them closed; return how many."""
    due = Sanction.objects.filter(ended_at=None, until__lte=timezone.now())
    opened = 0
    for sanction in due.order_by("pk")[:100]:
        with transaction.atomic():
            if not Sanction.objects.filter(pk=sanction.pk, ended_at=None).update(ended_at=timezone.now()):
                continue
            if not Sanction.objects.filter(user=sanction.user_id, ended_at=None).exists():
                User.objects.filter(pk=sanction.user_id).update(is_active=True)
                record("user.resume", actor=None, object=("user", str(sanction.user_id)))
                opened += 1
    return opened


def settle(person: User) -> None:
    """An administrator has opened or closed the account by hand: that counts, and no sanction changes it again."""
    Sanction.objects.filter(user=person, ended_at=None).update(ended_at=timezone.now())


def powers(user: User) -> set[int]:
    """Return the permissions that a person has, or would have were their account open."""
    return set(Permission.objects.filter(Q(user=user) | Q(group__user=user)).values_list("pk", flat=True))
