"""Function tools: what an administrator says of each, and the calls that models made."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models.conversation import Conversation
from conversations.models.response import Response

if TYPE_CHECKING:
    from conversations.models.user import User


class Decides(models.TextChoices):
    """Who decides what waits for approval."""

    ASKER = "asker", _("who asked")
    APPROVER = "approver", _("another person, who may decide approvals")


class Offered(models.Model):
    """Something that people switch on in a conversation, and that not everybody may use."""

    is_active = models.BooleanField(_("offered"), default=True)
    everyone = models.BooleanField(_("to everybody"), default=True)
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("or only to these people")
    )
    groups = models.ManyToManyField("auth.Group", blank=True, related_name="+", verbose_name=_("and these groups"))

    class Meta:
        abstract = True


class Approved(Offered):
    """Something that is offered, and whose calls may wait for a person's approval."""

    decides = models.CharField(
        _("approvals are decided by"), max_length=10, choices=Decides.choices, default=Decides.ASKER
    )

    class Meta:
        abstract = True


T = TypeVar("T", bound=Offered)


def offered_to(user: User, rows: models.QuerySet[T]) -> models.QuerySet[T]:
    """Return those of the rows that are offered to `user`. This query is the authorisation."""
    return rows.filter(Q(everyone=True) | Q(people=user) | Q(groups__user=user), is_active=True).distinct()


class FunctionTool(Approved):
    """What an administrator says of a function tool. One that nobody has looked at is offered to everybody."""

    class Approval(models.TextChoices):
        AS_WRITTEN = "", _("as the tool says itself")
        ALWAYS = "always", _("every call")
        NEVER = "never", _("no call")

    name = models.CharField(_("name"), max_length=64, unique=True)
    approval = models.CharField(
        _("needs approval"), max_length=10, choices=Approval.choices, default=Approval.AS_WRITTEN, blank=True
    )

    def __str__(self) -> str:
        return self.name


class ToolCall(models.Model):
    """One function call of a model, with its one execution. Only who moves it out of `ready` may run it."""

    COMPUTER = "computer.step"
    """The name of a step on the computer: no function can have it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waits for approval")
        READY = "ready", _("ready")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        DECLINED = "declined", _("declined")
        INTERRUPTED = "interrupted", _("interrupted")

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="+", db_index=False)
    response = models.ForeignKey(Response, models.CASCADE, related_name="tool_calls")
    call_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    arguments = models.TextField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.READY)
    output = models.TextField(blank=True)
    """What the model is told. Set with every state in which nothing more happens."""
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "call_id"], name="one_run_per_call_id")]

    def __str__(self) -> str:
        return f"{self.name} {self.call_id}"
