"""A picture that keeps every pixel of its original outside a mask, whatever the model did there."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from conversations.models.file import File
from conversations.models.response import Response


class PixelLock(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"

    response = models.OneToOneField(Response, models.CASCADE, related_name="pixel_lock")
    original = models.ForeignKey(File, models.CASCADE, related_name="+")
    mask = models.ForeignKey(File, models.CASCADE, related_name="+")
    feather = models.PositiveSmallIntegerField()
    """Pixels over which the edge of the mask fades, inwards."""
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    problem = models.CharField(max_length=300, blank=True)
    """Why there is no locked picture, in a sentence for people."""
    made = models.ForeignKey(File, models.SET_NULL, null=True, blank=True, related_name="+")
    """The model's own picture."""
    locked = models.ForeignKey(File, models.SET_NULL, null=True, blank=True, related_name="+")
    heat = models.ForeignKey(File, models.SET_NULL, null=True, blank=True, related_name="+")
    """Where the model's own picture differs from the original outside the mask."""
    changed = models.FloatField(null=True, blank=True)
    """The share of the pixels outside the mask that differ there, from 0 to 1."""
    tries = models.PositiveSmallIntegerField(default=0)
    held_until = models.DateTimeField(null=True, blank=True)
    """A process is at it."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["id"], name="waiting_pixel_locks", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.response_id}: {self.state}"

    @property
    def scaled(self) -> bool:
        """Whether the model answered in another size, and its picture was scaled."""
        if self.state != self.State.DONE or self.made is None:
            return False
        return (self.made.width, self.made.height) != (self.original.width, self.original.height)
