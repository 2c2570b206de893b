"""The mirror of a response: what was asked of the provider, and what came back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models.conversation import Branch, Conversation
from conversations.models.fields import EMPTY_OBJECT, VerbatimJSONField

if TYPE_CHECKING:
    from conversations.models.item import Item

LEASE = timedelta(seconds=15)
LEASED = Now() + LEASE
"""The end of a lease, by the database's clock alone: those of the machines that run turns may differ."""


class ResponseQuerySet(models.QuerySet["Response"]):
    def running(self) -> ResponseQuerySet:
        """What is queued or in progress: all that has not ended. SQLite cannot use a partial index for `status IN`."""
        return self.filter(done_at=None)


class Response(models.Model):
    class Status(models.TextChoices):
        """The API's own words."""

        QUEUED = "queued", _("queued")
        IN_PROGRESS = "in_progress", _("in progress")
        COMPLETED = "completed", _("completed")
        INCOMPLETE = "incomplete", _("incomplete")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    RUNNING = (Status.QUEUED, Status.IN_PROGRESS)

    class Door(models.TextChoices):
        """Where a turn was asked for."""

        PAGE = "", _("the page")
        GATEWAY = "gateway", _("the gateway")

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="responses", db_index=False)
    branch = models.ForeignKey(Branch, models.CASCADE, related_name="responses")
    previous_response = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="next_responses")
    input_from = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="regenerations", db_index=False
    )
    """The response whose input items this one answers once more; empty where it has input items of its own."""
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    provider_id = models.CharField(max_length=200, blank=True)
    endpoint = models.CharField(max_length=300, blank=True)
    model = models.CharField(max_length=120, blank=True)
    deployment = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.QUEUED)
    key = models.ForeignKey("Key", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    """The gateway's key that asked for it."""
    instructions = models.TextField(blank=True)
    door = models.CharField(max_length=10, choices=Door.choices, default=Door.PAGE, db_default="", blank=True)
    options = VerbatimJSONField(default=dict, db_default=EMPTY_OBJECT, blank=True)
    """What was asked for when the turn was queued, by the API's names: the conversation's, and the turn's own."""
    offered = VerbatimJSONField(default=dict, db_default=EMPTY_OBJECT, blank=True)
    """What Salon offers the model in this turn: names of `functions`, ids of MCP `servers`. A client's own tools are in
    the options, and nothing of them runs here."""
    answers = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="answered_by")
    """The response whose calls this one answers: its input are their outputs, and no person wrote it."""
    round = models.PositiveSmallIntegerField(default=0, db_default=0)
    """How many responses before it answered calls, since a person said something."""
    making = VerbatimJSONField(default=dict, db_default=EMPTY_OBJECT, blank=True)
    """What the studio knows of the picture that was asked for: `parent`, `mask` (ids of files), `maker`,
    `image_model`, `partial_images`."""
    calls = models.PositiveSmallIntegerField(default=0, db_default=0)
    """How many items of its output want an answer: function calls, requests for approval."""
    parameters = VerbatimJSONField(default=dict, blank=True)
    """As sent, without the input."""
    metadata = VerbatimJSONField(default=dict, blank=True)
    background = models.BooleanField(default=False)
    store = models.BooleanField(default=True)
    provider_expires_at = models.DateTimeField(null=True, blank=True)
    provider_deleted_at = models.DateTimeField(null=True, blank=True)
    """When a person had it deleted at the provider: it cannot be named any more, and is told again from here."""
    request_id = models.CharField(max_length=200, blank=True, db_default="")
    """The provider's name for the request, which its support asks for."""

    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When a client had it deleted: no client finds it any more, and no model is told what was said in it."""

    usage = VerbatimJSONField(null=True, blank=True)
    error = VerbatimJSONField(null=True, blank=True)
    """`code`, and `message`: a sentence for people."""
    incomplete_details = VerbatimJSONField(null=True, blank=True)
    answer_form = models.CharField(max_length=64, blank=True, default="", db_default="")
    """What the answer was asked for as: the name of a schema, `json_object`, or nothing for words."""
    fit = VerbatimJSONField(null=True, blank=True)
    """Whether what was asked for as JSON is it: `valid`, and `problem` where it is not. None: not looked at."""
    final = VerbatimJSONField(null=True, blank=True)
    """The response object as the provider ended it, image bytes replaced by references."""
    origin = VerbatimJSONField(null=True, blank=True)
    """Of an imported one, what its export says of the provider that gave it, and who asked there."""
    remarks = VerbatimJSONField(default=list, blank=True)
    """What happened on the way that a person may want to know: rebuilt, waited, resumed."""

    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    first_event_at = models.DateTimeField(null=True, blank=True)
    first_token_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    """Set together with the final status: a response without it runs."""

    lease_until = models.DateTimeField(null=True, blank=True)
    lease_holder = models.CharField(max_length=80, blank=True)
    epoch = models.PositiveIntegerField(default=0)
    """The fencing token: each claim raises it, and only the holder of the newest may write."""
    cancel_requested_at = models.DateTimeField(null=True, blank=True)

    shown: dict[str, Any] | None = None
    """The turn as the last fact about it showed it; not a column."""
    inputs: list[Item] | None = None
    """The input items that it answers, where they are known without asking; not a column."""
    outputs: list[Item] | None = None
    """Its output items, where they are known without asking; not a column."""

    objects = ResponseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at=None, status__in=["queued", "in_progress"])
                | Q(done_at__isnull=False, status__in=["completed", "incomplete", "failed", "cancelled"]),
                name="done_at_with_final_status",
            )
        ]
        indexes = [
            models.Index(fields=["conversation", "previous_response", "id"], name="siblings"),
            models.Index(fields=["input_from", "id"], name="regenerations"),
            models.Index(fields=["provider_id"], name="provider_id", condition=~Q(provider_id="")),
            models.Index(
                fields=["provider_expires_at"], name="kept_there", condition=Q(provider_expires_at__isnull=False)
            ),
            models.Index(fields=["deleted_at"], name="deleted_alone", condition=Q(deleted_at__isnull=False)),
            models.Index(fields=["done_at", "lease_until"], name="unfinished", condition=Q(done_at=None)),
            models.Index(fields=["conversation", "id"], name="running_here", condition=Q(done_at=None)),
        ]

    def __str__(self) -> str:
        return self.provider_id or f"response {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.done_at is None

    def begin(self, holder: str) -> None:
        """Be in progress in the hands of a runner; its lease (`LEASED`) is written together with this."""
        self.status = self.Status.IN_PROGRESS
        self.epoch += 1
        self.lease_holder = holder
        self.started_at = self.started_at or timezone.now()

    @property
    def input_owner_id(self) -> int:
        """The id of the response that the input items belong to."""
        return self.input_from_id or self.pk
