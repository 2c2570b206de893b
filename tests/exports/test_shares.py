"""A link shows one line of a conversation, frozen, to whoever has it, and nothing else to anybody."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from conversations import site_settings
from conversations.access import conversation_for
from conversations.actions import members
from conversations.exports.shared import _marked
from conversations.models import AuditEntry, Conversation, Deletion, Item, LegalHold, Response, Share, User
from conversations.moderation import deletion, holds
from tests.exports import made

ANYBODY = Client()


@pytest.fixture
def responses(conversation: Conversation, alice: User, bob: User) -> list[Response]:
    found = made.everything(conversation, alice, bob)
    conversation.branch = found[1].branch
    conversation.save()
    return found


def link(client: Client, conversation: Conversation, **sent: str) -> str:
    """Make a link; return its path."""
    page = client.post(f"/conversations/{conversation.pk}/links/new/", {"days": "7"} | sent)
    assert page.status_code == 200, page.content
    found = re.search(r"/shared/[\w-]+/", page.content.decode())
    assert found
    return found[0]


def test_whoever_has_the_link_reads_it_without_an_account(
    conversation: Conversation, responses: list[Response], as_alice: Client
) -> None:
    page = ANYBODY.get(link(as_alice, conversation))
    assert page.status_code == 200
    assert "Turn it on" in page.content.decode()


def test_its_secret_is_kept_nowhere(conversation: Conversation, responses: list[Response], as_alice: Client) -> None:
    secret = link(as_alice, conversation).split("/")[2]
    share = Share.objects.get()
    assert secret not in str(share.__dict__)
    assert secret not in as_alice.get(f"/conversations/{conversation.pk}/links/").content.decode()


def test_it_shows_neither_other_branches_nor_notes_nor_names(
    conversation: Conversation, responses: list[Response], as_alice: Client
) -> None:
    page = ANYBODY.get(link(as_alice, conversation)).content.decode()
    for hidden in ("Or the red one?", "Between us", "Alice", "Bob", "alice@example.com"):
        assert hidden not in page


def test_names_are_shown_where_the_owner_says_so(
    conversation: Conversation, responses: list[Response], as_alice: Client
) -> None:
    page = ANYBODY.get(link(as_alice, conversation, names="1")).content.decode()
    assert "Alice" in page
    assert "Bob" in page


def test_what_is_said_later_is_not_in_it(
    conversation: Conversation, responses: list[Response], as_alice: Client, alice: User
) -> None:
    path = link(as_alice, conversation)
    later = made.turn(conversation, alice, made.said("Later"), previous=responses[1], branch=responses[1].branch)
    assert later.branch_id == responses[1].branch_id
    assert "Later" not in ANYBODY.get(path).content.decode()


def test_what_is_deleted_or_hidden_is_gone_from_it(
    conversation: Conversation, responses: list[Response], as_alice: Client
) -> None:
    path = link(as_alice, conversation)
    pictures = re.findall(r'<img src="([^"]+)"', ANYBODY.get(path).content.decode())
    assert ANYBODY.get(pictures[0]).status_code == 200
    Item.objects.filter(text__contains="lamp").update(hidden_at=timezone.now())
    assert "Which" not in ANYBODY.get(path).content.decode()
    assert ANYBODY.get(pictures[0]).status_code == 404


def test_pictures_come_through_the_link_only(
    conversation: Conversation, responses: list[Response], as_alice: Client
) -> None:
    path = link(as_alice, conversation)
    (picture,) = re.findall(r'<img src="([^"]+)"', ANYBODY.get(path).content.decode())
    answer = ANYBODY.get(picture)
    assert answer["Content-Type"] == "image/png"
    assert answer["Referrer-Policy"] == "no-referrer"
    other = link(as_alice, conversation)
    assert ANYBODY.get(picture.replace(path, other)).status_code == 404
    assert ANYBODY.get(f"{path}{conversation.files.first().pk}/").status_code == 404


def test_nobody_indexes_it_or_is_told_where_a_reader_came_from(
    conversation: Conversation, responses: list[Response], as_alice: Client
) -> None:
    page = ANYBODY.get(link(as_alice, conversation))
    assert "noindex" in page["X-Robots-Tag"]
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    assert page["Content-Security-Policy"].startswith("default-src 'none'")
    assert "<script" not in page.content.decode()


def test_what_is_hostile_stays_text(conversation: Conversation, alice: User, as_alice: Client) -> None:
    words = "<script>alert(1)</script> [x](javascript:alert(1)) ![p](https://evil.example/?q)"
    conversation.title = "</title><script>alert(2)</script>"
    conversation.save()
    made.turn(conversation, alice, made.said(words), made.answered(words))
    page = ANYBODY.get(link(as_alice, conversation)).content.decode()
    assert "<script" not in page
    assert "javascript:alert" not in re.findall(r'href="([^"]*)"', page)
    assert "<img" not in page


@pytest.mark.parametrize("end", ["revoked", "over", "deleted", "held", "handed over", "suspended", "switched off"])
def test_a_link_ends(
    end: str,
    conversation: Conversation,
    responses: list[Response],
    as_alice: Client,
    alice: User,
    bob: User,
    admin: User,
) -> None:
    path = link(as_alice, conversation)
    picture = re.findall(r'<img src="([^"]+)"', ANYBODY.get(path).content.decode())[0]
    share = Share.objects.get()
    if end == "revoked":
        as_alice.post(f"/conversations/{conversation.pk}/links/{share.pk}/revoke/")
    elif end == "over":
        Share.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif end == "deleted":
        deletion.hide(conversation.pk, cause=Deletion.Cause.PERSON, actor=alice)
    elif end == "held":
        holds.place(actor=admin, name="Lamps", reason="A matter", conversations=[conversation.pk])
        assert LegalHold.objects.exists()
    elif end == "handed over":
        members.hand_over(conversation_for(alice, conversation.pk), bob.pk)
    elif end == "suspended":
        User.objects.filter(pk=alice.pk).update(is_active=False)
    else:
        site_settings.change(site_settings.PUBLIC_LINKS, False, actor=admin)
    unknown = ANYBODY.get("/shared/unknown/")
    answer = ANYBODY.get(path)
    assert (answer.status_code, answer.content) == (404, unknown.content)
    assert ANYBODY.get(picture).status_code == 404


def test_views_are_counted_and_now_and_then_noted(
    conversation: Conversation, responses: list[Response], as_alice: Client
) -> None:
    path = link(as_alice, conversation)
    for _ in range(3):
        ANYBODY.get(path)
    assert Share.objects.get().views == 3
    assert AuditEntry.objects.filter(action="share.view").count() == 1
    assert AuditEntry.objects.filter(action="share.create").count() == 1


def test_a_long_line_is_shown_page_by_page(conversation: Conversation, alice: User, as_alice: Client) -> None:
    last = None
    for number in range(120):
        last = made.turn(
            conversation, alice, made.said(f"word{number}."), previous=last, branch=last.branch if last else None
        )
    page, seen = ANYBODY.get(path := link(as_alice, conversation)).content.decode(), set[str]()
    while True:
        seen |= set(re.findall(r"word\d+\.", page))
        older = re.search(r'href="(\?before=[^"]+)"', page)
        if older is None:
            break
        page = ANYBODY.get(path + older[1]).content.decode()
    assert len(seen) == 120


@pytest.mark.parametrize("before", ["x", "1", "\x00", "a:b:c", "." * 500])
def test_a_page_that_nobody_was_led_to_is_not_found(
    before: str, conversation: Conversation, responses: list[Response], as_alice: Client
) -> None:
    assert ANYBODY.get(link(as_alice, conversation), {"before": before}).status_code == 404


def test_a_page_that_was_purged_since_is_not_found(
    conversation: Conversation, responses: list[Response], as_alice: Client
) -> None:
    address = link(as_alice, conversation)
    mark = _marked(Share.objects.get(), 2**40)
    assert ANYBODY.get(address, {"before": mark}).status_code == 404


def test_only_the_owner_makes_and_sees_links(
    conversation: Conversation, responses: list[Response], as_bob: Client, as_charlie: Client
) -> None:
    for client, status in ((as_bob, 403), (as_charlie, 404), (ANYBODY, 302)):
        assert client.get(f"/conversations/{conversation.pk}/links/").status_code == status
        assert client.post(f"/conversations/{conversation.pk}/links/new/", {"days": "7"}).status_code == status
    assert not Share.objects.exists()


@pytest.mark.parametrize("days", ["", "0", "365", "x", "-1", "7.5", "٧"])
def test_how_long_is_one_of_the_choices(
    days: str, conversation: Conversation, responses: list[Response], as_alice: Client
) -> None:
    page = as_alice.post(f"/conversations/{conversation.pk}/links/new/", {"days": days})
    assert page.status_code == 400
    assert not Share.objects.exists()


def test_what_still_runs_is_left_out(
    conversation: Conversation, responses: list[Response], as_alice: Client, alice: User
) -> None:
    made.turn(
        conversation,
        alice,
        made.said("Running"),
        previous=responses[1],
        branch=responses[1].branch,
        status="in_progress",
        done_at=None,
        final=None,
    )
    assert "Running" not in ANYBODY.get(link(as_alice, conversation)).content.decode()
