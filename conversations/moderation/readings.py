"""Reading a conversation without being its member. Each step is recorded, and the members are told."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.errors import NotFound, Refused
from conversations.models import Conversation, Item, Reading, User
from conversations.models.audit import record
from conversations.moderation.holds import holding

MOST_MINUTES = 240
PAGE = 50
Status = Reading.Status


def request(conversation_id: str, *, actor: User, reason: str, minutes: int) -> Reading:
    """Ask to read a conversation; somebody else has to agree. Raise `Refused`."""
    if not reason.strip():
        raise Refused(_("Give a reason: the people in it will read it."), code="reason")
    if not 1 <= minutes <= MOST_MINUTES:
        raise Refused(_("A reading takes between 1 and 240 minutes."), code="minutes")
    if not Conversation.objects.filter(pk=conversation_id).exists():
        raise Refused(_("There is no conversation with this id."), code="conversation")
    with transaction.atomic():
        reading = Reading.objects.create(
            conversation_id=conversation_id, reason=reason.strip()[:300], minutes=minutes, requested_by=actor
        )
        details = {"conversation": conversation_id, "count": minutes}
        record("reading.request", actor=actor, object=reading, details=details)
    return reading


def approve(reading: Reading, *, actor: User) -> Reading:
    """Let the one who asked read, from now on for the time that they asked for. Raise `Refused`."""
    with transaction.atomic():
        reading = _waiting(reading, actor)
        now = timezone.now()
        reading.approved_by, reading.approved_at = actor, now
        reading.until = now + dt.timedelta(minutes=reading.minutes)
        reading.save()
        record("reading.approve", actor=actor, object=reading, details={"conversation": reading.conversation_id})
    return reading


def refuse(reading: Reading, *, actor: User) -> None:
    with transaction.atomic():
        reading = Reading.objects.select_for_update().get(pk=reading.pk)
        if reading.status != Status.REQUESTED:
            raise Refused(_("This request does not wait for anybody."), code="state", status=409)
        reading.refused_at = timezone.now()
        reading.save(update_fields=["refused_at"])
        record("reading.refuse", actor=actor, object=reading, details={"conversation": reading.conversation_id})


def _waiting(reading: Reading, actor: User) -> Reading:
    reading = Reading.objects.select_for_update().get(pk=reading.pk)
    if reading.status != Status.REQUESTED:
        raise Refused(_("This request does not wait for anybody."), code="state", status=409)
    if reading.requested_by_id == actor.pk:
        raise Refused(_("Another person has to agree: you asked."), code="second_person", status=403)
    return reading


def end(reading: Reading, *, actor: User) -> None:
    """End an open reading before its time."""
    with transaction.atomic():
        if Reading.objects.filter(pk=reading.pk, until__gt=timezone.now()).update(until=timezone.now()):
            record("reading.end", actor=actor, object=reading, details={"conversation": reading.conversation_id})


def items(reading: Reading, *, actor: User, after: int = 0) -> tuple[Conversation, list[Item]]:
    """Return a page of what was said, oldest first, and record that it was read. Raise `NotFound` unless it is open."""
    with transaction.atomic():
        reading = Reading.objects.get(pk=reading.pk)
        if reading.status != Status.OPEN or reading.requested_by_id != actor.pk:
            raise NotFound
        conversation = Conversation.objects.filter(pk=reading.conversation_id).first()
        if conversation is None:
            raise NotFound
        rows = Item.objects.filter(conversation=conversation, pk__gt=after).select_related("author", "response")
        page = list(rows.order_by("pk")[:PAGE])
        details = {"reading": reading.pk, "count": len(page), "position": after}
        record("conversation.read", actor=actor, object=conversation, details=details)
    return conversation, page


def told(conversation: Conversation) -> QuerySet[Reading]:
    """Return the readings that the members are told of: the approved ones, and none while a quiet matter holds it."""
    readings = Reading.objects.filter(conversation_id=conversation.pk, approved_at__isnull=False)
    if holding(conversation).filter(quiet=True).exists():
        return readings.none()
    return readings.select_related("requested_by", "approved_by").order_by("-approved_at")
