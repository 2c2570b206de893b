"""The list of conversations: order, search, pages, the archive, and what it costs."""

import datetime as dt
import html
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from conversations.lists import HOME_PAGE, SIDEBAR_PAGE
from conversations.models import Branch, Conversation, Membership, Response, User


def converse(user: User, title: str = "", *, ago: dt.timedelta = dt.timedelta(), **membership: Any) -> Conversation:
    """Make a conversation of `user` that was last active `ago`."""
    activity_at = timezone.now() - ago
    conversation = Conversation.objects.create(title=title, created_by=user, activity_at=activity_at)
    Membership.objects.create(conversation=conversation, user=user, role="owner", activity_at=activity_at, **membership)
    return conversation


def titles(page: str) -> list[str]:
    """Return the titles of the rows of the home page."""
    return re.findall(r'<span class="title"><span>(.*?)</span>', page)


def found(pattern: str, page: str) -> str:
    """Return what the group of `pattern` matches, with HTML's escapes undone; "" when nothing does."""
    match = re.search(pattern, page)
    return html.unescape(match[1]) if match else ""


def home(client: Client, query: str = "") -> str:
    return client.get(f"/{query}").content.decode()


def test_who_has_no_conversation_sees_the_opening_screen(as_charlie: Client, conversation: Conversation) -> None:
    page = home(as_charlie)
    assert "What shall we look into?" in page
    assert conversation.title not in page


def test_the_newest_conversation_comes_first_and_a_pinned_one_before_it(as_alice: Client, alice: User) -> None:
    converse(alice, "Older", ago=dt.timedelta(hours=2))
    converse(alice, "Newest")
    converse(alice, "Pinned", ago=dt.timedelta(days=90), pinned_at=timezone.now())

    assert titles(home(as_alice)) == ["Pinned", "Newest", "Older"]


def test_nobody_sees_the_conversations_of_others(as_charlie: Client, charlie: User, conversation: Conversation) -> None:
    converse(charlie, "Charlie’s own")
    assert titles(home(as_charlie)) == ["Charlie’s own"]
    assert titles(home(as_charlie, "?q=lamp")) == []


def test_a_deleted_conversation_is_not_listed(as_alice: Client, alice: User) -> None:
    converse(alice, "Stays")
    Conversation.objects.filter(pk=converse(alice, "Gone").pk).update(deleted_at=timezone.now())
    assert titles(home(as_alice)) == ["Stays"]


def test_the_archive_is_a_list_of_its_own(as_alice: Client, alice: User) -> None:
    converse(alice, "Current")
    converse(alice, "Put away", archived_at=timezone.now(), pinned_at=timezone.now())

    assert titles(home(as_alice)) == ["Current"]
    assert titles(home(as_alice, "?archived=1")) == ["Put away"]


@pytest.mark.parametrize("query", ["schiff", "SCHIFF öl", "Öl", "öl"])
def test_search_finds_every_word_in_any_case(as_alice: Client, alice: User, query: str) -> None:
    converse(alice, "Öl für das Schiff")
    converse(alice, "Etwas anderes")
    assert titles(home(as_alice, f"?q={query}")) == ["Öl für das Schiff"]


def test_what_is_searched_for_is_taken_literally(as_alice: Client, alice: User) -> None:
    converse(alice, "100% wool")
    converse(alice, "A <b>bold</b> title")
    assert titles(home(as_alice, "?q=0%25")) == ["100% wool"]
    assert titles(home(as_alice, "?q=_")) == []
    assert titles(home(as_alice, "?q=<b>")) == ["A &lt;b&gt;bold&lt;/b&gt; title"]
    assert "No title has these words." in home(as_alice, "?q=%00nothing")


