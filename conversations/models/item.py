"""One input or output item of a response, as it went over the wire; or a note, which goes to people only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from conversations.models.conversation import Conversation
from conversations.models.fields import VerbatimJSONField, plain
from conversations.models.response import Response

if TYPE_CHECKING:
    from conversations.models.mention import Mention


class ItemQuerySet(models.QuerySet["Item"]):
    def present(self) -> ItemQuerySet:
        """What was neither taken away nor hidden by a moderator: only this is shown to anybody, and told to models."""
        return self.filter(deleted_at=None, hidden_at=None)

    def of_responses(self) -> ItemQuerySet:
        """What goes over the wire: input and output, without what people note for each other."""
        return self.exclude(direction=Item.Direction.NOTE)


class Item(models.Model):
    class Direction(models.TextChoices):
        INPUT = "input"
        OUTPUT = "output"
        NOTE = "note"
        """Said to the people of the conversation, behind the turn `response`: no model is told of it."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="items", db_index=False)
    response = models.ForeignKey(Response, models.CASCADE, null=True, blank=True, related_name="items", db_index=False)
    """Empty for a note that was written before the first turn."""
    about = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="comments", db_index=False)
    """Of a note in the margin: the message, or the picture in an answer, that it is about."""
    about_answer = models.ForeignKey(
        Response, models.CASCADE, null=True, blank=True, related_name="comments", db_index=False
    )
    """Of a note in the margin of an answer as a whole: that answer."""
    direction = models.CharField(max_length=6, choices=Direction.choices)
    index = models.PositiveIntegerField()
    provider_id = models.CharField(max_length=200, blank=True)
    type = models.CharField(max_length=60)
    role = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=20, blank=True)
    call_id = models.CharField(max_length=200, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    author_label = models.CharField(max_length=80, blank=True, db_default="")
    """Who wrote an imported message, where that is no account of this server."""
    client_id = models.CharField(max_length=64, blank=True)
    """The browser's name for a message that it sends: the same one twice is one message."""
    payload = VerbatimJSONField()
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    began_ms = models.PositiveIntegerField(null=True, blank=True)
    """Milliseconds since the turn was queued, of an output item; `ended_ms` likewise."""
    ended_ms = models.PositiveIntegerField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True, editable=False)
    """A rule took what was handed to and from a tool; that there was a call stays."""

    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    hidden_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When a moderator hid it, until the case is decided."""

    mentioned: list[Mention] | None = None
    """Whom it mentions, where that is known already; not a column."""

    objects = ItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["response", "direction", "index"], name="one_item_per_index"),
            models.UniqueConstraint(
                fields=["conversation", "client_id"], name="one_message_per_client_id", condition=~Q(client_id="")
            ),
        ]
        indexes = [
            models.Index(fields=["about"], name="comments", condition=Q(about__isnull=False)),
            models.Index(fields=["about_answer"], name="comments_on_answer", condition=Q(about_answer__isnull=False)),
            models.Index(fields=["deleted_at"], name="deleted_items", condition=Q(deleted_at__isnull=False)),
            models.Index(fields=["conversation", "id"], name="in_conversation"),
            models.Index(fields=["provider_id"], name="item_provider_id", condition=~Q(provider_id="")),
            models.Index(fields=["call_id"], name="call_id", condition=~Q(call_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.type} {self.pk}"

    @classmethod
    def from_payload(
        cls, payload: dict[str, Any], *, response: Response | None, direction: Direction, index: int, **columns: Any
    ) -> Item:
        """Return an item, not yet saved, with the columns that are derived from its payload; `columns` are the others.

        A message may come without its type, as the API allows for input. Without a response the conversation is named.
        """
        if response is not None:
            columns["conversation_id"] = response.conversation_id
        return cls(
            response=response,
            direction=direction,
            index=index,
            provider_id=_word(payload, "id", 200),
            type=_word(payload, "type", 60) or "message",
            role=_word(payload, "role", 20),
            status=_word(payload, "status", 20),
            call_id=_word(payload, "call_id", 200),
            payload=payload,
            text=searchable(payload),
            **columns,
        )


def searchable(payload: dict[str, Any]) -> str:
    """Return what a person would look for in an item: what was said, thought, and handed to tools."""
    texts: list[Any] = [payload.get("content")]
    for part in [*_dicts(payload.get("content")), *_dicts(payload.get("summary"))]:
        texts += [part.get("text"), part.get("refusal")]
    texts += [payload.get(name) for name in ("arguments", "output", "code", "input", "revised_prompt")]
    return plain("\n".join(text for text in texts if text and isinstance(text, str)))


def _word(payload: dict[str, Any], name: str, length: int) -> str:
    value = payload.get(name)
    return plain(value)[:length] if isinstance(value, str) else ""


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
