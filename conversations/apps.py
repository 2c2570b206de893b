from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.apps import apps as registry
from django.db.models.signals import post_migrate


class ConversationsConfig(AppConfig):
    name = "conversations"
    verbose_name = "Salon"

    def ready(self) -> None:
        from conversations import checks, signins  # noqa: F401  # they register themselves
        from conversations.actions import groups  # noqa: F401

        post_migrate.connect(ship_catalog, sender=self)


def ship_catalog(apps: Any = registry, **_: Any) -> None:
    """After each migration, bring the facts about models to those of this version."""
    from conversations import catalog

    try:
        entries = apps.get_model("conversations", "CatalogEntry")
    except LookupError:
        return  # migrated back to before there was a table
    catalog.ship(entries)
