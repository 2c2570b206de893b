"""A group of people in a conversation: everybody in the group is a member, for as long as they are in it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone

from conversations.models.conversation import Conversation, Membership


class GroupAccess(models.Model):
    """The memberships themselves are rows too (`Membership.by_group`), so that reading asks for nothing else."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="groups", db_index=False)
    group = models.ForeignKey(Group, models.CASCADE, related_name="conversations")
    role = models.CharField(max_length=10, choices=Membership.Role.choices)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "group"], name="one_access_per_group")]

    def __str__(self) -> str:
        return f"group {self.group_id} in {self.conversation_id}"
