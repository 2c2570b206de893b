"""Folders and tags: what lies where, for whom, and what finding it costs."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conversations.access import Access, conversation_for
from conversations.actions import notes, order
from conversations.errors import Refused
from conversations.lists import HOME_PAGE
from conversations.models import Conversation, Folder, Membership, Tag, User
from tests.pages.test_home import converse, found, home, titles


@pytest.fixture
def team(alice: User) -> Folder:
    return order.make_folder(alice, name="Launch", shared=True)


@pytest.fixture
def as_owner(alice: User, conversation: Conversation) -> Access:
    return conversation_for(alice, conversation.pk)


def test_a_private_folder_orders_the_list_of_its_owner_only(
    as_owner: Access, as_alice: Client, as_bob: Client, alice: User
) -> None:
    folder = order.make_folder(alice, name="Mine", shared=False)
    converse(alice, "Elsewhere")
    order.file_under(as_owner, folder)
    assert titles(home(as_alice, f"?folder={folder.pk}")) == ["A lamp for the window"]
    assert "Mine" in home(as_alice)
    assert "Mine" not in home(as_bob)
    assert as_bob.get(f"/?folder={folder.pk}").status_code == 404
    assert as_bob.post(f"/folders/{folder.pk}/delete/").status_code == 404


def test_in_a_shared_folder_each_sees_what_they_are_in(
    as_owner: Access, as_bob: Client, as_charlie: Client, charlie: User, team: Folder
) -> None:
    order.file_under(as_owner, team)
    converse(charlie, "Charlie’s own")
    assert titles(home(as_bob, f"?folder={team.pk}")) == ["A lamp for the window"]
    assert titles(home(as_charlie, f"?folder={team.pk}")) == []
    assert "A lamp for the window" not in as_charlie.get("/sidebar/", {"folder": team.pk}).content.decode()


def test_who_only_reads_puts_it_in_a_folder_of_their_own_and_not_in_the_teams(
    as_owner: Access, bob: User, team: Folder
) -> None:
    Membership.objects.filter(user=bob).update(role="viewer")
    access = conversation_for(bob, as_owner.conversation.pk)
    order.file_under(access, order.make_folder(bob, name="Read", shared=False))
    for act in (lambda: order.file_under(access, team), lambda: order.tag(access, ["lamp"])):
        with pytest.raises(Refused, match="not write in it"):
            act()


def test_the_form_puts_a_conversation_in_its_place(as_owner: Access, as_alice: Client, team: Folder) -> None:
    url = f"/conversations/{as_owner.conversation.pk}/order/"
    as_alice.post(url, {"folder": "", "team_folder": team.pk, "tags": "Lamp,  two  words,lamp, "})
    page = as_alice.get(url).content.decode()
    assert 'value="lamp, two words"' in page
    assert f'value="{team.pk}" selected' in page
    as_alice.post(url, {"folder": "", "team_folder": "", "tags": ""})
    assert not Tag.objects.exists()
    as_owner.conversation.refresh_from_db()
    assert as_owner.conversation.folder is None


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"folder": "x"}, 404),
        ({"folder": "9" * 30}, 404),
        ({"tags": "x" * 41}, 400),
        ({"tags": ",".join("abcdefghijk")}, 400),
    ],
)
def test_what_is_no_place_changes_nothing(
    as_owner: Access, as_alice: Client, team: Folder, sent: dict[str, str], status: int
) -> None:
    url = f"/conversations/{as_owner.conversation.pk}/order/"
    assert as_alice.post(url, {"team_folder": team.pk} | sent).status_code == status
    assert not Tag.objects.exists()
    as_owner.conversation.refresh_from_db()
    assert as_owner.conversation.folder is None


@pytest.mark.parametrize("name", ["", " \x00 ", "x" * 61, "launch"])
def test_a_folder_needs_a_name_of_its_own(as_alice: Client, team: Folder, name: str) -> None:
    page = as_alice.post("/folders/new/", {"name": name, "shared": "1"})
    assert page.status_code in {400, 409}
    assert "alert" in page.content.decode()
    assert Folder.objects.count() == 1


def test_a_shared_folder_is_changed_by_who_made_it_and_by_administrators(
    as_bob: Client, as_admin: Client, as_owner: Access, team: Folder
) -> None:
    order.file_under(as_owner, team)
    assert as_bob.post(f"/folders/{team.pk}/", {"name": "Mine"}).status_code == 403
    assert as_admin.post(f"/folders/{team.pk}/", {"name": "Autumn"}).status_code == 302
    assert Folder.objects.get().name == "Autumn"
    assert as_admin.post(f"/folders/{team.pk}/delete/").status_code == 302
    as_owner.conversation.refresh_from_db()
    assert as_owner.conversation.folder is None


def test_a_tag_narrows_the_list_and_more_of_it_stays_narrowed(as_alice: Client, alice: User) -> None:
    for number in range(HOME_PAGE + 2):
        made = converse(alice, f"Tagged {number}")
        order.tag(conversation_for(alice, made.pk), ["lamp"])
    converse(alice, "Without")
    page = home(as_alice, "?tag=lamp")
    assert len(titles(page)) == HOME_PAGE
    rest = home(as_alice, found(r'class="more"><a class="btn plain" href="/(\?[^"]+)"', page))
    assert len(titles(rest)) == 2
    assert 'aria-current="page">lamp</a>' in page


@pytest.mark.parametrize(("query", "finds"), [("tag:lamp", True), ("tag:chair", False), ("folder:launch", True)])
def test_search_knows_folders_and_tags(
    as_owner: Access, as_alice: Client, team: Folder, query: str, finds: bool
) -> None:
    notes.write(as_owner, text="Sixty centimetres")
    order.tag(as_owner, ["lamp"])
    order.file_under(as_owner, team)
    page = as_alice.get("/search/", {"q": f"centimetres {query}"}).content.decode()
    assert ("<mark>" in page) == finds


def test_lists_with_folders_and_tags_cost_the_same_with_ten_and_a_thousand(
    as_alice: Client, alice: User, team: Folder
) -> None:
    own = order.make_folder(alice, name="Mine", shared=False)

    def add(number: int) -> None:
        made = [Conversation(title="Many", created_by=alice, folder=team) for _ in range(number)]
        Conversation.objects.bulk_create(made)
        Membership.objects.bulk_create([Membership(conversation=one, user=alice, folder=own) for one in made])
        Tag.objects.bulk_create([Tag(conversation=one, name="lamp") for one in made])

    def cost(query: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            home(as_alice, query)
        return len(captured)

    queries = ["", f"?folder={own.pk}", f"?folder={team.pk}", "?tag=lamp"]
    add(HOME_PAGE)
    few = [cost(query) for query in queries]
    add(970)
    assert [cost(query) for query in queries] == few
