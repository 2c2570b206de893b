"""Whom a message or a note calls by name."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import models

from conversations.models.item import Item


class Mention(models.Model):
    """`@name` of a member in what another member wrote to the model or to people."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="mentions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mentions", db_index=False)
    name = models.CharField(max_length=80)
    """As it was written, without the `@`: people change their names later."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "user"], name="one_mention_each")]
        indexes = [models.Index(fields=["user", "-id"], name="mentions_of")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.item_id}"


def know_mentions(items: Iterable[Item]) -> None:
    """Let items know whom they mention, in one query; in none where nobody wrote an `@`."""
    unknown = {item.pk: item for item in items if item.mentioned is None and "@" in item.text}
    for item in unknown.values():
        item.mentioned = []
    for mention in Mention.objects.filter(item__in=unknown).order_by("pk") if unknown else ():
        unknown[mention.item_id].mentioned.append(mention)  # type: ignore[union-attr]  # it is a list since the loop above
