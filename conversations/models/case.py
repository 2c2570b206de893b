"""Moderation: what was reported or noticed, who said so, what moderators note about it, and what follows for people."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models.conversation import Conversation
from conversations.models.fields import VerbatimJSONField
from conversations.models.file import File
from conversations.models.item import Item


class Case(models.Model):
    """One thing that a moderator decides about. While it is open its conversation is held: nothing of it is purged."""

    class Kind(models.TextChoices):
        MESSAGE = "message", _("Message")
        ANSWER = "answer", _("Answer")
        IMAGE = "image", _("Picture")
        FILE = "file", _("File")
        TOOL_CALL = "tool_call", _("Tool call")
        REFUSED = "refused", _("Refused prompt")

    class Priority(models.IntegerChoices):
        LOW = 1, _("Low")
        MEDIUM = 2, _("Medium")
        HIGH = 3, _("High")

    class Decision(models.TextChoices):
        KEEP = "keep", _("kept")
        REMOVE = "remove", _("removed")
        WARN = "warn", _("removed, and the author warned")
        SUSPEND = "suspend", _("removed, and the author suspended")

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="cases")
    item = models.ForeignKey(Item, models.SET_NULL, null=True, blank=True, related_name="cases")
    file = models.ForeignKey(File, models.SET_NULL, null=True, blank=True, related_name="cases")
    """Where it is about one picture or file of the item."""
    kind = models.CharField(max_length=10, choices=Kind.choices)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    """Who wrote it, or asked for the answer."""
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    seen = VerbatimJSONField(null=True, blank=True)
    """Ids of the people who had come as far as it when the case was opened, the first reporter among them. None: it
    is not known."""
    hidden_at = models.DateTimeField(null=True, blank=True)
    """Hidden from everybody while a decision is pending."""
    closed_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decision = models.CharField(max_length=8, choices=Decision.choices, blank=True)
    words = models.CharField(max_length=1000, blank=True)
    """What the reporters and the author read of the decision."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"], name="one_open_case_per_item", condition=Q(closed_at=None, file=None)
            ),
            models.UniqueConstraint(fields=["file"], name="one_open_case_per_file", condition=Q(closed_at=None)),
        ]
        indexes = [
            models.Index(fields=["-priority", "-id"], name="open_cases", condition=Q(closed_at=None)),
            models.Index(fields=["assigned_to", "-priority", "-id"], name="my_cases", condition=Q(closed_at=None)),
            models.Index(fields=["-id"], name="closed_cases", condition=Q(closed_at__isnull=False)),
            models.Index(fields=["author", "-id"], name="decided_about", condition=Q(closed_at__isnull=False)),
        ]
        permissions = [("moderate", "Can read what was reported and decide about it")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class Report(models.Model):
    """One voice that something needs a look: a person's, the provider's filter's, a check's of our own."""

    class Source(models.TextChoices):
        PERSON = "person", _("a person")
        PROVIDER = "provider", _("the provider’s filter")
        CHECK = "check", _("the blocked terms")

    class Reason(models.TextChoices):
        PRIVATE = "private", _("Private data")
        DANGEROUS = "dangerous", _("Dangerous or against the law")
        HURTFUL = "hurtful", _("Hurtful to somebody")
        RIGHTS = "rights", _("The work of somebody else")
        PLACE = "place", _("In the wrong place")
        WRONG = "wrong", _("Wrong or misleading")
        OTHER = "other", _("Something else")

    case = models.ForeignKey(Case, models.CASCADE, related_name="reports")
    source = models.CharField(max_length=8, choices=Source.choices)
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    comment = models.CharField(max_length=500, blank=True)
    """A person's words; of a filter the categories that it names."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "reporter"], name="one_report_each")]
        indexes = [models.Index(fields=["reporter", "-id"], name="own_reports")]

    def __str__(self) -> str:
        return f"{self.source} {self.reason}"


class CaseNote(models.Model):
    """What moderators write for each other."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.CharField(max_length=1000)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"note {self.pk}"


class Sanction(models.Model):
    """An account that is closed for a time."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="sanctions")
    case_id = models.BigIntegerField(null=True, blank=True)
    """Not a foreign key: it outlives what it was about."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    began_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["until"], name="open_sanctions", condition=Q(ended_at=None))]

    def __str__(self) -> str:
        return f"{self.user} until {self.until:%Y-%m-%d}"
