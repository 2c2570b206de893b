"""The audit log: who did what to which thing, and how it went. Append-only, and chained so that a change shows.

Each entry is sealed over its own columns and the seal of the entry before, with a key that is not in the database.
It names things by type and id and holds no content: `details` takes names, counts and ids, from a list.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import re
from contextvars import ContextVar
from typing import Any, NoReturn

import structlog
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from conversations.models.fields import VerbatimJSONField, plain

log = structlog.get_logger(__name__)

client_address: ContextVar[str] = ContextVar("client_address", default="")
"""Where the request or socket that is being answered comes from; the wiring sets it."""
ACTION = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+")
WORD = re.compile(r"[\w.:@/+*#-]{0,200}")
"""What a detail may be: an id or a name of ours. A sentence is content, and has spaces."""
NAMED = "after approval before bytes call_id case certificate changed conversation count counts days decision deletion"
NAMED += " endpoint entries expires_at file format group hash held item key kind kinds matter method model permission"
NAMED += " position provider_id reading response role rule scope scopes server source status tool user"
DETAILS = frozenset(NAMED.split())
"""The names that details may have. Add one here; what it holds must not be what a person or a model wrote."""


class Chain(models.Model):
    """The end of a chain of sealed rows. Its lock gives them their order, so positions have no gaps."""

    name = models.CharField(primary_key=True, max_length=30)
    position = models.PositiveBigIntegerField(default=0)
    seal = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.name} {self.position}"

    @classmethod
    def locked(cls, name: str) -> Chain:
        """Return the end of a chain, locked until the transaction ends. Take this lock last: all others wait for it."""
        rows = cls.objects.select_for_update()
        if (chain := rows.filter(pk=name).first()) is not None:
            return chain
        cls.objects.get_or_create(pk=name)
        return rows.get(pk=name)

    def advance(self, seal: str) -> None:
        """Move to the next position, whose row has this seal."""
        self.position += 1
        self.seal = seal
        self.save(update_fields=["position", "seal"])


def sealed(content: str, *, purpose: str) -> str:
    """Return the seal of a text. Without Salon's secret key nobody can make one that fits."""
    key = hashlib.sha256(f"salon.{purpose}:{settings.SECRET_KEY}".encode()).digest()
    return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()


def canonical(content: dict[str, Any]) -> str:
    """Return JSON that is the same text for the same content."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, **values: Any) -> NoReturn:
        raise TypeError("An audit entry is never changed.")

    def delete(self) -> NoReturn:
        raise TypeError("An audit entry is never deleted.")


class AuditEntry(models.Model):
    class Outcome(models.TextChoices):
        SUCCESS = "success"
        FAILURE = "failure"

    position = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    action = models.CharField(max_length=80)
    actor_type = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=64, blank=True)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=7, choices=Outcome.choices)
    request_id = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=64, blank=True)
    details = VerbatimJSONField(default=dict)
    previous = models.CharField(max_length=64, blank=True)
    """The seal of the entry before."""
    seal = models.CharField(max_length=64)

    objects = AuditQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["action", "-position"], name="audit_action"),
            models.Index(fields=["actor_id", "-position"], name="audit_actor"),
            models.Index(fields=["object_type", "object_id", "-position"], name="audit_object"),
            models.Index(fields=["outcome", "-position"], name="audit_outcome"),
        ]
        permissions = [("export_audit", "Can export the audit log")]

    def __str__(self) -> str:
        return f"{self.position} {self.action}"

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise TypeError("An audit entry is never changed.")
        super().save(*args, **{**options, "force_insert": True})

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise TypeError("An audit entry is never deleted.")

    def content(self) -> dict[str, Any]:
        """Return what the seal covers."""
        return {
            "position": self.position,
            "at": self.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
            "action": self.action,
            "actor": [self.actor_type, self.actor_id],
            "object": [self.object_type, self.object_id],
            "outcome": self.outcome,
            "request_id": self.request_id,
            "address": self.address,
            "details": self.details,
            "previous": self.previous,
        }

    def right_seal(self) -> str:
        """Return the seal that belongs to the entry as it is."""
        return sealed(canonical(self.content()), purpose="audit")


def record(
    action: str,
    *,
    actor: models.Model | tuple[str, str] | None,
    object: models.Model | tuple[str, str] | None = None,
    outcome: str = AuditEntry.Outcome.SUCCESS,
    details: dict[str, Any] | None = None,
) -> AuditEntry:
    """Append an entry to the audit log, in the transaction of the caller.

    Call it last in that transaction: from here until its end other entries wait. Who cannot be recorded has done
    nothing, because the exception rolls the deed back. `action` is dotted, such as `key.create`; `actor` is a person,
    None for Salon itself. `actor` and `object` may be given as (type, id). Request id and address are those of the
    request that is being answered. Raise ValueError for a detail that is not on the list or may hold content.
    """
    if not ACTION.fullmatch(action):
        raise ValueError(f"{action} is no action: write it like key.create")
    for name, value in (details or {}).items():
        _require_no_content(name, value)
    actor_type, actor_id = _named(actor) if actor is not None else ("system", "")
    object_type, object_id = _named(object) if object is not None else ("", "")
    with transaction.atomic():
        chain = Chain.locked("audit")
        entry = AuditEntry(
            position=chain.position + 1,
            at=timezone.now(),
            action=action,
            actor_type=actor_type,
            actor_id=actor_id,
            object_type=object_type,
            object_id=object_id,
            outcome=outcome,
            request_id=str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64],
            address=client_address.get()[:64],
            details=details or {},
            previous=chain.seal,
        )
        entry.seal = entry.right_seal()
        entry.save()
        chain.advance(entry.seal)
    # The log file is a second witness: who rewrites the database does not rewrite what was shipped elsewhere
    transaction.on_commit(
        lambda: log.info("audit", position=entry.position, action=action, outcome=outcome, seal=entry.seal), robust=True
    )
    return entry


def _named(thing: models.Model | tuple[str, str]) -> tuple[str, str]:
    if isinstance(thing, tuple):
        kind, identity = thing
        return kind, plain(identity)[:200]
    return thing._meta.model_name or "", str(thing.pk)


def _require_no_content(name: str, value: Any) -> None:
    if name not in DETAILS:
        raise ValueError(f"{name} is no detail of the audit log: add it to DETAILS if it never holds content")
    values = list(value.items()) if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else [value]
    for part in values:
        words = part if isinstance(part, tuple) else (part,)
        for word in words:
            if word is not None and not isinstance(word, (bool, int)) and not WORD.fullmatch(str(word)):
                raise ValueError(f"{name} may hold content, which does not belong into the audit log")


def first_broken(*, chunk: int = 1_000) -> tuple[int, str] | None:
    """Walk the audit log from its beginning; return where the chain breaks first and why, or None where it holds."""
    expected, seal = 1, ""
    while entries := list(AuditEntry.objects.filter(position__gte=expected).order_by("position")[:chunk]):
        for entry in entries:
            if entry.position != expected:
                return expected, "this entry is missing"
            if entry.previous != seal:
                return expected, "it does not follow the entry before it"
            if not hmac.compare_digest(entry.seal, entry.right_seal()):
                return expected, "it was changed"
            expected, seal = expected + 1, entry.seal
    chain = Chain.objects.filter(pk="audit").first() or Chain(name="audit")
    if chain.position > expected - 1:
        return expected, "this entry is missing, and so are those after it"
    if (chain.position, chain.seal) != (expected - 1, seal):
        return expected - 1, "entries were added past the chain"
    return None
