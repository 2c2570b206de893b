"""What people do with the copies that the provider keeps."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from conversations import events
from conversations.access import Access
from conversations.errors import Refused
from conversations.models import Fact, Response

DELETED = "Deleted at the provider by {name}. The conversation goes on from the copy here."


def require_deletable(access: Access, response: Response) -> None:
    """Raise `Refused` unless this member may have this response deleted at the provider, and it can be there."""
    access.require_writer()
    if response.is_running:
        raise Refused("This answer is still being written. Stop it first.", code="running", status=409)
    if not response.provider_id or not response.store:
        raise Refused("The provider keeps nothing of this answer.", code="not_kept", status=409)


def note_deleted(access: Access, response: Response) -> None:
    """Note that the response is gone at the provider: turns after it are told the history from here."""
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        response = Response.objects.select_for_update().get(pk=response.pk)
        if response.provider_deleted_at is not None:
            return
        response.provider_deleted_at = timezone.now()
        response.remarks = [*(response.remarks or []), DELETED.format(name=access.user.display_name)]
        response.save(update_fields=["provider_deleted_at", "remarks"])
        events.record(conversation, Fact.Kind.RESPONSE_UPDATED, response=response)
