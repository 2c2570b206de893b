"""What a person brings in from elsewhere: a file that is read in the background, and what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models.fields import EMPTY_OBJECT, VerbatimJSONField

LEASE = timedelta(seconds=60)
LEASED = Now() + LEASE


class Import(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", _("waits")
        RUNNING = "running", _("is being read")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="imports", db_index=False)
    file_id = models.CharField(max_length=64, blank=True)
    """The upload, an unattached file of the owner's; empty when it has been read."""
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    kind = models.CharField(max_length=20, blank=True)
    done_bytes = models.PositiveBigIntegerField(default=0)
    report = VerbatimJSONField(default=dict, db_default=EMPTY_OBJECT, blank=True)
    """`taken`: numbers by kind. `left`: what was not taken, why, and how often. `conversations`: ids of the first."""
    problem = models.CharField(max_length=300, blank=True)
    """Why it failed, in a sentence for people."""
    tries = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-id"], name="imports_of"),
            models.Index(fields=["lease_until"], name="imports_to_do", condition=Q(done_at=None)),
            models.Index(fields=["done_at"], name="imports_done", condition=Q(done_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"import {self.pk} {self.state}"

    @property
    def percent(self) -> int:
        return 100 if self.done_at else min(99, self.done_bytes * 100 // max(self.size, 1))

    @property
    def taken(self) -> dict[str, Any]:
        found = self.report.get("taken", {}) if isinstance(self.report, dict) else {}
        return found if isinstance(found, dict) else {}
