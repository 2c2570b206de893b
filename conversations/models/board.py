"""What people put together in the gallery: boards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from conversations.models.file import File

if TYPE_CHECKING:
    from conversations.models.user import User

LONGEST_NAME = 80


class BoardQuerySet(models.QuerySet["Board"]):
    def visible_to(self, user: User) -> BoardQuerySet:
        """A person's own boards and the team's. Of the pictures on them each sees those that they may see anyway."""
        return self.filter(Q(owner=user) | Q(shared=True))


class Board(models.Model):
    name = models.CharField(max_length=LONGEST_NAME)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="boards")
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BoardQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["name"], name="shared_boards", condition=Q(shared=True))]

    def __str__(self) -> str:
        return self.name


class BoardPicture(models.Model):
    board = models.ForeignKey(Board, models.CASCADE, related_name="pictures", db_index=False)
    file = models.ForeignKey(File, models.CASCADE, related_name="on_boards")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    added_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["board", "file"], name="once_on_a_board")]

    def __str__(self) -> str:
        return f"{self.file_id} on {self.board_id}"
