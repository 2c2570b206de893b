"""An invitation into one conversation: by a link or by a letter, for one person, for a while, with a fixed role."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from conversations.models.conversation import Conversation, Membership


def secret() -> str:
    """A new secret of 256 bits. It stands in the link and is kept nowhere: the row has its hash."""
    return secrets.token_urlsafe(32)


def hashed(given: str) -> str:
    """Return what is kept of a secret. A plain hash will do for what nobody can guess."""
    return hashlib.sha256(given.encode("utf-8", "replace")).hexdigest()


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> InvitationQuerySet:
        """Those that somebody may still use."""
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=timezone.now())


class Invitation(models.Model):
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="invitations", db_index=False)
    role = models.CharField(max_length=10, choices=Membership.Role.choices)
    secret_hash = models.CharField(max_length=64, unique=True)
    email = models.EmailField(max_length=254, blank=True)
    """The address that the letter went to; empty for a link that is handed on by hand."""
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["conversation", "-id"], name="open_invitations", condition=Q(used_at=None, revoked_at=None)
            ),
            models.Index(fields=["conversation"], name="all_invitations_to"),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"
