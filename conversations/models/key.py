"""A key of the gateway: with it a program speaks as the person who made it."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from conversations.models.user import User

BEGINNING = "sk-salon-"
SHOWN = len(BEGINNING) + 4
"""Characters of a key that are kept, so that a person can tell their keys apart."""
SOON = timedelta(days=7)
"""Before a key expires: time to make another."""


class KeyQuerySet(models.QuerySet["Key"]):
    def alive(self) -> KeyQuerySet:
        """Keys that still open the gateway: neither revoked nor expired, of people who are not suspended."""
        unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(unexpired, revoked_at=None, user__is_active=True)


class Key(models.Model):
    class Scope(models.TextChoices):
        READ = "read", _("read")
        WRITE = "write", _("write")
        FILES = "files", _("files")
        MODELS = "models", _("models")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="keys", db_index=False)
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(max_length=20, editable=False)
    scope = models.CharField(max_length=60)
    """The scopes, with spaces between them."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    """To the minute: a busy key is not written for each request."""
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = KeyQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user", "-created_at", "-id"], name="newest_keys")]

    def __str__(self) -> str:
        return self.name

    @property
    def scopes(self) -> list[str]:
        return self.scope.split()

    @property
    def expires_soon(self) -> bool:
        return self.expires_at is not None and self.expires_at < timezone.now() + SOON

    @classmethod
    def of(cls, user: User, **columns: object) -> tuple[Key, str]:
        """Return a key, not yet saved, and the secret that is shown once and kept nowhere."""
        secret = BEGINNING + secrets.token_urlsafe(32)
        return cls(user=user, digest=digest(secret), prefix=secret[:SHOWN], **columns), secret


def digest(secret: str) -> str:
    """Return what is kept of a key. It is random and long, so one round is enough, and each request pays for it."""
    return salted_hmac("conversations.Key", secret, algorithm="sha256").hexdigest()
