"""The page of the audit log: what its filters find, page by page."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from conversations.models import AuditEntry, Chain, User

DAY = dt.date(2026, 3, 2)


@pytest.fixture
def written(admin: User, alice: User, bob: User) -> None:
    """Five entries a day for three days: Alice and Admin act, on Bob too, and one thing fails."""
    chain = Chain.locked("audit")
    for day in range(3):
        at = timezone.make_aware(dt.datetime.combine(DAY + dt.timedelta(days=day), dt.time(12)))
        for action, actor, thing, outcome in (
            ("file.read", alice, ("file", "file_1"), "success"),
            ("file.share", alice, ("file", "file_2"), "success"),
            ("filer.read", admin, ("user", str(bob.pk)), "success"),
            ("key.create", admin, ("user", str(alice.pk)), "failure"),
            ("key.create", bob, ("key", "1"), "success"),
        ):
            chain.advance("0" * 64)
            AuditEntry(
                position=chain.position,
                at=at,
                action=action,
                actor_type="user",
                actor_id=str(actor.pk),
                object_type=thing[0],
                object_id=thing[1],
                outcome=outcome,
                seal=chain.seal,
            ).save()


def shown(client: Client, **asked: str) -> list[int]:
    page = client.get("/admin/audit/", asked).content.decode()
    return [int(position) for position in re.findall(r'<td class="n">(\d+)</td>', page)]


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ({"action": "file"}, 9),
        ({"action": "file."}, 6),
        ({"action": "file.read"}, 3),
        ({"action": "nobody"}, 0),
        ({"person": "ALICE@example.com"}, 9),
        ({"person": "nobody@example.com"}, 0),
        ({"person": "alice@example.com", "action": "key"}, 3),
        ({"person": "alice@example.com", "outcome": "failure"}, 3),
        ({"thing": "file_1"}, 3),
        ({"since": "2026-03-03", "until": "2026-03-03"}, 5),
        ({"until": "2026-03-01"}, 0),
        ({"until": "2026-03-02", "action": "file.read"}, 1),
    ],
)
def test_each_filter_finds_what_fits_the_newest_first(as_admin: Client, asked: dict[str, str], number: int) -> None:
    found = shown(as_admin, **asked)
    assert len(found) == number
    assert found == sorted(found, reverse=True)


@pytest.mark.usefixtures("written")
def test_a_page_goes_on_where_the_one_before_it_ended(as_admin: Client) -> None:
    found = shown(as_admin, action="file")
    assert shown(as_admin, action="file", before=str(found[4])) == found[5:]
