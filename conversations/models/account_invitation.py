"""An invitation to make an account: by a letter to one address, for a while, once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from conversations.models.conversation import Conversation, Membership


class AccountInvitationQuerySet(models.QuerySet["AccountInvitation"]):
    def open(self) -> AccountInvitationQuerySet:
        """Those that may still be used."""
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=timezone.now())


class AccountInvitation(models.Model):
    email = models.EmailField(max_length=254)
    secret_hash = models.CharField(max_length=64, unique=True)
    conversation = models.ForeignKey(Conversation, models.SET_NULL, null=True, blank=True, related_name="+")
    """Where the new person is let in, as `role`."""
    role = models.CharField(max_length=10, choices=Membership.Role.choices, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    """Who invites; empty where people of a domain may ask by themselves."""
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = AccountInvitationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["created_by", "-id"], name="own_invitations", condition=Q(used_at=None, revoked_at=None)
            ),
            models.Index(fields=["-id"], name="all_invitations", condition=Q(used_at=None, revoked_at=None)),
        ]

    def __str__(self) -> str:
        return f"account invitation {self.pk}"
