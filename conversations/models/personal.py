"""What was asked about somebody's personal data: to hand it over, or to erase it."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models.fields import EMPTY_OBJECT, VerbatimJSONField

LAPSES_AFTER = dt.timedelta(days=7)
"""A request that nobody has answered by then."""
OPEN_FOR = dt.timedelta(hours=24)
"""An export that somebody has agreed to."""


class DataRequest(models.Model):
    class Kind(models.TextChoices):
        EXPORT = "export", _("export")
        ERASE = "erase", _("erasure")

    class Status(models.TextChoices):
        REQUESTED = "requested", _("waits for a second person")
        OPEN = "open", _("open")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")
        LAPSED = "lapsed", _("lapsed")

    kind = models.CharField(max_length=6, choices=Kind.choices)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=300)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    counts = VerbatimJSONField(default=dict, db_default=EMPTY_OBJECT, blank=True)
    """Of an erasure: kind of thing -> how many of them went, or stayed with others."""

    class Meta:
        permissions = [("approve_datarequest", "Can agree to the export or the erasure of a person's data")]

    def __str__(self) -> str:
        return f"{self.kind} {self.person_id}"

    @property
    def status(self) -> Status:
        now = timezone.now()
        if self.done_at is not None:
            return self.Status.DONE
        if self.refused_at is not None:
            return self.Status.REFUSED
        if self.approved_at is not None:
            return self.Status.OPEN if self.approved_at + OPEN_FOR > now else self.Status.LAPSED
        return self.Status.REQUESTED if self.requested_at + LAPSES_AFTER > now else self.Status.LAPSED
