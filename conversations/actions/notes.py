"""Notes: what people say to each other in a conversation. No model is told of them."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from conversations import access as doors
from conversations import events
from conversations.access import Access, Place
from conversations.actions import mentions
from conversations.errors import Refused
from conversations.models import Conversation, Fact, Item, Membership, Response
from conversations.models.fields import plain
from conversations.moderation import noticing

MOST_CHARACTERS = 20_000


def write(
    access: Access, *, text: str, client_id: str = "", previous_id: int | None = None, about: Place | None = None
) -> Item:
    """Store a note to the people, behind the newest turn of the line that the writer looks at, or in a margin.

    `previous_id` is the response that they looked at last, `about` the message or answer in whose margin it stands.
    The same `client_id` twice is one note. Raise `Refused`.
    """
    access.require_noter()
    text, client_id = plain(text), plain(client_id)
    if not text.strip():
        raise Refused("Write something first.", code="empty")
    if len(text) > MOST_CHARACTERS:
        sentence = f"A note has at most {MOST_CHARACTERS:,} characters, and this one {len(text):,}. Shorten it."
        raise Refused(sentence, code="too_long", status=413)
    noticing.require_unblocked(text)
    if len(client_id) > 64:
        raise Refused("client_id is longer than 64 characters.", code="client_id")
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        known = Item.objects.filter(conversation=conversation, client_id=client_id).exclude(client_id="").first()
        if known is not None:
            if known.direction != Item.Direction.NOTE:
                raise Refused("This client_id was given to a message.", code="client_id", status=409)
            return known
        after = about.response if about else _newest(conversation, previous_id)
        beside = Item.objects.filter(conversation=conversation, response=after, direction=Item.Direction.NOTE)
        last = beside.aggregate(last=Max("index"))["last"]
        note = Item.from_payload(
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]},
            conversation_id=conversation.pk,
            response=after,
            direction=Item.Direction.NOTE,
            index=0 if last is None else last + 1,
            author=access.user,
            client_id=client_id,
            about=about.item if about else None,
            about_answer=about.response if about and about.item is None else None,
        )
        note.save()
        mentions.store(note)
        conversation.activity_at = note.created_at
        Membership.objects.filter(conversation=conversation).update(activity_at=note.created_at, archived_at=None)
        kind, changed = Fact.Kind.NOTE_CREATED, ["activity_at"]
        events.record(conversation, kind, note=note, person=access.user, said=True, changed=changed)
    return note


def delete(access: Access, note: Item) -> None:
    """Take a note away. Its author may, and the owner of the conversation."""
    if note.author_id != access.user.pk:
        access.require_owner()
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        note.deleted_at = timezone.now()
        note.save(update_fields=["deleted_at"])
        Fact.objects.filter(note=note).update(said=False)  # there is nothing to read any more
        events.record(conversation, Fact.Kind.NOTE_DELETED, note=note)


def _newest(conversation: Conversation, previous_id: int | None) -> Response | None:
    """Return the last response of the line that `previous_id` is on, or of the main one."""
    branch = conversation.branch
    if previous_id is not None:
        branch = doors.response_in(conversation, previous_id).branch
    return branch.head if branch is not None else None
