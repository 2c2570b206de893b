"""Search over what one may see, through its page and on the database that the suite runs on."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations.access import conversation_for
from conversations.actions import members, turns
from conversations.models import Conversation, File, Item, Membership, Response, User


def say(user: User, conversation: Conversation, text: str) -> Response:
    response, _ = turns.send_message(conversation_for(user, conversation.pk), text=text)
    Response.objects.filter(pk=response.pk).update(status="completed", done_at=timezone.now())
    return response


def answer(response: Response, text: str) -> Item:
    payload = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    item = Item.from_payload(payload, response=response, direction=Item.Direction.OUTPUT, index=0)
    item.save()
    return item


def shown(client: Client, words: str) -> list[str]:
    """Return the texts of the hits that the page shows, without their lights."""
    page = client.get("/search/", {"q": words}).content.decode()
    found = re.findall(r"</h3>\s*<p>(.*?)</p>", page, re.DOTALL)
    return [re.sub(r"</?mark>", "", text).strip() for text in found]


def test_messages_and_answers_are_found_the_newest_first_with_their_hits_lit(
    as_alice: Client, alice: User, conversation: Conversation
) -> None:
    response = say(alice, conversation, "How bright is a lamp at sixty centimetres?")
    answer(response, "It puts 506 lux on the page, and the Lamp stays cool.")
    page = as_alice.get("/search/", {"q": "lamp"}).content.decode()
    assert shown(as_alice, "lamp") == [
        "It puts 506 lux on the page, and the Lamp stays cool.",
        "How bright is a lamp at sixty centimetres?",
    ]
    assert "<mark>Lamp</mark>" in page
    assert f"/conversations/{conversation.pk}/?branch={response.branch_id}#turn-{response.pk}" in page


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("walnut lamp", True),
        ("lamp walnut ", True),
        ("waln", True),
        ("waln ", False),
        ('"walnut desk"', True),
        ('"desk walnut"', False),
        ("lamp -walnut", False),
        ("lamp -oak", True),
        ("café", True),
        ("example.com", True),
        ("from:alice lamp", True),
        ("from:bob lamp", False),
        ("from:salon lamp", False),
        ("in:window lamp", True),
        ("in:door lamp", False),
        ("has:image lamp", False),
        ("after:2000-01-01 lamp", True),
        ("before:2000-01-01 lamp", False),
        ("from:alice", True),
        ("'; DROP TABLE conversations_item; --", False),
        ("lamp) OR (1=1", False),
        ('text : lamp NEAR("x', False),
    ],
)
def test_what_is_asked_decides(
    words: str, found: bool, as_alice: Client, alice: User, conversation: Conversation
) -> None:
    text = "A lamp on the walnut desk of the Café, see https://example.com/a_b"
    say(alice, conversation, text)
    assert shown(as_alice, words) == ([text] if found else [])


def test_a_picture_is_found_by_its_turn(as_alice: Client, alice: User, conversation: Conversation) -> None:
    response = say(alice, conversation, "A lamp, please")
    say(alice, conversation, "Another lamp, in words")
    File.objects.create(conversation=conversation, response=response, media_type="image/png", size=1, sha256="0" * 64)
    assert shown(as_alice, "has:image lamp") == ["A lamp, please"]


def test_charlie_finds_nothing_of_it_and_bob_nothing_more_once_he_is_out(
    as_bob: Client, as_charlie: Client, as_admin: Client, alice: User, bob: User, conversation: Conversation
) -> None:
    say(alice, conversation, "The secret lamp")
    assert shown(as_bob, "secret") == ["The secret lamp"]
    for client in (as_charlie, as_admin):
        page = client.get("/search/", {"q": "secret"}).content.decode()
        assert "The secret lamp" not in page
        assert "A lamp for the window" not in client.get("/search/", {"q": "lamp"}).content.decode()
    members.remove(conversation_for(alice, conversation.pk), bob.pk)
    assert shown(as_bob, "secret") == []


def test_what_is_deleted_is_found_no_more(as_alice: Client, alice: User, conversation: Conversation) -> None:
    say(alice, conversation, "A lamp to forget")
    Conversation.objects.update(deleted_at=timezone.now())
    assert shown(as_alice, "forget") == []
    Conversation.objects.update(deleted_at=None)
    assert shown(as_alice, "forget") == ["A lamp to forget"]
    Item.objects.update(text="Other words")
    assert shown(as_alice, "forget") == []
    assert shown(as_alice, "other words") == ["Other words"]
    Item.objects.all().delete()
    assert shown(as_alice, "other") == []


def test_hits_are_read_by_pages_with_the_same_number_of_queries(
    as_alice: Client, alice: User, conversation: Conversation
) -> None:
    response = say(alice, conversation, "lamp 0")
    as_alice.get("/search/", {"q": "lamp"})
    with CaptureQueriesContext(connection) as few:
        as_alice.get("/search/", {"q": "lamp"})
    rows = [answered(response, index) for index in range(1, 70)]
    Item.objects.bulk_create(rows)
    with CaptureQueriesContext(connection) as many:
        first = as_alice.get("/search/", {"q": "lamp"}).content.decode()
    assert len(many) == len(few)
    seen: list[str] = []
    page = first
    while True:
        seen += re.findall(r"<p><mark>lamp</mark> (\d+)\s*</p>", page)
        more = re.search(r'href="(\?q=lamp&amp;below=\d+)"', page)
        if more is None:
            break
        page = as_alice.get(f"/search/{more[1].replace('&amp;', '&')}").content.decode()
    assert seen == [str(number) for number in range(69, -1, -1)]
    assert as_alice.get("/search/", {"q": "lamp", "below": "x"}).status_code == 400


def answered(response: Response, index: int) -> Item:
    payload = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": f"lamp {index}"}]}
    return Item.from_payload(payload, response=response, direction=Item.Direction.OUTPUT, index=index)


def test_what_many_conversations_of_others_say_does_not_hide_ones_own(
    as_charlie: Client, alice: User, charlie: User, conversation: Conversation
) -> None:
    own = Conversation.objects.create(created_by=charlie)
    Membership.objects.create(conversation=own, user=charlie, role="owner")
    say(charlie, own, "My own lamp")
    response = say(alice, conversation, "lamp 0")
    Item.objects.bulk_create([answered(response, index) for index in range(1, 1200)])
    assert shown(as_charlie, "lamp") == ["My own lamp"]


def test_a_very_long_text_can_be_stored_and_is_found_by_its_beginning(
    as_alice: Client, alice: User, conversation: Conversation
) -> None:
    text = "beginning " + " ".join(f"word{number}" for number in range(40_000))
    assert len(text) > 380_000
    say(alice, conversation, text)
    assert len(shown(as_alice, "beginning")) == 1


def test_the_days_are_those_of_who_asks(as_alice: Client, alice: User, conversation: Conversation) -> None:
    say(alice, conversation, "An old lamp")
    Item.objects.update(created_at=dt.datetime(2026, 2, 1, 12, tzinfo=dt.UTC))
    assert shown(as_alice, "lamp after:2026-02-01 before:2026-02-02") == ["An old lamp"]
    assert shown(as_alice, "lamp after:2026-02-02") == []
    assert shown(as_alice, "lamp before:2026-02-01") == []


def test_a_bad_filter_is_named_and_hostile_words_stay_words(as_alice: Client) -> None:
    page = as_alice.get("/search/", {"q": "has:<script>alert(1)</script> lamp\x00"}).content.decode()
    assert "“has:&lt;script&gt;alert(1)&lt;/script&gt;” is no filter" in page
    assert "<script>alert" not in page
