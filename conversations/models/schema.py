"""The team's library of schemas that answers are asked for in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models.fields import VerbatimJSONField
from conversations.models.user import User


class AnswerSchema(models.Model):
    name = models.CharField(_("name"), max_length=64, unique=True)
    """As the API takes it: letters, digits, `_` and `-`."""
    description = models.CharField(_("description"), max_length=500, blank=True)
    schema = VerbatimJSONField()
    """In the form of the API's strict mode."""
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def may_be_changed_by(self, user: User) -> bool:
        return user.is_superuser or self.author_id == user.pk

    @property
    def format(self) -> dict[str, Any]:
        """The API's `text.format`."""
        described = {"description": self.description} if self.description else {}
        return {"type": "json_schema", "name": self.name, **described, "schema": self.schema, "strict": True}
