"""What administrators set while Salon runs, and what they changed: from what to what, by whom."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from conversations.models.fields import VerbatimJSONField


class Setting(models.Model):
    """A value that differs from the default. `conversations.site_settings` knows the names and what they may hold."""

    name = models.CharField(primary_key=True, max_length=60)
    value = VerbatimJSONField()

    def __str__(self) -> str:
        return self.name


class Change(models.Model):
    """One change of something that people set in the administration. Secrets are never among the values."""

    kind = models.CharField(max_length=30)
    """What it is: `setting`, or the name of a model."""
    object_id = models.CharField(max_length=120)
    before = VerbatimJSONField(null=True)
    """None: there was nothing, or the default."""
    after = VerbatimJSONField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["kind", "object_id", "-id"], name="changes_of")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"

    @classmethod
    def note(cls, kind: str, object_id: Any, *, before: Any, after: Any, by: models.Model) -> None:
        """Keep a change, in the transaction that makes it."""
        cls.objects.create(kind=kind, object_id=str(object_id)[:120], before=before, after=after, by_id=by.pk)
