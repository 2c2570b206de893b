"""What people put on a message or an answer: a reaction that all see, a bookmark of their own."""

from __future__ import annotations

import re

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from conversations.models.conversation import Conversation
from conversations.models.item import Item
from conversations.models.response import Response

_BASE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_ONE = f"{_BASE}\ufe0f?[\U0001f3fb-\U0001f3ff]?[\U000e0020-\U000e007f]*"
EMOJI = re.compile(f"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_ONE}(?:\u200d{_ONE})*")
"""One emoji as people see it: a flag, a key, or a picture with its skin, its variant and what is joined to it."""
LONGEST_EMOJI = 32
USUAL = ("👍", "❤️", "🎉", "😄", "👀", "✅")
"""Those that a menu offers first."""


class Mark(models.Model):
    """What a person has put on a message (`item`: input, or a note) or on an answer (`response`)."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="+")
    response = models.ForeignKey(Response, models.CASCADE, null=True, blank=True, related_name="+", db_index=False)
    item = models.ForeignKey(Item, models.CASCADE, null=True, blank=True, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class Reaction(Mark):
    emoji = models.CharField(max_length=LONGEST_EMOJI)
    removed_at = models.DateTimeField(null=True, blank=True)
    """It was taken back. The row stays: a fact names it."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "emoji", "user"], name="one_reaction_to_message", condition=Q(item__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["response", "emoji", "user"], name="one_reaction_to_answer", condition=Q(response__isnull=False)
            ),
            models.CheckConstraint(
                condition=Q(item=None, response__isnull=False) | Q(item__isnull=False, response=None),
                name="reaction_to_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.emoji} of {self.user_id}"


class Bookmark(Mark):
    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "user"], name="one_bookmark_of_message", condition=Q(item__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["response", "user"], name="one_bookmark_of_answer", condition=Q(response__isnull=False)
            ),
            models.CheckConstraint(
                condition=Q(item=None, response__isnull=False) | Q(item__isnull=False, response=None),
                name="bookmark_of_one_thing",
            ),
        ]
        indexes = [models.Index(fields=["user", "-id"], name="bookmarks")]

    def __str__(self) -> str:
        return f"bookmark {self.pk} of {self.user_id}"
