"""What people put on messages and answers: reactions, which all see, and bookmarks of their own."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from conversations import events
from conversations.access import Access, Place
from conversations.errors import Refused
from conversations.models import Bookmark, Fact, Reaction
from conversations.models.mark import EMOJI, LONGEST_EMOJI

MOST_EMOJI = 20
"""Different ones on one message."""
MOST_BOOKMARKS = 10_000


def react(access: Access, place: Place, emoji: str, *, on: bool) -> Reaction | None:
    """Put an emoji on a message or an answer, or take the person's own back; return the row where there is one.

    Doing it twice is doing it once. Raise `Refused`.
    """
    access.require_noter()
    if len(emoji) > LONGEST_EMOJI or not EMOJI.fullmatch(emoji):
        raise Refused("A reaction is one emoji.", code="emoji")
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        there = Reaction.objects.filter(**place.mark)
        reaction = there.filter(emoji=emoji, user=access.user).first()
        if on == (reaction is not None and reaction.removed_at is None):
            return reaction
        if on:
            others = there.filter(removed_at=None).exclude(emoji=emoji)
            if others.values("emoji").distinct().count() >= MOST_EMOJI:
                sentence = f"There are {MOST_EMOJI} different reactions here, and no more fit. Join one of them."
                raise Refused(sentence, code="emoji", status=409)
        if reaction is None:
            reaction = Reaction(conversation=conversation, user=access.user, emoji=emoji, **place.mark)
        reaction.removed_at = None if on else timezone.now()
        reaction.save()
        events.record(conversation, Fact.Kind.REACTION_UPDATED, reaction=reaction)
    return reaction


def bookmark(access: Access, place: Place, *, on: bool) -> None:
    """Put a message or an answer among the person's own bookmarks, or take it out. Nobody else is told."""
    mine = Bookmark.objects.filter(user=access.user)
    if not on:
        mine.filter(**place.mark).delete()
        return
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        if mine.filter(**place.mark).exists():
            return
        if mine.count() >= MOST_BOOKMARKS:
            raise Refused("You have too many bookmarks. Take some out first.", code="bookmarks", status=409)
        Bookmark.objects.create(conversation=conversation, user=access.user, **place.mark)
