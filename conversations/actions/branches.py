"""What people do with branches: name them, and choose the main one. Sending, editing and regenerating make them."""

from __future__ import annotations

from django.db import transaction

from conversations import events
from conversations.access import Access
from conversations.errors import Refused
from conversations.models import Branch, Fact
from conversations.models.fields import plain

LONGEST_NAME = 80


def rename(access: Access, branch: Branch, name: str) -> Branch:
    """Give a branch a name, or none. Raise `Refused` for one that is too long."""
    access.require_writer()
    name = " ".join(plain(name).split())
    if len(name) > LONGEST_NAME:
        raise Refused(f"A name of a branch has at most {LONGEST_NAME} characters.", code="name")
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        branch.name = name
        branch.save(update_fields=["name"])
        events.record(conversation, Fact.Kind.BRANCH_UPDATED, branch=branch)
    return branch


def make_main(access: Access, branch: Branch) -> None:
    """Make a branch the one that everybody sees who looks at no other."""
    access.require_writer()
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        if conversation.branch_id == branch.pk:
            return
        conversation.branch = branch
        events.record(conversation, Fact.Kind.CONVERSATION_UPDATED, changed=["branch"])
