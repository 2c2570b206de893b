"""What models take and do, as administrators see to it; and what the provider was found not to take."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models.fields import VerbatimJSONField


class CatalogEntry(models.Model):
    """The facts about the models and deployments of one name, or of all that fit a pattern."""

    name = models.CharField(
        _("name"),
        max_length=120,
        unique=True,
        help_text=_(
            "Of a model or a deployment. “*” stands for anything; the most particular name that fits a model counts."
        ),
    )
    facts = VerbatimJSONField(default=dict, blank=True)
    """Of `upstream.catalog.Capabilities`, those that differ from what is assumed of an unknown model."""
    shipped = models.BooleanField(_("shipped with Salon"), default=False, editable=False)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True, editable=False)
    """When a person last changed it. What nobody changed follows the facts that are shipped."""
    updated_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    class Meta:
        verbose_name = _("model")
        verbose_name_plural = _("models")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.name = self.name.strip().lower()
        if not self.name:
            raise ValidationError({"name": _("Name the model or the deployment.")})


class RefusedParameter(models.Model):
    """A parameter that a provider said it does not take of a model, so that it is not sent again."""

    endpoint = models.CharField(max_length=300)
    model = models.CharField(_("model"), max_length=120)
    parameter = models.CharField(_("parameter"), max_length=200)
    """As in `"temperature"`, or with the value that was refused: `"reasoning.effort=minimal"`."""
    learned_at = models.DateTimeField(_("learned"), default=timezone.now, editable=False, db_index=True)

    class Meta:
        verbose_name = _("refused parameter")
        verbose_name_plural = _("refused parameters")
        constraints = [models.UniqueConstraint(fields=["endpoint", "model", "parameter"], name="one_refusal_each")]

    def __str__(self) -> str:
        return f"{self.model}: {self.parameter}"
