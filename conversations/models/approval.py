"""A call that a person decides about before it is made."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models.conversation import Conversation
from conversations.models.mcp import McpServer
from conversations.models.response import Response
from conversations.models.tool import Decides, ToolCall

if TYPE_CHECKING:
    from conversations.models.user import User

LAPSES_AFTER = dt.timedelta(hours=1)
DECIDE = "conversations.decide_approvals"
"""The permission of those who decide what another person has asked for."""


def lapse() -> dt.datetime:
    return timezone.now() + LAPSES_AFTER


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def pending(self) -> ApprovalQuerySet:
        return self.filter(state=Approval.State.PENDING, expires_at__gt=timezone.now())

    def waiting_for(self, user: User) -> ApprovalQuerySet:
        """What `user` can decide now: their own calls, and those of others where that is theirs to decide."""
        mine = Q(decides=Decides.ASKER, asked_by=user)
        if user.has_perm(DECIDE):
            mine |= Q(decides=Decides.APPROVER) & ~Q(asked_by=user)
        member = Conversation.objects.visible_to(user)
        return self.pending().filter(mine, conversation__in=member)

    def count_for(self, user: User) -> int:
        """Return how many of them there are. Most of the time nothing waits for anybody, which one look tells."""
        return self.waiting_for(user).count() if self.pending().exists() else 0


class Approval(models.Model):
    """What is decided is the row's own `digest`: of server, tool and the exact arguments."""

    class State(models.TextChoices):
        PENDING = "pending", _("waits")
        APPROVED = "approved", _("approved")
        DECLINED = "declined", _("declined")
        LAPSED = "lapsed", _("lapsed")

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="approvals")
    response = models.ForeignKey(Response, models.CASCADE, related_name="approvals", db_index=False)
    call = models.OneToOneField(ToolCall, models.CASCADE, null=True, blank=True, related_name="approval")
    """The function call that waits; empty for a call on an MCP server."""
    server = models.ForeignKey(McpServer, models.SET_NULL, null=True, blank=True, related_name="+")
    server_label = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=200)
    """The provider's id of the `mcp_approval_request`, or the call's `call_id`."""
    name = models.CharField(max_length=200)
    arguments = models.TextField()
    """The very text that the model wrote."""
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    decides = models.CharField(max_length=10, choices=Decides.choices)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=lapse)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        permissions = [("decide_approvals", _("May decide what others ask approval for"))]
        constraints = [models.UniqueConstraint(fields=["response", "request_id"], name="one_approval_per_request")]
        indexes = [
            models.Index(F("expires_at"), name="pending_approvals", condition=Q(state="pending")),
            models.Index(F("asked_by"), F("expires_at"), name="asked_approvals", condition=Q(state="pending")),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.PENDING and self.expires_at > timezone.now()


def digest(server: str, name: str, arguments: str) -> str:
    """Return what a person agrees to: this call on this server with these arguments, to the letter."""
    return hashlib.sha256(msgspec.json.encode([server, name, arguments])).hexdigest()
