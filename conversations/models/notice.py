"""Notices: what a person is told of, in which ways, and where their browsers are."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models.conversation import Conversation
from conversations.models.response import Response

if TYPE_CHECKING:
    from conversations.models.user import User


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: User) -> NoticeQuerySet:
        """What a person may still be told of: nothing of a conversation that they are not in any more."""
        theirs = Q(conversation=None) | Q(conversation__in=Conversation.objects.visible_to(user))
        return self.filter(theirs, user=user)

    def unread(self) -> NoticeQuerySet:
        return self.filter(read_at=None, on_page=True)


class Notice(models.Model):
    """One thing that a person is told. It names rows and holds no content: the words are made when it is read."""

    class Kind(models.TextChoices):
        MENTION = "mention", _("Somebody mentions you")
        APPROVAL = "approval", _("A call waits for your approval")
        FINISHED = "finished", _("Long work of yours is done")
        INVITATION = "invitation", _("Somebody lets you into a conversation")
        REPORT = "report", _("Moderators have decided about your report")
        MODERATED = "moderated", _("Moderators have decided about what you wrote")

    class Way(models.TextChoices):
        PAGE = "page", _("In Salon")
        PUSH = "push", _("On your devices")
        MAIL = "mail", _("By letter")

    class Digest(models.TextChoices):
        HOUR = "hour", _("At most one an hour")
        DAY = "day", _("At most one a day")
        NEVER = "never", _("No letters")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    conversation = models.ForeignKey(Conversation, models.CASCADE, null=True, blank=True, related_name="notices")
    response = models.ForeignKey(Response, models.SET_NULL, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    source = models.CharField(max_length=40)
    """What it is about: nobody is told twice of the same."""
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    on_page = models.BooleanField(default=True, db_default=True)
    push_at = models.DateTimeField(null=True, blank=True)
    """When devices are to be told; empty when that was done, or is not wanted."""
    mail_at = models.DateTimeField(null=True, blank=True)
    """From when on a letter may tell of it; empty likewise."""

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind", "source"], name="told_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="notices_of", condition=Q(on_page=True)),
            models.Index(fields=["user"], name="unread_notices", condition=Q(on_page=True, read_at=None)),
            models.Index(fields=["push_at"], name="notices_to_push", condition=Q(push_at__isnull=False)),
            models.Index(fields=["mail_at"], name="notices_to_mail", condition=Q(mail_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source}"


USUALLY_OFF = frozenset({"finished.mail"})


def wants(user: User, kind: str, way: str) -> bool:
    """Return whether a person wants to be told of this kind in this way."""
    return f"{kind}.{way}" not in set(user.notice_choices.get("off", USUALLY_OFF))


def digest_of(user: User) -> str:
    """Return how often a person wants a letter."""
    chosen = user.notice_choices.get("digest")
    return chosen if chosen in Notice.Digest.values else Notice.Digest.DAY.value


def endpoint_hash(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()


class PushSubscription(models.Model):
    """A browser that wants to be told although no page of Salon is open there."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="push_subscriptions")
    endpoint = models.CharField(max_length=2000)
    endpoint_hash = models.CharField(max_length=64, unique=True)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"browser {self.pk} of {self.user_id}"
