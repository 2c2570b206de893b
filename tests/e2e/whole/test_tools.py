"""Tools in the browser: a function that asks, and a real MCP server whose call a second person approves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import PASSWORD
from tests.e2e.whole.chat import PATIENCE, answers, begin, open_chat, send, wait_until_ended
from tests.live.server import Server
from tests.tools.mcp_server import Shop

SECRET = "canary-9f31c7d2"


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


@pytest.fixture
def salon(new_server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> Server:
    """A Salon with the embedded provider, both of which may reach the loopback."""
    monkeypatch.setenv("SALON_EGRESS_ALLOW", "127.0.0.0/8")
    salon = new_server(SALON_EGRESS_ALLOW="127.0.0.0/8")
    salon.start()
    salon.inside("permit", name="Bob", permission="decide_approvals")
    return salon


def register(admin: Page, shop: Shop) -> None:
    """Register the shop: calls need the approval of another person."""
    admin.goto("/admin/conversations/mcpserver/add/")
    admin.get_by_label("Password").fill(PASSWORD)
    admin.get_by_role("button", name="Go on").click()
    admin.get_by_label("Label").fill("shop")
    admin.get_by_label("Address").fill(shop.url)
    admin.get_by_label("Headers").fill(f"X-Api-Key: {SECRET}")
    admin.get_by_label("Approvals are decided by").select_option("approver")
    admin.get_by_role("button", name="Save and continue editing").click()
    admin.get_by_role("button", name="List the tools").click()
    expect(admin.get_by_text("shop lists 2 tools. They are approved as they are now.")).to_be_visible()
    admin.goto("/admin/conversations/mcpserver/")
    admin.get_by_role("link", name="shop").click()
    expect(admin.get_by_text("Kept, and never shown: X-Api-Key")).to_be_visible()
    expect(admin.get_by_text("update_product").first).to_be_visible()
    assert SECRET not in admin.content()


def want_approval(admin: Page, tool: str) -> None:
    admin.goto("/admin/conversations/functiontool/")
    admin.get_by_role("link", name=tool).click()
    admin.get_by_label("Needs approval").select_option("always")
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_text("was changed successfully")).to_be_visible()


def switch_on(page: Page, *names: str) -> None:
    page.get_by_role("button", name="Tools").click()
    for name in names:
        page.get_by_role("checkbox", name=name).check()
    expect(page.get_by_role("button", name=f"Tools, {len(names)} on")).to_be_attached()
    page.keyboard.press("Escape")


def test_a_function_asks_and_a_second_person_approves_a_call_on_a_real_server(
    salon: Server, shop: Shop, enter: Callable[..., Page], tmp_path: Path
) -> None:
    admin = enter(salon, "Admin")
    register(admin, shop)
    want_approval(admin, "calculate")

    alice = enter(salon, "Alice")
    path = begin(alice)
    salon.inside("invite", conversation=path.split("/")[2], name="Bob", role="editor")
    switch_on(alice, "shop", "Calculate")
    bob = open_chat(enter(salon, "Bob"), path)

    # A function that asks who asked
    send(alice, 'Calculate "2 + 3"')
    card = alice.get_by_role("region", name="Approval, waiting for you: The model asks to call calculate")
    expect(card).to_contain_text('"2 + 3"', timeout=PATIENCE)
    expect(alice.get_by_role("status")).to_have_text("Waiting for you to approve a call")
    theirs = bob.get_by_role("region", name="Approval, waiting: The model asks to call calculate")
    expect(theirs).to_contain_text("Waiting for Alice")
    expect(theirs.get_by_role("button", name="Approve")).to_be_hidden()
    card.get_by_role("textbox", name="Note").fill("Go ahead")
    card.get_by_role("button", name="Approve").click()
    for page in (alice, bob):
        expect(page.get_by_role("region", name="Alice approved this call")).to_contain_text("“Go ahead”")
        expect(answers(page).last).to_contain_text("calculate answered: 5", timeout=PATIENCE)
    wait_until_ended(alice)
    expect(alice.get_by_role("article", name="Message from Alice")).to_have_count(1)
    expect(alice.get_by_role("article", name="Message from Program")).to_have_count(0)

    # A call on a server, which another person decides
    send(alice, 'On the shop server: update the product "Fenn" to the price 149')
    card = alice.get_by_role("region", name="Approval, waiting: The model asks to call update_product")
    expect(card).to_contain_text("you asked, so somebody else decides", timeout=PATIENCE)
    expect(card.get_by_role("button", name="Approve")).to_be_hidden()
    expect(alice.get_by_text("Listed the tools of")).to_be_visible()
    expect(bob.get_by_role("link", name="Approvals 1")).to_be_visible(timeout=PATIENCE)  # without a new page
    bob.get_by_role("link", name="Approvals 1").click()
    listed = bob.get_by_role("region", name="Approval, waiting for you: update_product")
    expect(listed).to_contain_text("149")
    assert shop.updates == []
    listed.get_by_role("textbox", name="Note").fill("Price is right")
    listed.get_by_role("button", name="Approve").click()
    expect(bob.get_by_text("Nothing waits for you.")).to_be_visible()
    expect(alice.get_by_role("region", name="Bob approved this call")).to_contain_text("“Price is right”")
    expect(answers(alice).last).to_contain_text("Fenn costs 149.0 now.", timeout=PATIENCE)
    wait_until_ended(alice)
    assert shop.updates == [("Fenn", 149.0)]
    assert any(headers.get("x-api-key") == SECRET for headers in shop.seen)

    # What was seen live is what a fresh page shows, and the secret is nowhere
    open_chat(alice, path)
    expect(alice.get_by_role("region", name="Bob approved this call")).to_be_visible()
    assert SECRET not in alice.content()
    assert salon.troubles() == []
    kept = b"".join(file.read_bytes() for file in salon.data.rglob("salon.*") if file.is_file())
    assert SECRET.encode() not in kept
