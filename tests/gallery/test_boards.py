"""Boards and favourites: everybody's own, or the team's, and never a way to a picture that one may not see."""

from __future__ import annotations

import pytest
from django.test import Client

from conversations.models import Board, BoardPicture, Conversation, Deletion, Favourite, File, Membership, User
from conversations.moderation import purging
from conversations.moderation.deletion import hide
from tests.gallery.conftest import Paint
from tests.gallery.test_wall import titles

pytestmark = pytest.mark.django_db


@pytest.fixture
def lamp(paint: Paint) -> File:
    return paint("A lamp on walnut")


def board_of(client: Client, name: str = "Calendar", *pictures: File, shared: bool = False) -> Board:
    sent = {"name": name, "picture": [file.pk for file in pictures], **({"shared": "1"} if shared else {})}
    assert client.post("/gallery/boards/", sent).status_code == 302
    return Board.objects.get(name=name)


def test_a_new_board_takes_the_chosen_pictures(as_alice: Client, lamp: File, paint: Paint) -> None:
    paint("Not chosen")
    board = board_of(as_alice, "Calendar", lamp)
    assert titles(as_alice, f"?board={board.pk}") == ["A lamp on walnut"]
    assert "Calendar" in as_alice.get("/gallery/").content.decode()


def test_a_private_board_is_nobody_elses(as_alice: Client, as_bob: Client, lamp: File) -> None:
    board = board_of(as_alice, "Calendar", lamp)
    assert as_bob.get(f"/gallery/?board={board.pk}").status_code == 404
    assert "Calendar" not in as_bob.get("/gallery/").content.decode()
    for address, sent in (
        ("/gallery/on-board/", {"board": board.pk, "picture": lamp.pk}),
        (f"/gallery/boards/{board.pk}/", {"name": "Mine"}),
    ):
        assert as_bob.post(address, sent).status_code == 404


def test_of_a_shared_board_each_sees_the_pictures_of_their_own_conversations(
    as_alice: Client, as_bob: Client, as_charlie: Client, lamp: File
) -> None:
    board = board_of(as_alice, "Launch", lamp, shared=True)
    assert titles(as_bob, f"?board={board.pk}") == ["A lamp on walnut"]
    assert titles(as_charlie, f"?board={board.pk}") == []


def test_the_team_puts_and_takes_on_a_shared_board_and_its_maker_names_it(
    as_alice: Client, as_bob: Client, lamp: File, paint: Paint
) -> None:
    board = board_of(as_alice, "Launch", shared=True)
    bowls = paint("Three bowls")
    as_bob.post("/gallery/on-board/", {"board": board.pk, "picture": [lamp.pk, bowls.pk, lamp.pk]})
    as_bob.post("/gallery/on-board/", {"board": board.pk, "picture": lamp.pk})
    assert board.pictures.count() == 2
    as_bob.post("/gallery/on-board/", {"board": board.pk, "picture": lamp.pk, "do": "take"})
    assert titles(as_alice, f"?board={board.pk}") == ["Three bowls"]
    as_bob.post(f"/gallery/boards/{board.pk}/", {"name": "Bob’s"})
    as_bob.post(f"/gallery/boards/{board.pk}/", {"do": "delete"})
    as_alice.post(f"/gallery/boards/{board.pk}/", {"name": "Launch, spring"})
    board.refresh_from_db()
    assert (board.name, board.shared) == ("Launch, spring", False)
    as_alice.post(f"/gallery/boards/{board.pk}/", {"do": "delete"})
    assert not Board.objects.exists()
    assert File.objects.filter(pk=bowls.pk).exists()


def test_nobody_puts_up_what_they_may_not_see(as_charlie: Client, lamp: File) -> None:
    board = board_of(as_charlie, "Mine", lamp)
    as_charlie.post("/gallery/on-board/", {"board": board.pk, "picture": lamp.pk})
    assert not BoardPicture.objects.exists()
    assert as_charlie.post(f"/gallery/{lamp.pk}/favourite/", {"favourite": "1"}).status_code == 404


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_board_has_a_name(as_alice: Client, name: str) -> None:
    answer = as_alice.post("/gallery/boards/", {"name": name}, follow=True)
    assert "A board has a name of up to 80 characters." in answer.content.decode()
    assert not Board.objects.exists()


def test_favourites_are_a_persons_own(as_alice: Client, as_bob: Client, lamp: File, paint: Paint) -> None:
    paint("Three bowls")
    as_alice.post(f"/gallery/{lamp.pk}/favourite/", {"favourite": "1"})
    answer = as_alice.post(f"/gallery/{lamp.pk}/favourite/", {"favourite": "1"}, headers={"Accept": "application/json"})
    assert answer.json() == {"favourite": True}
    assert titles(as_alice, "?liked=1") == ["A lamp on walnut"]
    assert titles(as_bob, "?liked=1") == []
    as_alice.post(f"/gallery/{lamp.pk}/favourite/", {"favourite": "0"})
    assert titles(as_alice, "?liked=1") == []


def test_who_leaves_a_conversation_sees_its_pictures_nowhere(
    as_bob: Client, bob: User, lamp: File, conversation: Conversation
) -> None:
    board = board_of(as_bob, "Mine", lamp)
    as_bob.post(f"/gallery/{lamp.pk}/favourite/", {"favourite": "1"})
    Membership.objects.filter(conversation=conversation, user=bob).delete()
    assert titles(as_bob, f"?board={board.pk}") == titles(as_bob, "?liked=1") == titles(as_bob) == []


def test_a_purge_takes_pictures_from_boards_and_favourites(
    as_alice: Client, alice: User, lamp: File, conversation: Conversation
) -> None:
    board_of(as_alice, "Calendar", lamp)
    as_alice.post(f"/gallery/{lamp.pk}/favourite/", {"favourite": "1"})
    deletion = hide(conversation.pk, cause=Deletion.Cause.PERSON, actor=alice)
    assert purging.purge_due(deletion.hidden_at, ignore_grace=True).purged == 1
    assert [model.objects.count() for model in (BoardPicture, Favourite, File)] == [0, 0, 0]
    assert Board.objects.count() == 1
