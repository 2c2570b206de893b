"""What is done with keys of the gateway: issued and revoked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.db import transaction
from django.utils import timezone

from conversations.errors import Refused
from conversations.models import Key, User
from conversations.models.audit import record
from conversations.models.fields import plain

log = structlog.get_logger(__name__)

MOST_KEYS = 100
"""Of one person, alive at once."""


def issue(
    user: User, *, name: str = "", scopes: Iterable[str] = Key.Scope.values, expires_at: datetime | None = None
) -> tuple[Key, str]:
    """Make a key of `user`; return it with its secret, which nobody can ask for again. Raise `Refused`."""
    name = " ".join(plain(name).split()) or "Key"
    asked = set(scopes)
    if len(name) > 80:
        raise Refused("The name of a key has at most 80 characters.", code="name")
    if not asked or not asked <= set(Key.Scope.values):
        raise Refused(f"Scopes are {', '.join(Key.Scope.values)}: choose at least one.", code="scopes")
    if expires_at is not None and expires_at <= timezone.now():
        raise Refused("That day has passed: choose a later one.", code="expires")
    if Key.objects.alive().filter(user=user).count() >= MOST_KEYS:
        raise Refused(f"You have {MOST_KEYS} keys. Revoke one that is not needed any more.", code="too_many_keys")
    in_order = " ".join(scope for scope in Key.Scope.values if scope in asked)
    key, secret = Key.of(user, name=name, scope=in_order, expires_at=expires_at)
    with transaction.atomic():
        key.save()
        record("key.create", actor=user, object=key, details={"scopes": in_order.split()})
    log.info("key_issued", key=key.pk, user=user.pk, scopes=in_order)
    return key, secret


def revoke(key: Key) -> None:
    """End a key, for ever. What runs with it ends within seconds; a key that is revoked already stays so."""
    with transaction.atomic():
        revoked = Key.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
        if revoked:
            record("key.revoke", actor=key.user, object=key)
    if revoked:
        log.info("key_revoked", key=key.pk, user=key.user_id)
