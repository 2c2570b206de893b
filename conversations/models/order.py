"""The order that people give to conversations: folders, of their own or the team's, and tags."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from conversations.models.conversation import Conversation
from conversations.models.user import User

LONGEST_NAME = 60


class FolderQuerySet(models.QuerySet["Folder"]):
    def visible_to(self, user: User) -> FolderQuerySet:
        """The folders of `user`, and those that the team shares."""
        return self.filter(Q(owner=user) | Q(shared=True))


class Folder(models.Model):
    """A private one orders its owner's own list (`Membership.folder`), a shared one everybody's
    (`Conversation.folder`). It opens nothing: in it each sees the conversations that they are in.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="folders")
    name = models.CharField(max_length=LONGEST_NAME)
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = FolderQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["name"], name="shared_folders", condition=Q(shared=True))]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A word on a conversation, which all who are in it see."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="tags", db_index=False)
    name = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "name"], name="one_tag_each")]

    def __str__(self) -> str:
        return self.name
