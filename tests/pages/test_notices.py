"""What people are told of: who, in which way, and never of what they may not see."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client
from django.utils import timezone

from conversations import access
from conversations.actions import members, notes
from conversations.models import Approval, Branch, Conversation, Membership, Notice, Response, User
from conversations.models.approval import digest
from conversations.notices import delivery, telling
from tests.conftest import signed_in


def say(writer: User, conversation: Conversation, text: str) -> None:
    notes.write(access.conversation_for(writer, conversation.pk), text=text)


def told(person: User) -> list[str]:
    """The sentences of a person's page of notices."""
    return [row.sentence for row in signed_in(person).get("/notices/").context["listing"].rows]


def waiting(person: User) -> str:
    page = signed_in(person).get("/running/").content.decode()
    return page.partition('data-notices="')[2].partition('"')[0]


def an_answer(conversation: Conversation, asker: User, **columns: Any) -> Response:
    branch = Branch.objects.create(conversation=conversation, created_by=asker)
    now = timezone.now()
    usual = {"status": "completed", "queued_at": now, "done_at": now, "parameters": {"model": "demo"}}
    return Response.objects.create(conversation=conversation, branch=branch, created_by=asker, **usual | columns)


def an_approval(conversation: Conversation, asker: User, decides: str) -> Approval:
    return Approval.objects.create(
        conversation=conversation,
        response=an_answer(conversation, asker),
        request_id="mcpr_1",
        name="lamp",
        arguments="{}",
        digest=digest("", "lamp", "{}"),
        decides=decides,
        asked_by=asker,
    )


def test_who_is_mentioned_is_told_and_nobody_else(conversation: Conversation, alice: User, bob: User) -> None:
    say(alice, conversation, "@Bob, look at this. @Charlie too.")

    assert told(bob) == ["Alice mentions you in “A lamp for the window”"]
    assert told(alice) == []
    assert waiting(bob) == "1"


def test_following_a_notice_leads_there_and_counts_as_reading(
    conversation: Conversation, alice: User, bob: User
) -> None:
    say(alice, conversation, "@Bob?")
    notice = Notice.objects.get(user=bob)

    answer = signed_in(bob).get(f"/notices/{notice.pk}/")

    assert answer.headers["Location"] == f"/conversations/{conversation.pk}/"
    assert waiting(bob) == "0"


def test_anothers_notice_is_not_there(conversation: Conversation, alice: User, bob: User, as_charlie: Client) -> None:
    say(alice, conversation, "@Bob?")
    notice = Notice.objects.get(user=bob)
    assert as_charlie.get(f"/notices/{notice.pk}/").status_code == 404
    assert as_charlie.get(f"/notices/{2**63}/").status_code == 404


def test_who_is_taken_out_is_told_of_nothing_there_any_more(conversation: Conversation, alice: User, bob: User) -> None:
    say(alice, conversation, "@Bob?")
    notice = Notice.objects.get(user=bob)
    Membership.objects.filter(user=bob).delete()

    assert told(bob) == []
    assert waiting(bob) == "0"
    assert signed_in(bob).get(f"/notices/{notice.pk}/").status_code == 404
    assert (delivery.push_due(), delivery.mail_due()) == (0, 0)


def test_a_muted_conversation_is_silent(conversation: Conversation, alice: User, bob: User) -> None:
    Membership.objects.filter(user=bob).update(muted_at=timezone.now())
    say(alice, conversation, "@Bob?")
    assert not Notice.objects.exists()


def test_whoever_decides_is_told_of_a_call_that_waits(conversation: Conversation, alice: User, bob: User) -> None:
    telling.waits(an_approval(conversation, alice, "asker"))
    assert told(alice) == ["A call waits for your approval in “A lamp for the window”"]
    assert told(bob) == []


def test_who_is_let_in_is_told(conversation: Conversation, alice: User, charlie: User) -> None:
    members.add(access.conversation_for(alice, conversation.pk), email=charlie.email, role="viewer")
    assert told(charlie) == ["Alice lets you into “A lamp for the window”"]


@pytest.mark.parametrize(
    ("columns", "is_told"),
    [
        ({"background": True}, True),
        ({"queued_at": timezone.now() - dt.timedelta(minutes=5)}, True),
        ({}, False),
        ({"background": True, "status": "cancelled"}, False),
        ({"background": True, "calls": 1}, False),
    ],
)
def test_only_long_work_that_has_ended_is_told_of(
    conversation: Conversation, alice: User, columns: dict[str, Any], is_told: bool
) -> None:
    telling.finished(an_answer(conversation, alice, **columns))
    assert bool(told(alice)) == is_told


