"""One input or output item of a response, as it went over the wire."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from conversations.models.conversation import Conversation
from conversations.models.fields import VerbatimJSONField
from conversations.models.response import Response


class Item(models.Model):
    class Direction(models.TextChoices):
        INPUT = "input"
        OUTPUT = "output"

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="items", db_index=False)
    response = models.ForeignKey(Response, models.CASCADE, related_name="items", db_index=False)
    direction = models.CharField(max_length=6, choices=Direction.choices)
    index = models.PositiveIntegerField()
    provider_id = models.CharField(max_length=200, blank=True)
    type = models.CharField(max_length=60)
    role = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=20, blank=True)
    call_id = models.CharField(max_length=200, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    client_id = models.CharField(max_length=64, blank=True)
    """The browser's name for a message that it sends: the same one twice is one message."""
    payload = VerbatimJSONField()
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["response", "direction", "index"], name="one_item_per_index"),
            models.UniqueConstraint(
                fields=["conversation", "client_id"], name="one_message_per_client_id", condition=~Q(client_id="")
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "id"], name="in_conversation"),
            models.Index(fields=["provider_id"], name="item_provider_id", condition=~Q(provider_id="")),
            models.Index(fields=["call_id"], name="call_id", condition=~Q(call_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.type} {self.pk}"
