"""The one way out, whether a person, an administrator or a rule deletes: hidden, then purged. And back, meanwhile."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from conversations import events
from conversations.errors import NotFound, Refused
from conversations.models import Conversation, Deletion, Fact, Membership, RetentionRule, User
from conversations.models.audit import record
from conversations.moderation import retention
from conversations.moderation.holds import unheld

CHUNK = 200


def hide(
    conversation_id: str,
    *,
    cause: Deletion.Cause,
    actor: User | None,
    rule: RetentionRule | None = None,
    at: dt.datetime | None = None,
) -> Deletion:
    """Take a conversation from everybody's sight and begin its grace; what runs in it is stopped.

    One that is held is hidden too, and never purged meanwhile. Raise `NotFound` where it is gone already.
    """
    at = at or timezone.now()
    with transaction.atomic():
        conversation = events.lock_undeleted(conversation_id)
        conversation.deleted_at = at
        conversation.responses.running().update(cancel_requested_at=at)
        events.record(conversation, Fact.Kind.CONVERSATION_DELETED, changed=["deleted_at"])
        floor = retention.floor(conversation)
        final_at = at + retention.grace()
        deletion = Deletion.objects.create(
            conversation_id=conversation_id,
            cause=cause,
            rule_id=rule.pk if rule else None,
            requested_by=actor,
            owner_id=conversation.created_by_id,
            hidden_at=at,
            purge_after=max(final_at, floor) if floor else final_at,
        )
        record(
            "conversation.delete",
            actor=actor,
            object=conversation,
            details={"deletion": deletion.pk, "kind": cause.value} | ({"rule": rule.pk} if rule else {}),
        )
    return deletion


def restore(deletion: Deletion, *, actor: User) -> Conversation:
    """Bring a hidden conversation back, as if something had just happened in it: a rule's clock begins anew.

    Raise `Refused` where its purge has begun, or `NotFound` where it is gone.
    """
    with transaction.atomic():
        conversation = Conversation.objects.filter(pk=deletion.conversation_id).first()
        if conversation is None:
            raise NotFound
        conversation = events.lock(conversation.pk)
        deletion = Deletion.objects.select_for_update().get(pk=deletion.pk)
        if deletion.state != Deletion.State.HIDDEN:
            raise Refused("It is being deleted for good, and cannot be restored any more.", code="late", status=409)
        now = timezone.now()
        deletion.state, deletion.restored_at = Deletion.State.RESTORED, now
        deletion.save(update_fields=["state", "restored_at"])
        conversation.deleted_at, conversation.activity_at = None, now
        Membership.objects.filter(conversation=conversation).update(activity_at=now)
        events.record(conversation, Fact.Kind.CONVERSATION_UPDATED, changed=["deleted_at", "activity_at"])
        record("conversation.restore", actor=actor, object=conversation, details={"deletion": deletion.pk})
    return conversation


def apply_rules(now: dt.datetime) -> int:
    """Hide every conversation whose time is over at `now` and that nothing holds; return how many.

    Each is looked at again under its lock: somebody may have written in it, or placed a hold, a moment ago.
    """
    _adopt()
    rules = retention.Rules(now)
    expired = unheld(retention.expired(rules))
    hidden, last = 0, ""
    while ids := list(expired.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        last = ids[-1]
        for conversation_id in ids:
            with transaction.atomic():
                events.lock(conversation_id)
                conversation = expired.filter(pk=conversation_id).first()
                if conversation is None:
                    continue
                rule = retention.winner(rules, conversation, "messages")
                hide(conversation_id, cause=Deletion.Cause.RULE, actor=None, rule=rule, at=now)
                hidden += 1
    return hidden


def _adopt() -> None:
    """Begin the grace of what was hidden by a server of an older version, which made no row for it."""
    pending = Deletion.objects.pending().filter(conversation_id=OuterRef("pk"), parts="")
    orphans = Conversation.objects.filter(~Exists(pending), deleted_at__isnull=False)[:CHUNK]
    Deletion.objects.bulk_create(
        [
            Deletion(
                conversation_id=conversation.pk,
                cause=Deletion.Cause.PERSON,
                owner_id=conversation.created_by_id,
                hidden_at=conversation.deleted_at,
                purge_after=conversation.deleted_at + retention.grace(),
            )
            for conversation in orphans
            if conversation.deleted_at is not None
        ],
        ignore_conflicts=True,
    )