def test_what_is_turned_off_is_not_told(conversation: Conversation, alice: User, bob: User) -> None:
    signed_in(bob).post("/settings/notices/", {"on": ["mention.push"], "digest": "day"})
    say(alice, conversation, "@Bob?")

    notice = Notice.objects.get(user=bob)
    assert (notice.on_page, notice.push_at is not None, notice.mail_at) == (False, True, None)
    assert told(bob) == []

    signed_in(bob).post("/settings/notices/", {"digest": "day"})
    say(alice, conversation, "@Bob!")
    assert Notice.objects.count() == 1


def test_unknown_choices_change_nothing(as_bob: Client, bob: User) -> None:
    page = as_bob.post("/settings/notices/", {"on": ["x.y"], "digest": "always"}, follow=True)
    assert page.status_code == 200
    bob.refresh_from_db()
    assert bob.notice_choices == {}


def test_what_is_told_of_the_conversation_on_the_screen_is_read(
    conversation: Conversation, alice: User, bob: User
) -> None:
    say(alice, conversation, "@Bob?")
    assert waiting(bob) == "1"
    signed_in(bob).get(f"/running/?open={conversation.pk}")
    assert waiting(bob) == "0"


def test_whoever_may_decide_for_others_is_told_of_a_call_that_waits(
    conversation: Conversation, alice: User, bob: User, charlie: User, admin: User
) -> None:
    for person in (bob, charlie):
        person.user_permissions.add(Permission.objects.get(codename="decide_approvals"))
    telling.waits(an_approval(conversation, alice, "approver"))
    assert [bool(told(person)) for person in (alice, bob, charlie, admin)] == [False, True, False, False]


def test_programs_are_not_told_of_their_answers(conversation: Conversation, alice: User) -> None:
    telling.finished(an_answer(conversation, alice, background=True, door="gateway"))
    assert told(alice) == []


def test_all_are_read_at_once(conversation: Conversation, alice: User, bob: User) -> None:
    say(alice, conversation, "@Bob?")
    signed_in(bob).post("/notices/read/")
    assert waiting(bob) == "0"
    assert len(told(bob)) == 1


def test_the_list_goes_on_in_pages_with_as_many_queries(
    conversation: Conversation, alice: User, bob: User, django_assert_num_queries: Any
) -> None:
    for number in range(90):
        say(alice, conversation, f"@Bob {number}")
    client = signed_in(bob)
    client.get("/notices/")
    seen, address = 0, "/notices/"
    while address:
        page = client.get(address).context["listing"]
        seen, address = seen + len(page.rows), f"/notices/{page.more_url}" if page.more_url else ""
    assert seen == 90
    assert client.get("/notices/?before=x").status_code == 400


def late(person: User) -> None:
    """Let a day pass for what waits for a letter."""
    Notice.objects.filter(user=person, mail_at__isnull=False).update(mail_at=timezone.now() - dt.timedelta(days=1))


def test_a_letter_gathers_what_waited_for_a_day(conversation: Conversation, alice: User, bob: User) -> None:
    say(alice, conversation, "@Bob, the secret is lamplight")
    say(alice, conversation, "@Bob, and oil")
    assert delivery.mail_due() == 0
    late(bob)

    assert delivery.mail_due() == 1
    assert delivery.mail_due() == 0
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["bob@example.com"], "2 things wait for you in Salon")
    html = letter.alternatives[0][0]
    for body in (letter.body, html):
        assert body.count("Alice mentions you in “A lamp for the window”") == 2
        assert "lamplight" not in body


def test_what_was_read_is_in_no_letter(conversation: Conversation, alice: User, bob: User) -> None:
    say(alice, conversation, "@Bob?")
    late(bob)
    signed_in(bob).post("/notices/read/")
    assert delivery.mail_due() == 0


def test_titles_are_text_in_letters(conversation: Conversation, alice: User, bob: User) -> None:
    Conversation.objects.update(title="<b>bold</b>")
    say(alice, conversation, "@Bob?")
    late(bob)
    delivery.mail_due()
    assert "<b>bold" not in mail.outbox[0].alternatives[0][0]
    assert "<b>bold</b>" in mail.outbox[0].body


def test_the_link_in_a_letter_ends_letters_and_a_look_at_it_does_not(
    conversation: Conversation, alice: User, bob: User
) -> None:
    say(alice, conversation, "@Bob?")
    late(bob)
    delivery.mail_due()
    link = mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>").partition("8000")[2]
    client = Client(enforce_csrf_checks=True)

    assert client.get(link).status_code == 200
    bob.refresh_from_db()
    assert "digest" not in bob.notice_choices
    assert "No more letters." in client.post(link, {"List-Unsubscribe": "One-Click"}).content.decode()
    assert client.get(link[:-4] + "x/").status_code == 404

    say(alice, conversation, "@Bob again")
    late(bob)
    assert delivery.mail_due() == 0
