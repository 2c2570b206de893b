"""The wall: all pictures that one may see and nothing else, found by prompt, person, date, model."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations.gallery import pictures
from conversations.models import Branch, Conversation, File, Item, Membership, Response, User
from tests.gallery.conftest import Paint
from tests.intake import made

pytestmark = pytest.mark.django_db


def titles(client: Client, asked: str = "") -> list[str]:
    answer = client.get(f"/gallery/{asked}")
    assert answer.status_code == 200
    return [picture.title for picture in answer.context["listed"].pictures]


def shown(client: Client, asked: str) -> list[File]:
    return [picture.file for picture in client.get(f"/gallery/{asked}").context["listed"].pictures]


def talk(conversation: Conversation, words: str, times: int) -> None:
    """Have a model say the same again and again."""
    branch = Branch.objects.filter(conversation=conversation)[0]
    response = Response.objects.create(
        conversation=conversation, branch=branch, created_by=conversation.created_by, model="demo"
    )
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": words}]}
    for number in range(times):
        Item.from_payload(said, response=response, direction=Item.Direction.OUTPUT, index=number).save()


def test_members_see_the_pictures_of_their_conversations_the_newest_first(
    paint: Paint, as_alice: Client, as_bob: Client, as_charlie: Client, as_admin: Client, bob: User
) -> None:
    paint("A lamp on walnut")
    paint("Three bowls on ash", by=bob)
    assert titles(as_alice) == titles(as_bob) == ["Three bowls on ash", "A lamp on walnut"]
    assert titles(as_charlie) == titles(as_admin) == []


def test_a_caption_says_what_who_and_when_and_the_picture_says_what_it_is(
    paint: Paint, as_bob: Client, bob: User
) -> None:
    file = paint("A lamp", by=bob, revised="A green lamp on walnut, in the evening")
    page = as_bob.get("/gallery/").content.decode()
    assert 'alt="A green lamp on walnut, in the evening"' in page
    assert f"/files/{file.pk}/size/320/" in page
    assert "Bob · " in page
    assert "1 picture that you may see." in page


def test_partial_images_previews_hidden_purged_and_deleted_ones_do_not_hang(
    paint: Paint, as_alice: Client, conversation: Conversation
) -> None:
    for number, change in enumerate(
        ({"purpose": "partial"}, {"hidden_at": timezone.now()}, {"purged_at": timezone.now()})
    ):
        File.objects.filter(pk=paint(f"Number {number}").pk).update(**change)
    paint("The good one")
    assert titles(as_alice) == ["The good one"]
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=timezone.now())
    assert titles(as_alice) == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("?q=walnut", ["A lamp on walnut"]),
        ("?q=bowls+ash", ["Three bowls on ash"]),
        ("?q=copper", ["Three bowls on ash"]),
        ("?q=wal", []),
        ("?q=from:bob", ["Three bowls on ash"]),
        ("?who=ali", ["A lamp on walnut"]),
        ("?until=2026-01-31", ["A lamp on walnut"]),
        ("?since=2026-02-01", ["Three bowls on ash"]),
        ("?q=before:2026-02-01", ["A lamp on walnut"]),
        ("?model=gpt-5", ["Three bowls on ash"]),
        ("?q=walnut&who=bob", []),
        ("?since=yesterday", ["Three bowls on ash", "A lamp on walnut"]),
    ],
)
def test_pictures_are_found(paint: Paint, as_alice: Client, bob: User, asked: str, found: list[str]) -> None:
    paint("A lamp on walnut", at=datetime(2026, 1, 31, 12, tzinfo=UTC))
    file = paint("Three bowls on ash", by=bob, model="gpt-5", at=datetime(2026, 2, 1, 12, tzinfo=UTC))
    assert file.response is not None
    item = file.response.items.get(type="image_generation_call")
    item.payload = {**item.payload, "revised_prompt": "Three bowls on ash"}
    item.text = "Three bowls of copper"
    item.save()
    assert titles(as_alice, asked) == found


def test_nobody_finds_what_they_may_not_see(paint: Paint, as_charlie: Client) -> None:
    paint("A lamp on walnut")
    assert titles(as_charlie, "?q=walnut") == titles(as_charlie, "?who=alice") == []


def test_pages_follow_each_other_without_a_gap_also_where_pictures_came_at_one_moment(
    paint: Paint, as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "PAGE", 2)
    at = timezone.now()
    for number in range(5):
        paint(f"Number {number}", at=at - timedelta(hours=number // 3))
    seen: list[str] = []
    asked = ""
    for _ in range(3):
        answer = as_alice.get(f"/gallery/{asked}")
        seen += [picture.title for picture in answer.context["listed"].pictures]
        asked = answer.context["more"]
    assert (sorted(seen), asked) == ([f"Number {number}" for number in range(5)], "")


@pytest.mark.parametrize("many", [False, True])
def test_a_page_costs_as_many_queries_as_one_picture(
    paint: Paint, as_alice: Client, monkeypatch: pytest.MonkeyPatch, many: bool
) -> None:
    if many:
        monkeypatch.setattr(pictures, "COUNTED", 0)
    paint("First")
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert len(titles(as_alice)) == 1
    for number in range(10):
        paint(f"Number {number}")
    with CaptureQueriesContext(connection) as more:
        assert len(titles(as_alice)) == 11
    assert len(more) == len(few)


@pytest.mark.parametrize("conversations", [0, 300])
def test_a_search_costs_as_many_queries_for_many_pictures_among_many_words_as_for_one(
    paint: Paint,
    as_alice: Client,
    conversation: Conversation,
    monkeypatch: pytest.MonkeyPatch,
    conversations: int,
) -> None:
    monkeypatch.setattr(pictures, "FEW_CONVERSATIONS", conversations)
    paint("A lamp on walnut")
    with CaptureQueriesContext(connection) as few:
        assert titles(as_alice, "?q=lamp") == ["A lamp on walnut"]
    for number in range(10):
        paint(f"Lamp number {number}")
        talk(conversation, "A lamp, and no picture of it.", 60)
    with CaptureQueriesContext(connection) as more:
        assert len(titles(as_alice, "?q=lamp")) == 11
    assert len(more) == len(few)


@pytest.mark.parametrize("conversations", [0, 300])
def test_a_word_that_everybody_says_does_not_hide_the_pictures_of_it(
    paint: Paint,
    as_alice: Client,
    as_charlie: Client,
    conversation: Conversation,
    monkeypatch: pytest.MonkeyPatch,
    conversations: int,
) -> None:
    monkeypatch.setattr(pictures, "FEW_CONVERSATIONS", conversations)
    monkeypatch.setitem(pictures.MOST_LOOKED_AT, connection.vendor, 5)
    first = paint("A lamp on walnut", revised="A green lámp")
    paint("Three bowls")
    talk(conversation, "A lamp on it!", 20)
    assert first.response is not None
    again = paint("", here=conversation)
    assert again.response is not None
    Response.objects.filter(pk=again.response.pk).update(input_from=first.response)
    for asked in ("?q=lamp", "?q=lamp+-bowls", "?q=%22lamp+on%22"):
        assert [picture.pk for picture in shown(as_alice, asked)] == [again.pk, first.pk]
        assert "only the newest" in as_alice.get(f"/gallery/{asked}").content.decode()
        assert titles(as_charlie, asked) == []
    assert [picture.pk for picture in shown(as_alice, "?q=lamp+-walnut")] == [again.pk, first.pk]


def test_who_sees_many_sees_the_same(
    paint: Paint, as_alice: Client, as_charlie: Client, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "COUNTED", 1)
    other = Conversation.objects.create(created_by=charlie)
    Membership.objects.create(conversation=other, user=charlie, role="owner")
    for number in range(3):
        paint(f"Number {number}")
        paint(f"Of Charlie {number}", here=other, by=charlie)
    assert titles(as_alice) == ["Number 2", "Number 1", "Number 0"]
    assert titles(as_charlie) == ["Of Charlie 2", "Of Charlie 1", "Of Charlie 0"]
    assert "More than" in as_alice.get("/gallery/").content.decode()


def test_what_people_sent_hangs_apart(as_alice: Client, as_bob: Client, conversation: Conversation) -> None:
    sent = as_alice.post(
        "/files/", made.picture(), content_type="application/octet-stream", headers={"X-File-Name": "Sketch.png"}
    ).json()["file"]["id"]
    assert titles(as_alice, "?kind=uploaded") == []
    File.objects.filter(pk=sent).update(conversation=conversation)
    assert titles(as_bob, "?kind=uploaded") == titles(as_bob, "?kind=uploaded&q=sketch") == ["Sketch.png"]
    assert titles(as_bob) == titles(as_bob, "?kind=uploaded&q=drawing") == []


@pytest.mark.parametrize("asked", ["?before=x", "?before=1-file_1", "?board=1", "?board=x", f"?board={2**70}"])
def test_a_page_that_does_not_exist_is_said(as_alice: Client, asked: str) -> None:
    assert as_alice.get(f"/gallery/{asked}").status_code in {400, 404}


@pytest.mark.parametrize(
    "asked", ["?q=%00", "?kind=all", "?model=%00x", "?since=%00", "?who=%27--", "?q=" + "x" * 5000]
)
def test_odd_questions_are_answered(as_alice: Client, asked: str) -> None:
    assert titles(as_alice, asked) == []
