"""The whole life of a report, and of a reading by breaking the glass: in browsers, with what the audit log says."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import PASSWORD
from tests.e2e.whole.chat import SECOND, answers, begin, open_chat, play, send, wait_for_words, wait_until_ended
from tests.e2e.whole.conftest import Enter
from tests.live.server import Server
from tests.live.stand_in import StandIn
from tests.pages.test_in_browser import assert_readable

pytestmark = pytest.mark.usefixtures("calm")
WORDS = "It gave a private address. We took the answer away."


@pytest.fixture
def talk(enter: Enter, salon: Server, provider: StandIn) -> tuple[Page, Page, str]:
    """Alice and Bob look at an answer with an address in it."""
    play(provider, "Where do returns go?", ["To Lindenweg 14, ", "second floor."])
    alice, bob = enter(salon, "Alice"), enter(salon, "Bob")
    path = begin(alice)
    salon.inside("invite", conversation=path.strip("/").split("/")[-1], name="Bob", role="editor")
    send(alice, "Where do returns go?")
    wait_until_ended(alice)
    open_chat(bob, path)
    wait_for_words(bob, "Lindenweg 14")
    return alice, bob, path


def audit(page: Page, action: str) -> list[str]:
    """Return the newest entries of the audit log with this beginning, oldest first."""
    page.goto(f"/admin/audit/?action={action}")
    assert_readable(page)
    return page.locator("tbody code").all_inner_texts()[::-1]


def test_a_report_from_the_flag_to_the_decision(talk: tuple[Page, Page, str], enter: Enter, salon: Server) -> None:
    alice, bob, _path = talk
    answers(bob).last.hover()
    answers(bob).last.get_by_role("link", name="Report").click()
    assert_readable(bob)
    bob.get_by_label("Private data").check()
    bob.get_by_label("In your words").fill("Somebody lives there")
    bob.get_by_role("button", name="Report").click()
    expect(bob.get_by_text("A moderator looks at it")).to_be_visible()

    admin = enter(salon, "Admin")
    admin.goto("/admin/moderation/")
    assert_readable(admin)
    admin.get_by_role("link", name="Answer: Private data").click()
    expect(admin.get_by_role("region", name="What was reported")).to_contain_text("Lindenweg 14")
    expect(admin.get_by_role("article")).to_contain_text("Somebody lives there")
    assert_readable(admin)
    admin.get_by_role("button", name="Hide it while pending").click()
    expect(answers(alice).last).to_contain_text("Hidden while a moderator looks at it")
    expect(answers(alice).last).not_to_contain_text("Lindenweg 14")

    admin.get_by_label("Add a note").fill("It stands in the old file too")
    admin.get_by_role("button", name="Add", exact=True).click()
    admin.get_by_label("Remove, and warn the author").check()
    admin.get_by_label("What those concerned will read").fill(WORDS)
    admin.get_by_role("button", name="Decide").click()
    expect(admin.get_by_text("Decided.")).to_be_visible()
    expect(alice.get_by_text("A moderator removed a part of this.")).to_be_visible()
    for page in (alice, bob):
        page.goto("/reports/")
        expect(page.get_by_text(WORDS)).to_be_visible()
        assert_readable(page)
    steps = audit(admin, "case")
    assert steps == [
        "case.report",
        "case.read",
        "case.hide",
        "case.read",
        "case.note",
        "case.read",
        "case.decide",
    ]


def test_a_reading_takes_a_second_person_and_the_members_see_it(
    talk: tuple[Page, Page, str], enter: Enter, salon: Server
) -> None:
    alice, _, path = talk
    salon.inside("add_person", name="Dora", password=PASSWORD, admin=True)
    admin, dora = enter(salon, "Admin"), enter(salon, "Dora")
    admin.goto("/admin/readings/")
    admin.get_by_label("Conversation, by id").fill(path.strip("/").split("/")[-1])
    admin.get_by_label("Reason").fill("Case 1042")
    admin.get_by_role("button", name="Ask", exact=True).click()
    expect(admin.get_by_text("Another person has to agree.")).to_be_visible()
    assert_readable(admin)
    dora.goto("/admin/readings/")
    dora.get_by_role("button", name="Agree").click()
    expect(dora.get_by_text("open", exact=True)).to_be_visible()

    admin.reload()
    admin.get_by_role("link", name="Read", exact=True).click()
    expect(admin.get_by_text("Lindenweg 14")).to_be_visible()
    assert_readable(admin)
    alice.reload()
    expect(alice.get_by_text("Admin may read this conversation until")).to_be_visible(timeout=20 * SECOND)

    admin.goto("/admin/readings/")
    admin.get_by_role("button", name="End it now").click()
    alice.reload()
    expect(alice.get_by_role("article", name="Message from Salon")).to_be_visible()
    expect(alice.get_by_text("Admin may read this conversation until")).to_have_count(0)
    assert audit(admin, "reading") == ["reading.request", "reading.approve", "reading.end"]
    assert audit(admin, "conversation.read") == ["conversation.read"]
