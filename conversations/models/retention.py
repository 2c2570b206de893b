"""How long things are kept. A rule has a time of its own: proposed, confirmed, in force, ended."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KIND_NAMES = {
    "messages": _("Conversations"),
    "files": _("Files"),
    "images": _("Images"),
    "tool_data": _("Tool data"),
    "recordings": _("Computer recordings"),
    "logs": _("Logs of answers"),
}
KINDS = tuple(KIND_NAMES)


class RetentionRuleQuerySet(models.QuerySet["RetentionRule"]):
    def in_force(self, at: dt.datetime) -> RetentionRuleQuerySet:
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=at), in_force_at__lte=at)

    def waiting(self, at: dt.datetime) -> RetentionRuleQuerySet:
        """Proposed rules that nobody has answered, and confirmed ones whose time has not come."""
        return self.filter(Q(in_force_at=None) | Q(in_force_at__gt=at), ended_at=None, proposed_at__isnull=False)


class RetentionRule(models.Model):
    class Scope(models.TextChoices):
        """From the widest to the most specific: the last one that has a rule wins."""

        SITE = "site", _("Everybody")
        GROUP = "group", _("A group")
        PERSON = "person", _("A person")
        TEMPORARY = "temporary", _("Temporary conversations")
        CONVERSATION = "conversation", _("A conversation")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PROPOSED = "proposed", _("waits for a second person")
        CONFIRMED = "confirmed", _("confirmed, not yet in force")
        IN_FORCE = "in_force", _("in force")
        ENDED = "ended", _("ended")

    scope = models.CharField(_("applies to"), max_length=12, choices=Scope.choices)
    group = models.ForeignKey(Group, models.CASCADE, null=True, blank=True, related_name="retention_rules")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="retention_rules"
    )
    conversation = models.ForeignKey(
        "Conversation", models.CASCADE, null=True, blank=True, related_name="retention_rules"
    )
    messages = models.BooleanField(default=False)
    files = models.BooleanField(default=False)
    images = models.BooleanField(default=False)
    tool_data = models.BooleanField(default=False)
    recordings = models.BooleanField(default=False, db_default=False)
    logs = models.BooleanField(default=False)
    days = models.PositiveIntegerField(_("keep for"), null=True, blank=True)
    """None is for ever."""
    floor_days = models.PositiveIntegerField(_("at least"), null=True, blank=True)
    ceiling_days = models.PositiveIntegerField(_("at most"), null=True, blank=True)
    """Of the rule for everybody: no other rule leaves these limits."""
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    replaces = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    proposed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    in_force_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = RetentionRuleQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["scope", "in_force_at"], name="rules_in_force")]
        permissions = [("confirm_retentionrule", "Can confirm a retention rule that somebody else proposed")]

    def __str__(self) -> str:
        return f"{self.target}: {self.term}"

    @property
    def kinds(self) -> list[str]:
        return [kind for kind in KINDS if getattr(self, kind)]

    @property
    def kind_names(self) -> list[str]:
        return [str(KIND_NAMES[kind]) for kind in self.kinds]

    @property
    def target(self) -> str:
        """Whom or what the rule is for, as people call it."""
        named = {"group": self.group, "person": self.person, "conversation": self.conversation_id}.get(self.scope)
        return f"{self.get_scope_display()}: {named}" if named else self.get_scope_display()

    @property
    def term(self) -> str:
        return str(_("for ever")) if self.days is None else str(_("%(days)d days") % {"days": self.days})

    @property
    def status(self) -> Status:
        now = timezone.now()
        if self.ended_at is not None and self.ended_at <= now:
            return self.Status.ENDED
        if self.proposed_at is None:
            return self.Status.DRAFT
        if self.in_force_at is None:
            return self.Status.PROPOSED
        return self.Status.IN_FORCE if self.in_force_at <= now else self.Status.CONFIRMED
