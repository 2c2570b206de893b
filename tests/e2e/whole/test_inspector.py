"""The inspector in a browser: what it tells, that it stays beside the words, and what happens after a deletion."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.whole.chat import (
    PATIENCE,
    SECOND,
    answers,
    begin,
    open_chat,
    play,
    send,
    wait_for_words,
    wait_until_ended,
)
from tests.e2e.whole.conftest import Enter
from tests.live.server import Server
from tests.live.stand_in import StandIn

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.fixture(scope="module")
def demo(ground: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Salon with the embedded provider, which can list and delete what it keeps."""
    demo = Server(tmp_path_factory.mktemp("demo") / "data", ground=ground, SALON_MODELS="demo")
    demo.start()
    yield demo
    demo.close()


def inspect(page: Page) -> None:
    answers(page).last.hover()
    answers(page).last.get_by_role("button", name="Inspect").click()
    expect(page.get_by_role("heading", name="Inspector")).to_be_focused(timeout=PATIENCE)


def ask(page: Page, text: str) -> None:
    before = answers(page).count()
    send(page, text)
    expect(answers(page)).to_have_count(before + 1, timeout=PATIENCE)
    wait_until_ended(page)


def test_back_closes_the_inspector_and_keeps_the_conversation(demo: Server, enter: Enter) -> None:
    alice = enter(demo, "Alice", viewport={"width": 390, "height": 844}, has_touch=True)
    path = begin(alice)
    ask(alice, "How far should the lamp stand?")
    panel = alice.get_by_role("complementary", name="Inspector")
    inspect(alice)
    alice.go_back()
    expect(panel).to_be_hidden(timeout=PATIENCE)
    assert alice.evaluate("location.pathname + location.search") == path
    alice.go_forward()
    expect(panel).to_be_visible(timeout=PATIENCE)
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden(timeout=PATIENCE)
    alice.wait_for_url(f"**{path}", timeout=PATIENCE)
    inspect(alice)  # one step each, however often it was opened


def test_an_answer_is_inspected_and_deleted_at_the_provider_and_the_conversation_goes_on(
    demo: Server, enter: Enter
) -> None:
    alice = enter(demo, "Alice", permissions=CLIPBOARD)
    path = begin(alice)
    ask(alice, "How far should the lamp stand?")
    inspect(alice)
    panel = alice.get_by_role("complementary", name="Inspector")
    expect(panel).to_contain_text("Stored at the provider until")
    for tab, words in {
        "Request": "How far should the lamp stand?",
        "Response": '"completed"',
        "Input": "message",
        "Chain": "Alice: How far should the lamp stand?",
        "Events": "response.output_text.delta",
    }.items():
        panel.get_by_role("link", name=tab, exact=True).click()
        expect(panel.get_by_role("link", name=tab, exact=True)).to_have_attribute("aria-current", "true")
        expect(panel.locator(f"#inspector-{tab.lower()}")).to_contain_text(words)
    panel.get_by_role("button", name="Copy as Python").click()
    alice.wait_for_function("navigator.clipboard.readText().then(text => text.includes('from openai import OpenAI'))")
    violations = Axe().run(alice, options=RULES).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in violations] == []

    panel.get_by_role("button", name="Delete at the provider").click()
    alice.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(panel).to_contain_text("Deleted at the provider on", timeout=PATIENCE)
    expect(answers(alice).last).to_contain_text("Deleted at the provider by Alice")
    alice.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    ask(alice, "And in the evening?")
    expect(answers(alice).last).to_contain_text("The history was sent from here")
    expect(answers(alice).last).to_contain_text("message 2 of yours")  # the model was told of the first one

    inspect(alice)
    assert "inspect=" in alice.url
    linked = alice.url.replace(demo.urls[0], "")
    alice.reload()
    expect(panel.get_by_role("heading", name="Usage and cost")).to_be_visible(timeout=PATIENCE)
    panel.get_by_role("button", name="Previous answer").click()
    expect(panel).to_contain_text("Deleted at the provider on", timeout=PATIENCE)
    demo.inside("invite", conversation=path.split("/")[2], name="Bob", role="viewer")
    bob = enter(demo, "Bob", viewport={"width": 390, "height": 844}, has_touch=True)
    open_chat(bob, linked)
    expect(bob.get_by_role("heading", name="Usage and cost")).to_be_visible(timeout=PATIENCE)
    expect(bob.get_by_role("button", name="Delete at the provider")).to_have_count(0)
    assert bob.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    bob.get_by_role("button", name="Close the inspector").click()
    expect(answers(bob).first).to_be_visible()


def test_retrying_an_older_answer_says_that_a_branch_begins_and_the_other_branch_says_that_it_runs(
    salon: Server, provider: StandIn, enter: Enter, calm: None
) -> None:
    alice = enter(salon, "Alice")
    play(provider, "A first one", ["Here it is."])
    play(provider, "A second one", ["Here too."])
    begin(alice)
    for text in ("A first one", "A second one"):
        ask(alice, text)
    bob = alice.context.new_page()
    open_chat(bob, alice.evaluate("location.pathname"))
    wait_for_words(bob, "Here too.")
    stay = bob.evaluate("JSON.parse(document.getElementById('conversation-state').textContent).branch")
    play(provider, "A first one", ["Slowly "] * 12, pause=0.4)
    answers(alice).first.hover()
    answers(alice).first.get_by_role("button", name="Regenerate").click()
    expect(alice.locator(".toast").first).to_contain_text("on a new branch")
    # Whoever follows the main line goes along; whoever looks at the branch before is told
    open_chat(bob, f"{alice.evaluate('location.pathname')}?branch={stay}")
    expect(bob.get_by_role("status").first).to_contain_text("Answering on another branch", timeout=PATIENCE)
    expect(bob.get_by_role("status").first).not_to_contain_text(re.compile("Answering"), timeout=PATIENCE)


def test_lamps_in_the_list_of_conversations_go_out_by_themselves(
    salon: Server, provider: StandIn, enter: Enter, calm: None
) -> None:
    alice = enter(salon, "Alice")
    play(provider, "A long one", ["word "] * 8, pause=0.3)
    begin(alice)
    send(alice, "A long one")
    wait_for_words(alice, "word")
    home = alice.context.new_page()
    home.clock.install()
    home.goto("/")
    lamp = home.locator(".conversations .lamp")
    expect(lamp).to_have_count(1)
    wait_until_ended(alice)
    home.clock.run_for(11 * SECOND)
    expect(lamp).to_have_count(0, timeout=PATIENCE)
