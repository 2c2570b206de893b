"""Vector stores: the provider's indexes of documents, which an operator filled there and administrators offer here."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from conversations.models.tool import Offered, offered_to
from conversations.models.user import User


class VectorStore(Offered):
    """A store that the model may search. All of Salon shares one account there, so who may use it is decided here."""

    label = models.CharField(_("label"), max_length=64, unique=True, help_text=_("How people call it."))
    provider_id = models.CharField(
        _("id at the provider"),
        max_length=200,
        unique=True,
        validators=[RegexValidator(r"^[A-Za-z0-9_-]+\Z", _("The id as the provider shows it, such as “vs_…”."))],
        help_text=_("Of the vector store, such as “vs_…”. Its files are uploaded at the provider."),
    )
    description = models.CharField(_("what it holds"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("vector store")
        verbose_name_plural = _("vector stores")

    def __str__(self) -> str:
        return self.label


def usable(user: User, ids: Iterable[int] | None = None) -> list[VectorStore]:
    """Return the stores that `user` may have searched now, by label; of `ids` only, where they are given."""
    if not user.is_active:
        return []
    rows = offered_to(user, VectorStore.objects.all())
    return list((rows if ids is None else rows.filter(pk__in=list(ids))).order_by("label"))
