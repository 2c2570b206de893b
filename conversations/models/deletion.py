"""What is on its way out, what is still to be deleted at the provider, and the proof that something is gone."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models.fields import VerbatimJSONField


class DeletionQuerySet(models.QuerySet["Deletion"]):
    def pending(self) -> DeletionQuerySet:
        """What is hidden or being purged: all that is still here."""
        return self.filter(state__in=Deletion.PENDING)


class Deletion(models.Model):
    """A conversation on its way out, or a part of one. What stays of it is this row: ids, counts and times."""

    class State(models.TextChoices):
        HIDDEN = "hidden", _("hidden")
        PURGING = "purging", _("being purged")
        PURGED = "purged", _("purged")
        RESTORED = "restored", _("restored")

    class Cause(models.TextChoices):
        PERSON = "person", _("by its owner")
        ADMINISTRATOR = "administrator", _("by an administrator")
        RULE = "rule", _("by a rule")
        TOMBSTONE = "tombstone", _("again, after a backup was restored")

    PENDING = (State.HIDDEN, State.PURGING)

    conversation_id = models.CharField(max_length=64, db_index=True)
    """Not a foreign key: it outlives the conversation."""
    parts = models.CharField(max_length=60, blank=True)
    """The kinds that a rule took out of a conversation that stays, with commas between; empty where all of it goes."""
    state = models.CharField(max_length=8, choices=State.choices, default=State.HIDDEN)
    cause = models.CharField(max_length=13, choices=Cause.choices)
    rule_id = models.BigIntegerField(null=True, blank=True)
    """Of the rule that let it go; one for this conversation alone goes with it."""
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    hidden_at = models.DateTimeField(default=timezone.now)
    purge_after = models.DateTimeField()
    purge_began_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)
    restored_at = models.DateTimeField(null=True, blank=True)
    counts = VerbatimJSONField(default=dict, blank=True)
    """Kind of row -> how many of them were deleted, added to by each batch in its own transaction."""
    certified_at = models.DateTimeField(null=True, blank=True)

    objects = DeletionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation_id"],
                name="one_pending_deletion",
                condition=Q(state__in=["hidden", "purging"], parts=""),
            )
        ]
        indexes = [
            models.Index(fields=["state", "purge_after", "id"], name="due_deletions"),
            models.Index(fields=["owner", "state", "-id"], name="recently_deleted"),
            models.Index(fields=["state", "id"], name="uncertified", condition=Q(certified_at=None)),
        ]
        permissions = [
            ("delete_content", "Can delete and restore the conversations of others"),
            ("verify_certificate", "Can see and check deletion certificates"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.conversation_id}"


class ProviderDeletion(models.Model):
    """Something of ours that the provider may still keep and is asked to delete: the outbox of deletions."""

    class Kind(models.TextChoices):
        RESPONSE = "response"
        FILE = "file"

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("deleted there")
        EXPIRED = "expired", _("expired there")
        DEAD = "dead", _("given up")

    deletion = models.ForeignKey(
        Deletion, models.CASCADE, null=True, blank=True, related_name="at_provider", db_index=True
    )
    endpoint = models.CharField(max_length=300)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    provider_id = models.CharField(max_length=200)
    kept_until = models.DateTimeField(null=True, blank=True)
    """When the provider deletes it by itself, where that is known."""
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    """Not before then: a wait after a failure, or the lease of whoever is at it."""
    problem = models.CharField(max_length=80, blank=True)
    """The kind of the last failure and its status; never the provider's words, which may quote us."""
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "kind", "provider_id"], name="deleted_once")]
        indexes = [
            models.Index(fields=["next_at"], name="due_at_provider", condition=Q(state="waiting")),
            models.Index(fields=["state", "-id"], name="provider_deletions"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.provider_id} {self.state}"


class Certificate(models.Model):
    """The proof of a purge: a sealed document in a chain. Its text is kept to the byte."""

    position = models.PositiveBigIntegerField(primary_key=True)
    deletion = models.ForeignKey(Deletion, models.PROTECT, related_name="certificates")
    document = models.TextField()
    seal = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Certificate {self.position}"
