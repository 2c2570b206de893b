"""`manage.py seeddemo`: a team and its conversations, to look at. The answers come when Salon is served."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from conversations.access import conversation_for
from conversations.actions import conversations, turns
from conversations.models import Conversation, Membership, User

PASSWORD = "salon-demo"  # noqa: S105  # meant to be known
TEAM = ("Admin", "Alice", "Bob", "Charlie")
CONVERSATIONS: list[tuple[str, str, list[tuple[str, str]]]] = [
    (
        "A lamp for the reading corner",
        "Alice",
        [
            ("Alice", "We need a lamp for the reading corner. What should we look at first?"),
            ("Bob", "It stands beside a window. Compare three kinds of light for the evening, in a table."),
            ("Alice", "What did we ask before?"),
        ],
    ),
    (
        "Opening hours in December",
        "Bob",
        [
            ("Bob", "Write a short note to our visitors: closed from the 24th, open again on the 2nd."),
            ("Alice", "Make it friendlier, and say where to find us in an emergency."),
        ],
    ),
    (
        "Pictures for the calendar",
        "Alice",
        [
            ("Alice", "Draw a green lamp on a walnut table, in the evening."),
            ("Bob", "Draw three bowls on ash wood, seen from the side."),
            ("Alice", "Draw a ridge of mountains before sunrise."),
        ],
    ),
    (
        "A script for the archive",
        "Alice",
        [("Alice", "How do I rename the scans in a folder by date, in Python?")],
    ),
]
"""Title, owner, and who says what. Alice and Bob share them all; Charlie is in none of them."""
WITH_PICTURES = {"Pictures for the calendar"}


class Command(BaseCommand):
    help = "Make a demo team (Admin, Alice, Bob, Charlie) with a few conversations, in a database without people."

    def handle(self, **options: Any) -> None:
        if User.objects.filter(email="alice@example.com").exists():
            self.stdout.write("The demo team is there already.")
        elif User.objects.exists():
            # Their passwords are known to everybody, so the team never joins real people
            raise CommandError("There are people here already: name another, empty folder with SALON_DATA.")
        else:
            with transaction.atomic():
                people = make_team()
                for title, owner, messages in CONVERSATIONS:
                    make_conversation(title, owner=people[owner], messages=messages, people=people)
        self.stdout.write(f"Sign in as admin@, alice@, bob@ or charlie@example.com with the password {PASSWORD}")


def make_team() -> dict[str, User]:
    """Return the people by their names; Admin administers."""
    people = {}
    for name in TEAM:
        create = User.objects.create_superuser if name == "Admin" else User.objects.create_user
        people[name] = create(f"{name.lower()}@example.com", PASSWORD, name=name)
    return people


def make_conversation(
    title: str, *, owner: User, messages: list[tuple[str, str]], people: dict[str, User]
) -> Conversation:
    """Begin a conversation of Alice and Bob, and send the messages; each waits for the answer to the one before."""
    conversation = conversations.begin(owner)
    other = people["Bob" if owner == people["Alice"] else "Alice"]
    Membership.objects.create(conversation=conversation, user=other, role=Membership.Role.EDITOR)
    changes = {"title": title}
    if settings.SALON_PROVIDER is None:
        changes["model"] = "demo"  # shows all that a page can render
    conversations.update(conversation_for(owner, conversation.pk), changes)
    if title in WITH_PICTURES:
        conversations.switch_tools(
            conversation_for(owner, conversation.pk),
            functions={},
            servers={},
            hosted={"image_generation": True},
            stores={},
        )
    for author, text in messages:
        turns.send_message(conversation_for(people[author], conversation.pk), text=text)
    return conversation
