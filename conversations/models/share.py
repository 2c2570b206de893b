"""A read-only link to a conversation as it was at one turn, for people without an account."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from conversations.models.conversation import Conversation, Membership
from conversations.models.response import Response


class ShareQuerySet(models.QuerySet["Share"]):
    def open(self) -> ShareQuerySet:
        """Those that may open something: not over, not revoked, of who still owns the conversation and is here."""
        return self.filter(
            revoked_at=None,
            expires_at__gt=timezone.now(),
            conversation__deleted_at=None,
            created_by__is_active=True,
            created_by__memberships__role=Membership.Role.OWNER,
            created_by__memberships__conversation=models.F("conversation"),
        )


class Share(models.Model):
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="shares", db_index=False)
    head = models.ForeignKey(Response, models.CASCADE, related_name="+")
    """The last turn that is shown. Turns do not change, so what is shown is frozen; what is deleted is gone here."""
    title = models.CharField(max_length=200, blank=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    with_names = models.BooleanField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    views = models.PositiveIntegerField(default=0)
    viewed_at = models.DateTimeField(null=True, blank=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "-id"], name="shares_of", condition=Q(revoked_at=None)),
            models.Index(fields=["conversation"], name="all_shares_of"),
        ]

    def __str__(self) -> str:
        return f"share {self.pk}"
