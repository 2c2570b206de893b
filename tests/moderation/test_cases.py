"""Moderation: reported, ranked, looked at with a record, hidden meanwhile, decided, and told to those concerned."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from conversations import site_settings
from conversations.access import conversation_for
from conversations.actions import notes, turns
from conversations.errors import Refused
from conversations.models import (
    AuditEntry,
    Case,
    Conversation,
    Deletion,
    Fact,
    Item,
    Membership,
    Report,
    Response,
    Sanction,
    User,
)
from conversations.moderation import cases, deletion, items, purging, sanctions
from conversations.site_settings import BLOCKED_TERMS
from tests.conftest import signed_in
from tests.moderation.conftest import Make, add_file

WORDS = "The answer gives an address. We took it away."


@pytest.fixture
def talk(make: Make) -> Conversation:
    """A conversation of Alice and Bob in which a canary was said."""
    return make(canary="kanarienvogel")


def answer_in(talk: Conversation) -> Item:
    return Item.objects.get(conversation=talk, direction="output", type="message")


def reported(client: Client, talk: Conversation, reason: str = "private", **more: str) -> Case:
    item = answer_in(talk)
    address = f"/conversations/{talk.pk}/report/?turn={item.response_id}"
    answer = client.post(address, {"what": f"item:{item.pk}", "reason": reason, **more})
    assert answer.status_code == 302
    return Case.objects.latest("pk")


def test_a_member_reports_an_answer_and_a_moderator_sees_it_alone(
    as_bob: Client, as_admin: Client, talk: Conversation
) -> None:
    case = reported(as_bob, talk, comment="It names a person")
    assert (case.kind, case.priority, case.author, case.is_open) == ("answer", 3, talk.created_by, True)
    page = as_admin.get(f"/admin/moderation/{case.pk}/").content.decode()
    assert "It names a person" in page
    assert "Yes, kanarienvogel" in page
    assert "look_up" not in page
    read = AuditEntry.objects.get(action="case.read")
    assert (read.object_id, read.details) == (str(case.pk), {"conversation": talk.pk})


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 400),
        ({"reason": "nothing"}, 400),
        ({"reason": "other"}, 400),
        ({"reason": "private", "comment": "x" * 501}, 400),
        ({"reason": "private", "what": "item:999999"}, 404),
        ({"reason": "private", "what": "x\x00"}, 404),
    ],
)
def test_a_report_that_says_too_little_or_of_something_else_is_refused(
    as_bob: Client, talk: Conversation, sent: dict[str, str], status: int
) -> None:
    address = f"/conversations/{talk.pk}/report/?turn={answer_in(talk).response_id}"
    assert as_bob.post(address, sent).status_code == status
    assert not Case.objects.exists()


def test_who_is_not_in_the_conversation_cannot_report(as_charlie: Client, talk: Conversation, make: Make) -> None:
    item = answer_in(talk)
    assert as_charlie.get(f"/conversations/{talk.pk}/report/?item={item.pk}").status_code == 404
    own = make(owner=User.objects.get(name="Charlie"))
    assert as_charlie.get(f"/conversations/{own.pk}/report/?item={item.pk}").status_code == 404
    assert as_charlie.get(f"/conversations/{own.pk}/report/?turn={item.response_id}").status_code == 404


def test_several_reports_of_one_thing_are_one_case_that_rises(
    as_alice: Client, as_bob: Client, talk: Conversation
) -> None:
    assert reported(as_bob, talk, "wrong").priority == 1
    assert reported(as_alice, talk, "wrong").priority == 2
    assert reported(as_alice, talk, "wrong").reports.count() == 2
    assert Case.objects.count() == 1


def test_a_picture_of_a_message_can_be_reported_alone(as_bob: Client, talk: Conversation, as_admin: Client) -> None:
    message = Item.objects.get(conversation=talk, direction="input")
    for name in ("lamp.png", "secret.png"):
        file = add_file(talk, message.response, name.encode(), name=name, then=timezone.now())
        file.media_type = "image/png"
        file.save()
        if name == "lamp.png":
            message.payload["content"].append({"type": "input_image", "image_url": {"$file": file.pk}})
            message.save()
            lamp = file
    as_bob.post(f"/conversations/{talk.pk}/report/?item={message.pk}", {"what": f"file:{lamp.pk}", "reason": "rights"})
    case = Case.objects.get()
    assert (case.kind, case.file, case.item) == ("image", lamp, message)
    assert as_admin.get(f"/admin/moderation/{case.pk}/files/{lamp.pk}/").status_code == 200
    assert as_admin.get(f"/admin/moderation/{case.pk}/files/{file.pk}/").status_code == 404
    as_admin.post(f"/admin/moderation/{case.pk}/act/", {"verb": "hide"})
    assert as_bob.get(f"/files/{lamp.pk}/").status_code == 404
    as_admin.post(f"/admin/moderation/{case.pk}/decide/", {"decision": "keep"})
    assert as_bob.get(f"/files/{lamp.pk}/").status_code == 200


def test_what_is_hidden_while_pending_is_seen_by_nobody_and_told_to_no_model(
    as_bob: Client, as_admin: Client, talk: Conversation, bob: User
) -> None:
    case = reported(as_bob, talk)
    as_admin.post(f"/admin/moderation/{case.pk}/act/", {"verb": "hide"})
    page = as_bob.get(f"/conversations/{talk.pk}/").content.decode()
    assert "Yes, kanarienvogel" not in page
    assert "Hidden while a moderator looks at it" in page
    assert "Yes," not in as_bob.get("/search/?q=kanarienvogel").content.decode()
    inspector = f"/conversations/{talk.pk}/responses/{answer_in(talk).response_id}/inspector/response/"
    assert "Yes, kanarienvogel" not in as_bob.get(inspector).content.decode()
    assert Response.objects.get(conversation=talk).provider_expires_at <= timezone.now()  # type: ignore[operator]

    as_admin.post(f"/admin/moderation/{case.pk}/act/", {"verb": "show"})
    assert "Yes, kanarienvogel" in as_bob.get(f"/conversations/{talk.pk}/").content.decode()
    assert "Yes, kanarienvogel" in as_bob.get(inspector).content.decode()


def test_what_is_removed_is_gone_with_a_line_and_both_are_told(
    as_alice: Client, as_bob: Client, as_admin: Client, talk: Conversation
) -> None:
    case = reported(as_bob, talk)
    as_admin.post(f"/admin/moderation/{case.pk}/decide/", {"decision": "remove", "words": WORDS})
    page = as_bob.get(f"/conversations/{talk.pk}/").content.decode()
    assert "Yes, kanarienvogel" not in page
    assert "A moderator removed a part of this." in page
    assert WORDS in as_bob.get("/reports/").content.decode()
    assert WORDS in as_alice.get("/reports/").content.decode()
    assert [entry.action for entry in AuditEntry.objects.filter(object_type="case").order_by("pk")] == [
        "case.report",
        "case.decide",
    ]
    assert items.due(timezone.now(), ignore_grace=True).count() == 1


def test_what_is_kept_stays_and_only_the_reporter_is_told(
    as_alice: Client, as_bob: Client, as_admin: Client, talk: Conversation
) -> None:
    case = reported(as_bob, talk)
    as_admin.post(f"/admin/moderation/{case.pk}/decide/", {"decision": "keep", "words": "It is a public address."})
    assert "Yes, kanarienvogel" in as_bob.get(f"/conversations/{talk.pk}/").content.decode()
    assert "It is a public address." in as_bob.get("/reports/").content.decode()
    assert "It is a public address." not in as_alice.get("/reports/").content.decode()


def test_an_open_case_holds_its_conversation_and_a_closed_one_lets_it_go(
    as_bob: Client, as_admin: Client, talk: Conversation, admin: User
) -> None:
    case = reported(as_bob, talk)
    deletion.hide(talk.pk, cause=Deletion.Cause.PERSON, actor=admin)
    assert purging.purge_due(timezone.now(), ignore_grace=True).held == 1
    as_admin.post(f"/admin/moderation/{case.pk}/decide/", {"decision": "keep"})
    assert purging.purge_due(timezone.now(), ignore_grace=True).purged == 1
    assert not Case.objects.exists()
    assert not Report.objects.exists()


def test_a_suspension_ends_everything_at_once_and_itself_in_time(
    as_bob: Client, as_admin: Client, as_alice: Client, talk: Conversation, alice: User
) -> None:
    case = reported(as_bob, talk)
    running, _ = turns.send_message(conversation_for(alice, talk.pk), text="Go on")
    decided = {"decision": "suspend", "words": WORDS, "days": "3"}
    assert as_admin.post(f"/admin/moderation/{case.pk}/decide/", decided).status_code == 302
    alice.refresh_from_db()
    running.refresh_from_db()
    assert not alice.is_active
    assert running.cancel_requested_at is not None
    assert as_alice.get("/").status_code == 302
    assert sanctions.end_due() == 0
    Sanction.objects.update(until=timezone.now() - dt.timedelta(seconds=1))
    assert sanctions.end_due() == 1
    alice.refresh_from_db()
    assert alice.is_active


def test_who_was_closed_by_hand_meanwhile_stays_closed(as_admin: Client, alice: User, admin: User) -> None:
    sanctions.suspend(alice, actor=admin, days=1)
    sanctions.settle(alice)
    Sanction.objects.update(until=timezone.now())
    assert sanctions.end_due() == 0
    alice.refresh_from_db()
    assert not alice.is_active


def test_a_moderator_suspends_nobody_with_more_power_and_warns_nobody_without_words(
    as_bob: Client, admin: User, make: Make, bob: User
) -> None:
    talk = make(owner=admin)
    case = reported(as_bob, talk)
    bob.user_permissions.add(*_permissions("view_case", "moderate"))
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    moderator = signed_in(User.objects.get(pk=bob.pk))
    for sent, status in (
        ({"decision": "suspend", "words": WORDS, "days": "3"}, 403),
        ({"decision": "warn"}, 400),
        ({"decision": "burn"}, 400),
        ({}, 400),
    ):
        answer = moderator.post(f"/admin/moderation/{case.pk}/decide/", sent)
        assert answer.status_code == status
    assert Case.objects.get().is_open
    admin.refresh_from_db()
    assert admin.is_active


def _permissions(*codenames: str) -> Any:
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename__in=codenames)


def test_who_only_looks_sees_no_words(as_bob: Client, talk: Conversation, charlie: User) -> None:
    case = reported(as_bob, talk, comment="kanarienvogel lives there")
    charlie.user_permissions.add(*_permissions("view_case"))
    User.objects.filter(pk=charlie.pk).update(is_staff=True)
    auditor = signed_in(User.objects.get(pk=charlie.pk))
    for address in ("/admin/moderation/", f"/admin/moderation/{case.pk}/"):
        page = auditor.get(address)
        assert page.status_code == 200
        assert "kanarienvogel" not in page.content.decode()
    for address in ("act", "decide"):
        assert auditor.post(f"/admin/moderation/{case.pk}/{address}/", {"verb": "hide"}).status_code == 403


@pytest.fixture
def read_by_dora(talk: Conversation) -> User:
    """Dora, who has read what was said in the talk, where Eve has not."""
    response = answer_in(talk).response
    Fact.objects.create(conversation=talk, position=7, kind=Fact.Kind.RESPONSE_UPDATED, response=response, said=True)
    for name, position in (("Dora", 7), ("Eve", 6)):
        user = User.objects.create_user(f"{name.lower()}@example.com", name=name)
        Membership.objects.create(conversation=talk, user=user, role="viewer", read_position=position)
    return User.objects.get(name="Dora")


@pytest.mark.usefixtures("read_by_dora")
def test_a_case_says_who_had_read_it_when_it_was_opened(
    as_bob: Client, as_admin: Client, talk: Conversation, alice: User
) -> None:
    Membership.objects.filter(conversation=talk, user=alice).update(read_position=7)
    case = reported(as_bob, talk)
    Membership.objects.filter(conversation=talk, user__name="Eve").update(read_position=7)  # later
    page = " ".join(as_admin.get(f"/admin/moderation/{case.pk}/").content.decode().split())
    assert "<dd> Bob, Dora <small" in page


@pytest.mark.usefixtures("read_by_dora")
def test_who_does_not_decide_is_told_how_many_had_read_it_and_not_who(
    as_bob: Client, as_admin: Client, talk: Conversation, charlie: User
) -> None:
    case = reported(as_bob, talk)
    charlie.user_permissions.add(*_permissions("view_case"))
    User.objects.filter(pk=charlie.pk).update(is_staff=True)
    seen_by_auditor = signed_in(User.objects.get(pk=charlie.pk)).get(f"/admin/moderation/{case.pk}/").content.decode()
    assert "2 people" in seen_by_auditor
    assert "Dora" not in seen_by_auditor
    as_admin.post(f"/admin/moderation/{case.pk}/decide/", {"decision": "keep"})
    assert "Dora" not in as_admin.get(f"/admin/moderation/{case.pk}/").content.decode()


def test_who_had_read_it_is_not_guessed_where_it_is_not_known(
    as_bob: Client, as_admin: Client, talk: Conversation
) -> None:
    case = reported(as_bob, talk)  # its answer comes from before there were marks
    assert case.seen is None
    assert "not known" in as_admin.get(f"/admin/moderation/{case.pk}/").content.decode()


def test_blocked_terms_are_lit_in_what_was_said_and_nothing_of_it_becomes_markup(
    as_bob: Client, as_admin: Client, talk: Conversation, admin: User
) -> None:
    site_settings.change(BLOCKED_TERMS, "kanarienvogel\n<b>", actor=admin)
    item = answer_in(talk)
    item.text = "A KANARIENVOGEL, <b>, and <script>alert(1)</script>"
    item.save()
    page = as_admin.get(f"/admin/moderation/{reported(as_bob, talk).pk}/").content.decode()
    assert "A <mark>KANARIENVOGEL</mark>, <mark>&lt;b&gt;</mark>, and &lt;script&gt;alert(1)" in page


def test_a_term_that_is_not_blocked_any_more_is_still_lit_where_it_was_found(
    as_admin: Client, talk: Conversation
) -> None:
    item = answer_in(talk)
    assert item.response is not None
    cases.notice(item.response, item, source=Report.Source.CHECK, priority=Case.Priority.LOW, found=["kanarienvogel"])
    page = as_admin.get(f"/admin/moderation/{Case.objects.get().pk}/").content.decode()
    assert "Yes, <mark>kanarienvogel</mark>" in page


def test_notes_and_assignment_are_of_the_moderators(as_bob: Client, as_admin: Client, talk: Conversation) -> None:
    case = reported(as_bob, talk)
    admin = User.objects.get(name="Admin")
    as_admin.post(f"/admin/moderation/{case.pk}/act/", {"verb": "note", "text": "It is in the PDF too"})
    as_admin.post(f"/admin/moderation/{case.pk}/act/", {"verb": "assign", "to": str(admin.pk)})
    as_admin.post(f"/admin/moderation/{case.pk}/act/", {"verb": "assign", "to": str(case.author_id)})
    assert "It is in the PDF too" in as_admin.get(f"/admin/moderation/{case.pk}/").content.decode()
    case.refresh_from_db()
    assert case.assigned_to == admin
    assert f"/admin/moderation/{case.pk}/" in as_admin.get("/admin/moderation/?show=mine").content.decode()
    assert as_admin.get("/admin/moderation/?show=all").status_code == 400


def test_a_message_with_a_blocked_term_is_refused_and_stored_nowhere(
    talk: Conversation, alice: User, admin: User
) -> None:
    site_settings.change(BLOCKED_TERMS, "Blue Lamp\nsecret", actor=admin)
    before = Item.objects.count()
    access = conversation_for(alice, talk.pk)
    for text in ("the blue   lamp is on", "SECRET!"):
        with pytest.raises(Refused):
            turns.send_message(access, text=text)
        with pytest.raises(Refused):
            notes.write(access, text=text)
    assert Item.objects.count() == before
    turns.send_message(access, text="secretary of the blue lamps")


def test_a_case_is_decided_once(as_bob: Client, as_admin: Client, talk: Conversation) -> None:
    case = reported(as_bob, talk)
    for _ in range(2):
        answer = as_admin.post(f"/admin/moderation/{case.pk}/decide/", {"decision": "remove"})
    assert answer.status_code == 409
    assert AuditEntry.objects.filter(action="case.decide").count() == 1