def test_show_more_goes_through_all_of_them_once(as_alice: Client, alice: User) -> None:
    moment = timezone.now()
    for number in range(2 * HOME_PAGE + 3):
        # Three share a moment each: the order between them must still be one
        made = converse(alice, f"Number {number}")
        Membership.objects.filter(conversation=made).update(activity_at=moment - dt.timedelta(minutes=number // 3))

    seen, query = [], ""
    for _ in range(3):
        page = home(as_alice, query)
        seen += titles(page)
        query = found(r'class="more"><a class="btn plain" href="/(\?before=[^"]+)"', page)

    assert len(seen) == len(set(seen)) == 2 * HOME_PAGE + 3
    assert not query


@pytest.mark.parametrize("before", ["x", "1", "1-", "-1-2-3", "9" * 400 + "-1", "1-" + "9" * 400])
def test_a_page_that_is_none_is_answered_in_words(as_alice: Client, alice: User, before: str) -> None:
    converse(alice, "One")
    answer = as_alice.get("/", {"before": before})
    assert answer.status_code == 400
    assert "This could not be read." in answer.content.decode()


def test_a_conversation_at_work_has_its_lamp_lit(as_alice: Client, alice: User) -> None:
    quiet, running = converse(alice, "Quiet"), converse(alice, "Running")
    for conversation, status, done in ((quiet, "completed", timezone.now()), (running, "in_progress", None)):
        branch = Branch.objects.create(conversation=conversation, created_by=alice)
        rows = Response.objects.filter(conversation=conversation)
        rows.create(conversation=conversation, branch=branch, created_by=alice, status=status, done_at=done)

    rows = as_alice.get("/").context["listing"].groups[0].rows
    assert {row.title: row.is_running for row in rows} == {"Quiet": False, "Running": True}


def test_a_row_names_the_others_who_are_in_it(as_alice: Client, conversation: Conversation) -> None:
    assert "With Bob" in home(as_alice)


def test_days_are_those_of_the_person(as_alice: Client, alice: User) -> None:
    converse(alice, "Now")
    far_west, far_east = "Etc/GMT+12", "Pacific/Kiritimati"  # 26 hours apart: never the same day

    shown = {}
    for zone in (far_west, far_east):
        as_alice.cookies["timezone"] = zone.replace("/", "%2F")
        shown[zone] = as_alice.get("/").content.decode()

    times = {zone: found(r"<time[^>]*>(.*?)</time>", page) for zone, page in shown.items()}
    assert times[far_west] != times[far_east]


@pytest.mark.parametrize("cookie", ["nonsense", "../../etc/passwd", "%00", "x" * 2000])
def test_a_time_zone_that_is_none_changes_nothing(as_alice: Client, cookie: str) -> None:
    as_alice.cookies["timezone"] = cookie
    assert as_alice.get("/").status_code == 200


def test_the_list_costs_the_same_with_ten_and_a_thousand(
    as_alice: Client, alice: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def add(number: int) -> None:
        made = Conversation.objects.bulk_create([Conversation(title="Many", created_by=alice) for _ in range(number)])
        for user in (alice, bob):
            Membership.objects.bulk_create([Membership(conversation=conversation, user=user) for conversation in made])

    add(10)
    with django_assert_num_queries(13) as few:
        home(as_alice)
    add(990)
    with django_assert_num_queries(len(few)):
        home(as_alice)


def test_the_sidebar_fragment_searches_and_continues(as_alice: Client, alice: User) -> None:
    for number in range(SIDEBAR_PAGE + 1):
        converse(alice, f"Lamp {number}", ago=dt.timedelta(minutes=number))
    converse(alice, "Something else")

    page = as_alice.get("/sidebar/", {"q": "lamp"}).content.decode()
    assert "Something else" not in page
    rest = found(r'href="/(\?[^"]+)" data-part="more"', page)
    last = as_alice.get(f"/sidebar/{rest}").content.decode()
    assert re.findall(r"<span>(Lamp \d+)</span>", last) == [f"Lamp {SIDEBAR_PAGE}"]


def test_the_sidebar_needs_sign_in(client: Client, alice: User) -> None:
    assert client.get("/sidebar/").status_code == 302
