"""What a member says of their own reading."""

from __future__ import annotations

from django.utils import timezone

from conversations.access import Access
from conversations.unread import said_by_others


def mark_unread(access: Access) -> bool:
    """Let the last thing that others said here be unread for this member again; return whether there is one."""
    last = said_by_others(access.membership).last()
    if last is not None:
        access.membership.read_position = last.position - 1
        access.membership.read_at = timezone.now()
        access.membership.save(update_fields=["read_position", "read_at"])
    return last is not None
