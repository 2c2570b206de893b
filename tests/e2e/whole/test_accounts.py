"""A person's way in, an end to the session on a device that was lost, and what they are told of."""

from __future__ import annotations

import re
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.conftest import PASSWORD
from tests.e2e.whole.chat import begin, open_chat
from tests.e2e.whole.conftest import Enter
from tests.live.server import Server

MENTION = """() => fetch(`${location.pathname}notes/`, {
    method: "POST",
    headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": document.querySelector("input[name=csrfmiddlewaretoken]").value,
    },
    body: JSON.stringify({ text: "@Bob, look at this" }),
})"""


def with_authenticator(page: Page) -> None:
    """Give the browser a device that keeps passkeys and always finds its owner."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    always = {"isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": device | always})


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill("alice@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="New conversation").first.wait_for()


def test_a_passkey_opens_the_door_and_a_lost_device_is_shut_out(
    new_context: Callable[..., BrowserContext], salon: Server, calm: None
) -> None:
    home = salon.urls[0].replace("127.0.0.1", "localhost")  # an address in numbers can have no passkeys
    lost = new_context(base_url=salon.urls[0]).new_page()
    sign_in(lost)
    begin(lost)

    page = new_context(base_url=home).new_page()
    with_authenticator(page)
    sign_in(page)
    page.goto("/settings/#sessions")
    page.get_by_role("link", name="Set up").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name").fill("Alice’s laptop")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_text("Each lets you in once")).to_be_visible()
    assert len(re.findall(r"\d{8}", page.locator("pre").inner_text())) == 10
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("Alice’s laptop")).to_be_visible()

    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="New conversation").first.wait_for()

    page.goto("/settings/#sessions")
    page.get_by_role("button", name=re.compile("End the session of Chrome")).click()
    expect(page.get_by_text("That session has ended.")).to_be_visible()
    lost.wait_for_url("**/accounts/login/**", timeout=8_000)

    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Remove “Alice’s laptop”").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()


def test_who_is_mentioned_sees_it_wherever_they_are_and_it_leads_there(enter: Enter, salon: Server, calm: None) -> None:
    alice, bob = enter(salon, "Alice"), enter(salon, "Bob")
    path = begin(alice)
    alice.goto(f"{path}people/")
    alice.get_by_label("Email").fill("bob@example.com")
    alice.get_by_role("button", name="Add", exact=True).click()
    expect(alice.get_by_text("Bob is in.")).to_be_visible()
    open_chat(alice, path)
    alice.evaluate(MENTION)

    bell = bob.get_by_role("link", name="Notices")
    expect(bell).to_contain_text("2", timeout=15_000)
    bell.click()
    for page in (bob, bob.context.new_page()):
        page.goto("/notices/" if page is bob else "/settings/")
        problems = [f"{found['id']}: {found['nodes'][0]['html']}" for found in Axe().run(page).response["violations"]]
        assert problems == []
    bob.get_by_role("link", name="Alice mentions you in").click()
    bob.wait_for_url(f"**{path}")
    expect(bob.locator("[data-waiting=notices]")).to_be_hidden(timeout=15_000)
