"""The two logs. `Fact`: what changed rows, for a conversation. `StreamChunk`: what came in between, for a response."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from conversations.models.conversation import Conversation
from conversations.models.fields import VerbatimJSONField
from conversations.models.response import Response


class Fact(models.Model):
    """One change of a conversation. It names rows and holds no content, so a purge has nothing to find here."""

    class Kind(models.TextChoices):
        RESPONSE_CREATED = "response.created"
        RESPONSE_UPDATED = "response.updated"
        CONVERSATION_UPDATED = "conversation.updated"
        CONVERSATION_DELETED = "conversation.deleted"
        MEMBERS_UPDATED = "members.updated"
        NOTE_CREATED = "note.created"
        NOTE_DELETED = "note.deleted"
        BRANCH_UPDATED = "branch.updated"
        REACTION_UPDATED = "reaction.updated"

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="facts", db_index=False)
    position = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=30, choices=Kind.choices)
    response = models.ForeignKey(Response, models.CASCADE, null=True, blank=True, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    """Whose membership has changed, or who has said it; nobody where it was a model."""
    note = models.ForeignKey("Item", models.CASCADE, null=True, blank=True, related_name="+")
    branch = models.ForeignKey("Branch", models.CASCADE, null=True, blank=True, related_name="+")
    """Whose name has changed."""
    reaction = models.ForeignKey("Reaction", models.CASCADE, null=True, blank=True, related_name="+")
    said = models.BooleanField(default=False, db_default=False)
    """Whether it brings something to read: a message, a note, an answer that has ended."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "position"], name="gapless_position")]
        indexes = [models.Index(fields=["conversation", "position"], name="said", condition=models.Q(said=True))]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.position} {self.kind}"


class StreamChunk(models.Model):
    """Consecutive events of a response's stream, written together. `sequence` is the number of the first."""

    response = models.ForeignKey(Response, models.CASCADE, related_name="chunks", db_index=False)
    epoch = models.PositiveIntegerField()
    sequence = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    events = VerbatimJSONField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["response", "epoch", "sequence"], name="one_chunk_per_sequence")]

    def __str__(self) -> str:
        return f"{self.response_id} {self.epoch}:{self.sequence}+{self.count}"
