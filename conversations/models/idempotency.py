"""What a client has asked for under an `Idempotency-Key`, so that the same key again is the same answer."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

KEPT = timedelta(hours=24)


class IdempotencyKey(models.Model):
    """`result` names what was made, by its id: what people wrote is nowhere kept a second time."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    result = models.CharField(max_length=200, blank=True)
    """Empty while the first request is at it."""
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_idempotency_key_each")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.pk}"
