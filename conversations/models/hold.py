"""Legal holds: while a matter is open, nothing that it names can be deleted, by anybody."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class LegalHold(models.Model):
    """A named matter. Several may hold the same thing; it is free when the last of them is released."""

    name = models.CharField(_("matter"), max_length=120)
    reason = models.CharField(_("reason"), max_length=300)
    quiet = models.BooleanField(_("quiet"), default=False, help_text=_("The people concerned are not told."))
    since = models.DateTimeField(_("from"), null=True, blank=True)
    until = models.DateTimeField(_("to"), null=True, blank=True)
    """The time that it is about: conversations that ended before it, or began after it, are free."""
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(default=timezone.now)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class HoldTarget(models.Model):
    """What a matter holds: a person's conversations, those of a group, or one."""

    hold = models.ForeignKey(LegalHold, models.CASCADE, related_name="targets")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    group = models.ForeignKey(Group, models.PROTECT, null=True, blank=True, related_name="+")
    conversation_id = models.CharField(max_length=64, blank=True, db_index=True)
    """Not a foreign key: what was held is told after a released conversation has gone."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, group=None, conversation_id="")
                | Q(person=None, group__isnull=False, conversation_id="")
                | Q(person=None, group=None) & ~Q(conversation_id=""),
                name="holds_one_thing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.hold}: {self.person or self.group or self.conversation_id}"
