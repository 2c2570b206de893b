"""Fills an app's database with years of history: rows made by the database itself, each a copy of one real row.

Run with the app's environment: python -m bench.filling CONVERSATIONS TURNS LONGEST. Alice gets so many conversations of
so many turns and one of LONGEST turns (a turn is two items), and up to 100,000 pictures; Bob gets ten of five, and
fifty pictures. Prints JSON: where to look for what. A database that is filled already is left as it is.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection, models, transaction
from django.utils import timezone

from bench.people import browser_headers, set_up

if TYPE_CHECKING:
    from conversations.models import Branch, Conversation, Response, User

WORDS = "The tide leaves a row of shells, sorted by the water, then rope, a cork and one glove. "


def fill(user: User, conversations: int, turns: int, *, title: str) -> list[Conversation]:
    """Give `user` conversations of `turns` turns, each turn after the one before; return them, the newest first."""
    from conversations.models import Branch, Conversation, Item, Membership, Response

    now = timezone.now()
    made = Conversation.objects.bulk_create(
        [
            Conversation(created_by=user, title=f"{title} {number}", activity_at=now - number * timedelta(hours=2))
            for number in range(conversations)
        ],
        batch_size=1000,
    )
    branches = Branch.objects.bulk_create(
        [Branch(conversation=conversation, created_by=user) for conversation in made], batch_size=1000
    )
    Membership.objects.bulk_create(
        [Membership(conversation=c, user=user, role=Membership.Role.OWNER, activity_at=c.activity_at) for c in made],
        batch_size=1000,
    )
    for conversation, branch in zip(made, branches, strict=True):
        first = template(conversation, branch, user)
        last = first.pk + turns - 1
        copy(Response, first.pk, turns - 1, {"previous_response_id": "source.id + n - 1"})
        for item in first.items.all():
            copy(Item, item.pk, turns - 1, {"response_id": "source.response_id + n"}, fresh=True)
        conversation.branch, branch.head_id = branch, last
        conversation.position = 2 * turns
    Conversation.objects.bulk_update(made, ["branch", "position"], batch_size=500)
    Branch.objects.bulk_update(branches, ["head"], batch_size=500)
    return made


def hang(user: User, most: int) -> None:
    """Let answers in `user`'s conversations have a picture each, `most` of them, a minute apart."""
    from conversations.models import File, Response

    now = timezone.now()
    answers = Response.objects.filter(created_by=user).order_by("-id").values_list("pk", "conversation")[:most]
    pictures = (
        File(
            conversation_id=conversation,
            response_id=response,
            purpose=File.Purpose.RESULT,
            media_type="image/png",
            size=2_000_000,
            sha256=f"{response:064x}",
            width=1024,
            height=1024,
            created_at=now - number * timedelta(minutes=1),
        )
        for number, (response, conversation) in enumerate(answers)
    )
    File.objects.bulk_create(pictures, batch_size=1000)


def template(conversation: Conversation, branch: Branch, user: User) -> Response:
    """Return the first turn of a conversation, after which the others are made."""
    from conversations.models import Item, Response
    from conversations.models.item import searchable

    asked = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": WORDS[:60]}]}
    said = {
        "id": "msg_1",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "annotations": [], "text": WORDS * 3}],
    }
    tokens = {"input_tokens": 20, "output_tokens": 60, "total_tokens": 80}
    response = Response.objects.create(
        conversation=conversation,
        branch=branch,
        created_by=user,
        model="gpt-5",
        status=Response.Status.COMPLETED,
        done_at=timezone.now(),
        usage=tokens,
        final={"id": "resp_1", "object": "response", "status": "completed", "output": [said], "usage": tokens},
    )
    shared = {"conversation": conversation, "response": response, "index": 0, "type": "message", "status": "completed"}
    Item.objects.create(**shared, direction="input", role="user", author=user, payload=asked, text=searchable(asked))
    Item.objects.create(**shared, direction="output", role="assistant", payload=said, text=searchable(said))
    return response


def copy(model: type[models.Model], pk: int, count: int, changed: dict[str, str], *, fresh: bool = False) -> None:
    """Insert `count` copies of a row; `changed` maps columns to SQL over `source` and the copy's number `n`.

    Copy n has the id after the source's by n, so that copies can name one another; with `fresh` the next free ids.
    """
    table, key = model._meta.db_table, model._meta.pk.column
    fields = [field for field in model._meta.concrete_fields if not (fresh and field.primary_key)]
    columns = [str(field.column) for field in fields]
    values = {key: f"source.{key} + n"} | changed
    chosen = [values.get(column, f'source."{column}"') for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %s) "
            f'INSERT INTO "{table}" ({names}) '
            f'SELECT {", ".join(chosen)} FROM numbers, "{table}" source WHERE source.{key} = %s AND n <= %s',
            [count, pk, count],
        )
        if connection.vendor == "postgresql" and not fresh and key == "id":
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")


def place(user: User, conversation: Conversation) -> dict[str, object]:
    """Return where a benchmark looks: the browser's headers, a conversation, a turn in its middle."""
    from conversations.models import Response

    turns = list(Response.objects.filter(conversation=conversation).order_by("id").values_list("pk", flat=True))
    return {"headers": browser_headers(user), "conversation": conversation.pk, "middle": turns[len(turns) * 3 // 4]}


def main(conversations: int, turns: int, longest: int) -> None:
    set_up()
    from conversations.models import Conversation, User

    with transaction.atomic():
        alice = User.objects.filter(email="alice@example.com").first()
        bob = User.objects.filter(email="bob@example.com").first()
        if alice is None or bob is None:
            alice = User.objects.create_user("alice@example.com", name="Alice")
            bob = User.objects.create_user("bob@example.com", name="Bob")
            fill(alice, conversations - 1, turns, title="Tides")
            fill(alice, 1, longest, title="The long one")
            fill(bob, 10, 5, title="Tides")
            hang(alice, 100_000)
            hang(bob, 50)
    long = Conversation.objects.get(created_by=alice, title="The long one 0")
    short = Conversation.objects.get(created_by=bob, title="Tides 0")
    json.dump({"long": place(alice, long), "short": place(bob, short)}, sys.stdout)


if __name__ == "__main__":
    main(*(int(number) for number in sys.argv[1:]))
