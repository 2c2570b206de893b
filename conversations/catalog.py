"""What each model takes and does, as the administrators' table says. Cheap to ask: a process reads the table rarely."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from time import monotonic
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Count, Max
from django.utils import timezone

from conversations.models import CatalogEntry, RefusedParameter
from conversations.upstream.catalog import Capabilities, Catalog, shipped

log = structlog.get_logger(__name__)

FRESH = 2.0
"""Seconds for which the table is not looked at again: an edit in another process counts within them."""

NEVER = float("-inf")

_lock = threading.Lock()
_catalog = Catalog({})
_state: object = None
"""What the table looked like when it was read."""
_looked_at = NEVER


def capabilities(model: str) -> Capabilities:
    """Return what is known of a model or deployment of this name; cautious facts where nothing is.

    On an event loop nothing is read: what was read last counts there.
    """
    _refresh()
    return _catalog.capabilities(model)


def entry_name(model: str) -> str | None:
    """Return the name of the table's entry that counts for a model, None where none does."""
    _refresh()
    return _catalog.entry(model)


def forget() -> None:
    """Read the table anew when it is next asked for."""
    global _looked_at
    _looked_at = NEVER


def learn(model: str, parameter: str) -> bool:
    """Note that the provider does not take `parameter` (`"top_p"`, `"reasoning.effort=minimal"`) of a model.

    Return whether this is news.
    """
    _, new = RefusedParameter.objects.get_or_create(
        endpoint=settings.SALON_ENDPOINT, model=model[:120], parameter=parameter[:200]
    )
    forget()
    return new


def ship(entries: type[CatalogEntry] = CatalogEntry) -> None:
    """Bring the entries that nobody has edited to what is shipped; add what is missing.

    `entries` is the model as a migration has it.
    """
    known = {entry.name: entry for entry in entries._default_manager.all()}
    new, changed = [], []
    for name, facts in shipped().items():
        entry = known.get(name)
        if entry is None:
            new.append(entries(name=name, facts=facts, shipped=True))
        elif entry.edited_at is None and entry.facts != facts:
            entry.facts, entry.shipped, entry.updated_at = facts, True, timezone.now()
            changed.append(entry)
    with transaction.atomic():
        entries._default_manager.bulk_create(new, ignore_conflicts=True)
        entries._default_manager.bulk_update(changed, ["facts", "shipped", "updated_at"])
    forget()


def _refresh() -> None:
    global _looked_at
    if monotonic() - _looked_at < FRESH or _on_event_loop():
        return
    with _lock:
        if monotonic() - _looked_at < FRESH:
            return
        try:
            _read()
        except DatabaseError as error:
            # A database that is away: what was known goes on to count
            log.warning("catalog_unread", error=type(error).__name__)
        _looked_at = monotonic()


def _read() -> None:
    global _catalog, _state
    state = (
        settings.SALON_ENDPOINT,
        CatalogEntry.objects.aggregate(Max("updated_at"), Count("pk")),
        RefusedParameter.objects.aggregate(Max("learned_at"), Count("pk")),
    )
    if state == _state:
        return
    entries: Mapping[str, dict[str, Any]] = dict(CatalogEntry.objects.values_list("name", "facts"))
    refused = RefusedParameter.objects.filter(endpoint=settings.SALON_ENDPOINT).values_list("model", "parameter")
    _catalog, _state = _built(entries, list(refused)), state


def _built(entries: Mapping[str, dict[str, Any]], refused: list[tuple[str, str]]) -> Catalog:
    try:
        return Catalog(entries, refused)
    except ValueError:
        # One row that somebody wrote by hand must not take the others with it
        return Catalog({name: facts for name, facts in entries.items() if _is_readable(name, facts)}, refused)


def _is_readable(name: str, facts: dict[str, Any]) -> bool:
    try:
        Catalog({name: facts})
    except ValueError:
        log.warning("catalog_entry_unreadable", entry=name)
        return False
    return True


def _on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
