"""Links that show a conversation to whoever has them: make, list, revoke, and what somebody sees who opens one."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from conversations import events
from conversations.access import Access
from conversations.errors import NotFound, Refused
from conversations.models import Branch, Response, Share
from conversations.models.audit import record
from conversations.models.invitation import hashed, secret
from conversations.moderation import holds
from conversations.site_settings import PUBLIC_LINKS

LASTS = (1, 7, 30, 90)
"""Days that a link may last."""
MOST_OPEN = 50
NOTED_AGAIN = timedelta(hours=1)
"""After which another view of a link is written into the audit log; each is counted."""


def create(access: Access, *, branch: Branch | None, days: int, with_names: bool) -> tuple[Share, str]:
    """Return a link to the branch as it is now, and its secret, which is kept nowhere. Raise `Refused`."""
    access.require_owner()
    if not PUBLIC_LINKS.value:
        raise Refused("An administrator has switched links off.", code="off", status=403)
    if days not in LASTS:
        raise Refused("Choose how long the link lasts.", code="days")
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        if holds.holding(conversation).exists():
            raise Refused("This conversation is held: no link leads to it.", code="held", status=409)
        head = _finished(branch.head if branch is not None else None)
        if open_ones(access).count() >= MOST_OPEN:
            raise Refused("There are too many links. Revoke some first.", code="links", status=429)
        given = secret()
        share = Share.objects.create(
            conversation=conversation,
            head=head,
            title=conversation.title,
            secret_hash=hashed(given),
            with_names=with_names,
            created_by=access.user,
            expires_at=timezone.now() + timedelta(days=days),
        )
        details = {"days": days, "response": head.pk}
        record("share.create", actor=access.user, object=conversation, details=details)
    return share, given


def _finished(head: Response | None) -> Response:
    while head is not None and head.is_running:
        head = head.previous_response
    if head is None:
        raise Refused("There is no finished answer to share yet.", code="empty", status=409)
    return head


def open_ones(access: Access) -> QuerySet[Share]:
    """Return the links of a conversation that open something, the newest first."""
    return Share.objects.open().filter(conversation=access.conversation).order_by("-id")


def revoke(access: Access, share_id: int) -> None:
    """Let a link open nothing any more, from this moment on."""
    access.require_owner()
    mine = Share.objects.filter(conversation=access.conversation, pk=share_id) if share_id < 2**63 else None
    if mine is None or not mine.exists():
        raise NotFound
    with transaction.atomic():
        if mine.filter(revoked_at=None).update(revoked_at=timezone.now()):
            record("share.revoke", actor=access.user, object=access.conversation)


def opened(given: str) -> Share:
    """Return the link of a secret; raise `NotFound` for one that opens nothing, whatever the reason."""
    found = Share.objects.open().select_related("conversation").filter(secret_hash=hashed(given)).first()
    if found is None or not PUBLIC_LINKS.value or holds.holding(found.conversation).exists():
        raise NotFound
    return found


def count(share: Share) -> None:
    """Count a view; now and then it is noted too."""
    now = timezone.now()
    with transaction.atomic():
        Share.objects.filter(pk=share.pk).update(views=F("views") + 1, viewed_at=now)
        if share.viewed_at is None or share.viewed_at < now - NOTED_AGAIN:
            record("share.view", actor=("share", str(share.pk)), object=share.conversation)
