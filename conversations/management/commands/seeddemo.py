"""`manage.py seeddemo`: a team and its conversations, to look at. The answers come when Salon is served."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from PIL import Image

from conversations import budgets
from conversations.access import Place, conversation_for
from conversations.actions import conversations, files, library, making, marks, notes, order, turns
from conversations.image_options import makers
from conversations.localmodel.painter import Painting, encode_picture, paint
from conversations.models import Budget, Conversation, Item, Membership, Usage, User
from conversations.moderation import cases

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
                make_order(people)
                make_library(people["Alice"])
                make_administration(people)
                if makers():
                    make_work(people["Alice"], people["Bob"])
        self.stdout.write(f"Sign in as admin@, alice@, bob@ or charlie@example.com with the password {PASSWORD}")


def make_team() -> dict[str, User]:
    """Return the people by their names; Admin administers."""
    people = {}
    for name in TEAM:
        create = User.objects.create_superuser if name == "Admin" else User.objects.create_user
        people[name] = create(f"{name.lower()}@example.com", PASSWORD, name=name)
    return people


def make_library(owner: User) -> None:
    """Share a prompt and a persona with the team."""
    text = "Write a note to {{ reader : choice : our visitors | our suppliers }} about {{ topic }}.\nTone: {{ tone }}"
    library.save_prompt(owner, None, title="Short note", text=text, shared=True)
    values: dict[str, Any] = {
        "description": "Reads texts as a visitor would",
        "instructions": "You read what our museum writes as a visitor would. Say what is unclear, in short sentences.",
        "model": "demo" if settings.SALON_PROVIDER is None else "",
        "tools": [],
        "opening": "Paste a text for our visitors. I say where they would stumble.",
        "suggestions": "Read this sign: Entrance only through the garden.",
    }
    library.save_persona(owner, None, title="First visitor", shared=True, values=values)


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


def make_order(people: dict[str, User]) -> None:
    """Give the first conversation a folder of the team's and tags, and its first message what people put on it."""
    alice, bob = people["Alice"], people["Bob"]
    first = Conversation.objects.filter(title=CONVERSATIONS[0][0]).latest("created_at")
    mine, his = conversation_for(alice, first.pk), conversation_for(bob, first.pk)
    order.file_under(mine, order.make_folder(alice, name="Office", shared=True))
    order.tag(mine, ["furniture", "light"])
    asked = Item.objects.filter(conversation=first, direction=Item.Direction.INPUT).earliest("id")
    place = Place(asked.response, asked)
    notes.write(his, text="@Alice, the one in the shop window is 79 euros.", about=place)
    marks.react(his, place, "👍", on=True)
    marks.react(mine, place, "👍", on=True)
    marks.bookmark(mine, place, on=True)


def make_administration(people: dict[str, User]) -> None:
    """Give administrators something to look at: two cases, a budget for each person, and what was used until now."""
    for title, name, reason, comment in (
        ("Opening hours in December", "Alice", "private", "It would name the one who is on duty"),
        ("A script for the archive", "Bob", "place", "This belongs to the conversation of the archive"),
    ):
        conversation = Conversation.objects.filter(title=title).latest("created_at")
        said = Item.objects.filter(conversation=conversation, direction=Item.Direction.INPUT).earliest("id")
        cases.report(conversation_for(people[name], conversation.pk), said, reason=reason, comment=comment)
    budget = Budget(scope="each", measure="tokens", period="day", amount=200_000, created_by=people["Admin"])
    budgets.change(budget, actor=people["Admin"], before=None)
    today = timezone.now().date()
    Usage.objects.bulk_create(
        Usage(
            day=today - timedelta(days=day),
            user=people[name],
            model="demo",
            requests=3 + day * 7 % 5,
            input_tokens=900 + day * 530 % 1700,
            output_tokens=2400 + day * 1370 % 4100,
            unpriced=3 + day * 7 % 5,
        )
        for day in range(1, 20)
        for name in ("Alice", "Bob")[: 1 + day % 2]
    )


def make_work(owner: User, other: User) -> None:
    """Begin a work of the studio: three pictures beside each other, a change of the last one that was said in its
    chat, and an edit under a mask with the pixel lock.
    """
    work = making.begin(owner)
    Membership.objects.create(conversation=work, user=other, role=Membership.Role.EDITOR)
    wish = making.Wish("A lighthouse on a cliff, seen from the sea in autumn", results=3, options={"partial_images": 3})
    made = making.make(conversation_for(owner, work.pk), wish)
    text = "Draw it once more, in winter and at night."
    turns.send_message(conversation_for(other, work.pk), text=text, previous_id=made[-1].pk)
    size = (768, 768)
    picture = encode_picture(paint(Painting("A bay at dawn", size)), "png", 100)
    mask = Image.new("LA", size, (0, 255))
    mask.paste((0, 0), (420, 430, 720, 690))
    given = [
        files.store_upload(owner, io.BytesIO(content), name=name).pk
        for name, content in (("bay.png", picture), ("mask.png", encode_picture(mask, "png", 100)))
    ]
    edit = making.Wish("A red harbour in winter, in the corner", parent=given[0], mask=given[1], feather=16)
    making.make(conversation_for(owner, work.pk), edit)
