"""The computer on the page: an administrator switches it on, all watch it, a second person decides what is doubted."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.whole.chat import PATIENCE, answers, begin, open_chat, send, wait_until_ended
from tests.live.server import WORKERS, Server

DOUBT = "A person has to look before the next step on the computer"


@pytest.fixture
def salon(new_server: Callable[..., Server]) -> Iterator[Server]:
    if WORKERS:
        pytest.skip("a computer needs the runner inside the web process")
    sandbox = "0" if os.geteuid() == 0 else "1"
    salon = new_server(SALON_MODELS="demo", SALON_COMPUTER_SANDBOX=sandbox)
    salon.start()
    salon.inside("permit", name="Bob", permission="decide_approvals")
    yield salon
    assert salon.troubles() == []


def switch_on(admin: Page, who: str) -> None:
    admin.goto("/admin/settings/")
    admin.locator("#computer-value").select_option(who)
    admin.get_by_role("button", name="Save Computer").click()
    expect(admin.get_by_text("Computer is saved.")).to_be_visible()


def begin_task(page: Page) -> str:
    path = begin(page)
    page.get_by_role("button", name="Tools").click()
    page.get_by_role("checkbox", name="Computer").check()
    expect(page.get_by_role("button", name="Tools, 1 on")).to_be_attached()
    page.keyboard.press("Escape")
    return path


def browsers_of(salon: Server) -> list[psutil.Process]:
    folder = str(salon.data / "computer")
    return [process for process in psutil.process_iter() if any(folder in word for word in _words(process))]


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def expect_none_left(page: Page, salon: Server) -> None:
    """Wait until no browser of the server runs, and nothing of one lies there."""
    for _ in range(300):
        if not browsers_of(salon) and not list((salon.data / "computer").glob("*")):
            return
        page.wait_for_timeout(200)
    raise AssertionError("a browser is left")


def test_a_model_works_with_the_computer_while_people_watch(salon: Server, enter: Callable[..., Page]) -> None:
    alice = enter(salon, "Alice")
    begin(alice)
    alice.get_by_role("button", name="Tools").click()
    expect(alice.get_by_role("checkbox", name="Pictures")).to_be_visible()
    expect(alice.get_by_role("checkbox", name="Computer")).to_have_count(0)
    switch_on(enter(salon, "Admin"), "approver")

    frames: list[str] = []
    alice.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    alice.goto("/")
    path = begin_task(alice)
    salon.inside("invite", conversation=path.split("/")[2], name="Bob", role="editor")
    bob = open_chat(enter(salon, "Bob"), path)
    send(alice, "Open the browser and type bees")
    for page in (alice, bob):
        expect(page.get_by_role("img", name="The computer’s screen: Start")).to_be_visible(timeout=PATIENCE)
    theirs = alice.get_by_role("region", name=f"Approval, waiting: {DOUBT}")
    expect(theirs).to_contain_text("you asked, so somebody else decides", timeout=PATIENCE)
    card = bob.get_by_role("region", name=f"Approval, waiting for you: {DOUBT}")
    expect(card).to_contain_text("Look at the page before you go on.", timeout=PATIENCE)
    expect(card).to_contain_text('{"type": "keypress", "keys": ["ENTER"]}')
    assert browsers_of(salon)
    card.get_by_role("button", name="Approve").click()
    for page in (alice, bob):
        expect(page.get_by_role("region", name="Bob approved this step on the computer")).to_be_visible()
        expect(answers(page).last).to_contain_text("The scripted task is done: 4 steps", timeout=PATIENCE)
        expect(page.get_by_text("On the computer: press ENTER")).to_be_visible()
        screen = page.get_by_role("img", name="The computer’s screen: Practice")
        expect(screen).to_be_visible()
        expect(screen).to_have_js_property("naturalWidth", 1024)
        expect(screen).to_have_attribute("src", re.compile(r"^/files/file_"))
    wait_until_ended(alice)
    expect_none_left(alice, salon)
    assert frames
    assert not [frame for frame in frames if "base64" in frame]

    # What was seen live is what a fresh page shows
    open_chat(alice, path)
    expect(alice.get_by_role("img", name="The computer’s screen: Practice")).to_be_visible()
    expect(alice.get_by_text("On the computer: press ENTER")).to_be_visible()


def test_stop_ends_the_computer(salon: Server, enter: Callable[..., Page]) -> None:
    switch_on(enter(salon, "Admin"), "asker")
    alice = enter(salon, "Alice")
    begin_task(alice)
    send(alice, "Open the browser and type bees")
    expect(alice.get_by_text("On the computer")).to_be_visible(timeout=PATIENCE)
    alice.get_by_role("button", name="Stop").click()
    wait_until_ended(alice)
    expect_none_left(alice, salon)
    expect(alice.get_by_text("The scripted task is done")).to_have_count(0)


def test_a_server_that_is_killed_leaves_no_browser_and_makes_no_step_in_another(
    salon: Server, enter: Callable[..., Page], console_allows: list[str]
) -> None:
    console_allows.append("ERR_CONNECTION_REFUSED")
    switch_on(enter(salon, "Admin"), "asker")
    alice = enter(salon, "Alice")
    path = begin_task(alice)
    send(alice, "Open the browser and type bees")
    card = alice.get_by_role("region", name=f"Approval, waiting for you: {DOUBT}")
    expect(card).to_be_visible(timeout=PATIENCE)
    assert browsers_of(salon)
    salon.kill()
    salon.start()
    expect_none_left(alice, salon)
    open_chat(alice, path)
    card.get_by_role("button", name="Approve").click()
    expect(answers(alice).last).to_contain_text("The browser of this task is closed", timeout=PATIENCE)
    wait_until_ended(alice)
    expect(alice.get_by_role("img", name="The computer’s screen: Practice")).to_have_count(0)

    # The conversation goes on without the step that was not made
    send(alice, "Open the browser and type wasps")
    expect(alice.get_by_role("region", name=f"Approval, waiting for you: {DOUBT}")).to_be_visible(timeout=PATIENCE)
