"""Breaking the glass: one who is no member reads a conversation, for a reason, for a while, with a second person."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LAPSES_AFTER = dt.timedelta(hours=24)
"""A request that nobody has answered by then."""


class Reading(models.Model):
    class Status(models.TextChoices):
        REQUESTED = "requested", _("waits for a second person")
        OPEN = "open", _("open")
        ENDED = "ended", _("ended")
        REFUSED = "refused", _("refused")
        LAPSED = "lapsed", _("lapsed")

    conversation_id = models.CharField(max_length=64, db_index=True)
    """Not a foreign key: that somebody read it is told after it has gone."""
    reason = models.CharField(_("reason"), max_length=300)
    minutes = models.PositiveIntegerField(_("minutes"), default=60)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        permissions = [("approve_reading", "Can let somebody else read a private conversation for a while")]

    def __str__(self) -> str:
        return f"{self.requested_by} reads {self.conversation_id}"

    @property
    def status(self) -> Status:
        now = timezone.now()
        if self.refused_at is not None:
            return self.Status.REFUSED
        if self.until is not None:
            return self.Status.OPEN if self.until > now else self.Status.ENDED
        return self.Status.REQUESTED if self.requested_at + LAPSES_AFTER > now else self.Status.LAPSED
