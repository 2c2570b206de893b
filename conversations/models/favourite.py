"""A picture that a person likes: their own favourite, and a vote that everybody in the conversation sees."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from conversations.models.file import File


class Favourite(models.Model):
    file = models.ForeignKey(File, models.CASCADE, related_name="favourites", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "user"], name="one_vote_each")]
        indexes = [models.Index(fields=["user", "-created_at", "-id"], name="favourites_of")]

    def __str__(self) -> str:
        return f"{self.file_id} of {self.user_id}"
