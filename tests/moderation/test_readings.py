"""Nobody reads a private conversation by being an administrator: it takes a reason, a second person and an end."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.test import Client
from django.utils import timezone

from conversations.errors import Refused
from conversations.models import AuditEntry, Conversation, Reading, User
from conversations.models.audit import first_broken
from conversations.moderation import holds, readings
from tests.conftest import signed_in
from tests.moderation.conftest import Make


@pytest.fixture
def second(db: None) -> User:
    return User.objects.create_superuser("dora@example.com", "correct horse battery staple", name="Dora")


def ask(client: Client, conversation: Conversation, reason: str = "A complaint of 12 November") -> Reading:
    sent = {"conversation": conversation.pk, "reason": reason, "minutes": 30}
    assert client.post("/admin/readings/", sent).status_code == 302
    return Reading.objects.latest("pk")


def test_the_whole_life_of_a_reading(
    as_admin: Client, as_alice: Client, as_charlie: Client, second: User, make: Make
) -> None:
    conversation = make(turns=20, canary="kanarienvogel")
    reading = ask(as_admin, conversation)
    page, decide = f"/admin/readings/{reading.pk}/", f"/admin/readings/{reading.pk}/decide/"
    assert as_admin.get(page).status_code == 404
    as_admin.post(decide, {"verb": "approve"})
    assert as_admin.get(page).status_code == 404  # nobody agrees with themselves
    assert "may read this" not in as_alice.get(f"/conversations/{conversation.pk}/").content.decode()

    as_second = signed_in(second)
    as_second.post(decide, {"verb": "approve"})
    first = as_admin.get(page).content.decode()
    assert "kanarienvogel" in first
    assert "?after=" in first
    assert as_admin.get(f"{page}?after={conversation.items.order_by('pk')[49].pk}").status_code == 200
    assert as_second.get(page).status_code == 404  # only who asked
    assert as_charlie.get(page).status_code == 302
    told = as_alice.get(f"/conversations/{conversation.pk}/").content.decode()
    assert "Admin may read this conversation until" in told
    assert "A complaint of 12 November" in as_alice.get(f"/conversations/{conversation.pk}/kept/").content.decode()

    as_admin.post(decide, {"verb": "end"})
    assert as_admin.get(page).status_code == 404
    assert "may read this" not in as_alice.get(f"/conversations/{conversation.pk}/").content.decode()
    recorded = AuditEntry.objects.filter(action__regex="read").order_by("position")
    assert [entry.action for entry in recorded] == [
        "reading.request",
        "reading.approve",
        "conversation.read",
        "conversation.read",
        "reading.end",
    ]
    assert "kanarienvogel" not in json.dumps([entry.content() for entry in AuditEntry.objects.all()])
    assert first_broken() is None


def test_a_reading_ends_by_itself_and_a_request_lapses(as_admin: Client, second: User, admin: User, make: Make) -> None:
    reading = ask(as_admin, make())
    readings.approve(reading, actor=second)
    Reading.objects.update(until=timezone.now() - dt.timedelta(seconds=1))
    assert as_admin.get(f"/admin/readings/{reading.pk}/").status_code == 404

    old = ask(as_admin, make())
    Reading.objects.filter(pk=old.pk).update(requested_at=timezone.now() - dt.timedelta(hours=25))
    with pytest.raises(Refused, match="does not wait"):
        readings.approve(old, actor=second)


def test_while_a_quiet_matter_holds_it_nobody_is_told(
    as_admin: Client, as_alice: Client, second: User, admin: User, make: Make
) -> None:
    conversation = make()
    hold = holds.place(actor=admin, name="Customs", reason="An inquiry", conversations=[conversation.pk], quiet=True)
    readings.approve(ask(as_admin, conversation), actor=second)
    page = f"/conversations/{conversation.pk}/"
    assert "may read this" not in as_alice.get(page).content.decode()
    holds.release(hold, actor=admin)
    assert "may read this" in as_alice.get(page).content.decode()


def test_it_takes_a_reason_a_conversation_and_an_end(as_admin: Client, make: Make) -> None:
    conversation = make()
    for wrong in ({"reason": " "}, {"conversation": "conv_unknown"}, {"minutes": 241}, {"minutes": 0}):
        sent = {"conversation": conversation.pk, "reason": "A complaint", "minutes": 30} | wrong
        assert as_admin.post("/admin/readings/", sent).status_code == 400
    assert not Reading.objects.exists()
