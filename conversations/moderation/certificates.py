"""The proof of a purge: counts, times and results, sealed and chained. It names nobody and quotes nothing."""

from __future__ import annotations

import datetime as dt
import hmac
import json
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Min
from django.utils import timezone

from conversations.models import Certificate, Chain, Deletion, ProviderDeletion
from conversations.models.audit import canonical, record, sealed
from conversations.moderation.registry import CONTENT

CHAIN = "certificates"
VERSION = 1


def issue_if_complete(deletion: Deletion) -> Certificate | None:
    """Issue the certificate of a purge when nothing of it waits at the provider any more; call it in a transaction.

    What the provider could not delete is said in it. Deleted later after all, that makes another certificate.
    """
    if deletion.purged_at is None or deletion.at_provider.filter(state=ProviderDeletion.State.WAITING).exists():
        return None
    with transaction.atomic():
        chain = Chain.locked(CHAIN)
        content = _content(deletion, position=chain.position + 1, previous=chain.seal)
        seal = sealed(canonical(content), purpose=CHAIN)
        certificate = Certificate.objects.create(
            position=chain.position + 1,
            deletion=deletion,
            document=canonical(content | {"seal": seal}),
            seal=seal,
        )
        chain.advance(seal)
        deletion.certified_at = certificate.created_at
        deletion.save(update_fields=["certified_at"])
        record("certificate.create", actor=None, object=certificate, details={"deletion": deletion.pk})
    return certificate


def issue_missing() -> int:
    """Issue the certificates that a crash came before; return how many."""
    issued = 0
    for deletion in Deletion.objects.filter(state=Deletion.State.PURGED, certified_at=None).order_by("pk")[:500]:
        with transaction.atomic():
            locked = Deletion.objects.select_for_update().filter(pk=deletion.pk, certified_at=None).first()
            issued += locked is not None and issue_if_complete(locked) is not None
    return issued


def _content(deletion: Deletion, *, position: int, previous: str) -> dict[str, Any]:
    results = dict(deletion.at_provider.values_list("state").annotate(Count("pk")))
    times = deletion.at_provider.aggregate(first=Min("done_at"), last=Max("done_at"))
    assert deletion.purged_at is not None
    return {
        "version": VERSION,
        "position": position,
        "previous": previous,
        "subject": sealed(deletion.conversation_id, purpose="subject"),
        "parts": deletion.parts.split(",") if deletion.parts else ["all"],
        "deletion": deletion.pk,
        "cause": deletion.cause,
        "rule": deletion.rule_id,
        "requested_by": deletion.requested_by_id,
        "deleted": deletion.counts,
        "at_provider": results,
        "hidden_at": _said(deletion.hidden_at),
        "purge_began_at": _said(deletion.purge_began_at),
        "purged_at": _said(deletion.purged_at),
        "provider_first_at": _said(times["first"]),
        "provider_last_at": _said(times["last"]),
        "backups_until": _said(deletion.purged_at + dt.timedelta(days=settings.SALON_BACKUP_DAYS)),
        "issued_at": _said(timezone.now()),
    }


def _said(when: dt.datetime | None) -> str | None:
    return when.astimezone(dt.UTC).isoformat(timespec="seconds") if when else None


def problem_of(document: str) -> str | None:
    """Return what is wrong with a certificate, or None where it is whole, ours, and still true.

    Every byte counts: the text must be the very one that was issued. Then the database is looked through again.
    """
    text = document.removesuffix("\n")
    try:
        content = json.loads(text)
        seal = content.pop("seal")
        whole = canonical(content | {"seal": seal}) == text
        right = hmac.compare_digest(str(seal), sealed(canonical(content), purpose=CHAIN))
        position = int(content["position"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "this is no certificate of Salon's"
    if not (whole and right):
        return "it was altered, or was not issued here"
    kept = Certificate.objects.select_related("deletion").filter(position=position).first()
    if kept is None or kept.document != text:
        return "it is whole, but this database does not know it"
    if content["parts"] == ["all"] and (left := remains(kept.deletion.conversation_id)):
        return f"what it says is gone is here: {', '.join(sorted(left))}"
    return None


def remains(conversation_id: str) -> list[str]:
    """Return the kinds of rows that are left of a conversation."""
    return [derived.kind for derived in CONTENT if derived.rows(conversation_id).exists()]


def first_broken(*, chunk: int = 500) -> tuple[int, str] | None:
    """Walk the chain of certificates; return where it breaks first and why, or None where it holds."""
    expected, seal = 1, ""
    while rows := list(Certificate.objects.filter(position__gte=expected).order_by("position")[:chunk]):
        for row in rows:
            if row.position != expected:
                return expected, "this certificate is missing"
            problem = problem_of(row.document)
            if problem or row.seal != json.loads(row.document).get("seal"):
                return expected, problem or "its seal was changed"
            if json.loads(row.document)["previous"] != seal:
                return expected, "it does not follow the one before it"
            expected, seal = expected + 1, row.seal
    chain = Chain.objects.filter(pk=CHAIN).first() or Chain(name=CHAIN)
    if (chain.position, chain.seal) != (expected - 1, seal):
        return expected, "this certificate is missing, and so are those after it"
    return None
