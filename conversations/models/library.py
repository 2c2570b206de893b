"""The team's library: prompts with variables, and personas. Each has versions, and is shared or its owner's alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models.fields import VerbatimJSONField

if TYPE_CHECKING:
    from conversations.models.user import User

T = TypeVar("T", bound="Shelved")


class ShelfQuerySet(models.QuerySet[T]):
    def visible_to(self, user: User) -> ShelfQuerySet[T]:
        """What the team shares, and what is the person's own. This query is the authorisation."""
        return self.filter(Q(shared=True) | Q(owner=user), retired_at=None)


class Shelved(models.Model):
    """Something in the library. What it says is its newest version, `number`."""

    title = models.CharField(_("title"), max_length=80)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    shared = models.BooleanField(default=False)
    number = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)
    """It is offered no more; its versions stay for the conversations that name them."""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title

    def may_be_changed_by(self, user: User) -> bool:
        return self.owner_id == user.pk or (self.shared and user.is_superuser)


class Prompt(Shelved):
    objects: ShelfQuerySet[Prompt] = ShelfQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("title", "id")


class PromptVersion(models.Model):
    prompt = models.ForeignKey(Prompt, models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=80)
    text = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prompt", "number"], name="one_version_of_prompt")]

    def __str__(self) -> str:
        return f"{self.title} {self.number}"


class Persona(Shelved):
    objects: ShelfQuerySet[Persona] = ShelfQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("title", "id")


class PersonaVersion(models.Model):
    persona = models.ForeignKey(Persona, models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=80)
    description = models.CharField(max_length=200, blank=True)
    instructions = models.TextField(blank=True)
    model = models.CharField(max_length=120, blank=True)
    tools = VerbatimJSONField(default=list, blank=True)
    """Kinds and keys of tools, as `functions:calculate`."""
    opening = models.TextField(blank=True)
    """What is shown before the first message."""
    suggestions = VerbatimJSONField(default=list, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["persona", "number"], name="one_version_of_persona")]

    def __str__(self) -> str:
        return f"{self.title} {self.number}"
