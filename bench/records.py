"""Fills a database that has a history with what the administration lists: the audit log, cases with reports, usage.

Run with the app's environment: python -m bench.records ENTRIES REPORTS USAGE. Prints JSON: where to look for what. A
database that is filled already is left as it is. The entries carry no seals that fit: only their pages are measured.
"""

from __future__ import annotations

import itertools
import json
import sys
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from bench.filling import copy
from bench.people import browser_headers, set_up

DAYS, PEOPLE = 400, 500
MODELS = ("gpt-5", "gpt-5-mini", "gpt-image-1", "o3", "computer-use-preview")
ACTION = """CASE WHEN n %% 9973 = 0 THEN 'mcp_server.approve' WHEN n %% 7 = 0 THEN 'case.read'
    WHEN n %% 5 = 0 THEN 'session.end' WHEN n %% 3 = 0 THEN 'file.read' ELSE 'conversation.export' END"""
FAILED = "CASE WHEN n %% 4999 = 0 THEN 'failure' ELSE 'success' END"


def entries(number: int, people: list[int]) -> None:
    """Append entries to the audit log, as many on each of the last days; most are of the first person."""
    from conversations.models import AuditEntry, Chain

    each, first, now = number // DAYS, Chain.locked("audit").position + 1, timezone.now()
    actor = f"CASE WHEN n %% 2 = 0 THEN '{people[0]}' ELSE CAST({people[1]} + n %% {PEOPLE} AS VARCHAR(64)) END"
    for day in range(DAYS):
        entry = AuditEntry(
            position=first + day * each,
            at=now - timedelta(days=DAYS - day),
            action="session.begin",
            actor_type="user",
            actor_id=str(people[1 + day % PEOPLE]),
            object_type="conversation",
            outcome="success",
            seal="0" * 64,
        )
        entry.save()
        changed = {"action": ACTION, "actor_id": actor, "object_id": f"'conv_{day}_' || n", "outcome": FAILED}
        copy(AuditEntry, entry.position, each - 1, changed)
    Chain.objects.filter(pk="audit").update(position=first + DAYS * each - 1, seal="0" * 64)


def reports(number: int, people: list[int]) -> None:
    """Open a case about each of so many answers, and close four of five."""
    from conversations.models import Case, Item, Report

    items = Item.objects.filter(direction="output").order_by("-pk").values_list("pk", "conversation")[:number]
    now = timezone.now()
    cases = Case.objects.bulk_create(
        [
            Case(
                conversation_id=conversation,
                item_id=item,
                kind="answer",
                priority=1 + index % 3,
                author_id=people[0],
                opened_at=now - timedelta(minutes=number - index),
                **({} if index % 5 == 0 else {"closed_at": now, "decided_by_id": people[1], "decision": "keep"}),
            )
            for index, (item, conversation) in enumerate(items)
        ],
        batch_size=1_000,
    )
    said = [Report(case=case, source="person", reporter_id=people[2], reason="wrong", comment="No") for case in cases]
    Report.objects.bulk_create(said, batch_size=1_000)


def usage(number: int, people: list[int]) -> None:
    """Let everybody have used every model on so many days that it is `number` rows."""
    from conversations.models import Usage

    today = timezone.now().date()
    days = number // (PEOPLE * len(MODELS))
    used = {"requests": 7, "input_tokens": 4_000, "output_tokens": 900, "micros": 31_000}
    places = itertools.product(range(days), people[1 : 1 + PEOPLE], MODELS)
    while rows := [
        Usage(day=today - timedelta(days=day), user_id=user, model=model, **used)
        for day, user, model in itertools.islice(places, 5_000)
    ]:
        Usage.objects.bulk_create(rows)


def main(audited: int, reported: int, used: int) -> None:
    set_up()
    from conversations.models import AuditEntry, Case, User

    with transaction.atomic():
        admin = User.objects.filter(email="admin@example.com").first()
        if admin is None:
            admin = User.objects.create_superuser("admin@example.com", name="Admin")
            made = [User(email=f"member-{number}@example.com", name=f"Member {number}") for number in range(PEOPLE + 1)]
            User.objects.bulk_create(made)
            people = [User.objects.get(email="alice@example.com").pk]
            people += User.objects.filter(email__startswith="member-").order_by("pk").values_list("pk", flat=True)
            entries(audited, people)
            reports(reported, people)
            usage(used, people)
    waiting = Case.objects.filter(closed_at=None, priority=2).order_by("pk")
    place = {
        "headers": browser_headers(admin),
        "case": waiting[waiting.count() // 2].pk,
        "position": AuditEntry.objects.count() // 2,
        "thing": "conv_200_7",
        "day": str((timezone.now() - timedelta(days=DAYS // 2)).date()),
    }
    json.dump(place, sys.stdout)


if __name__ == "__main__":
    main(*(int(number) for number in sys.argv[1:]))
