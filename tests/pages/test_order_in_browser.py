"""Folders, bookmarks, branches, the list of commands and the sheet of keys, in a real browser and each look."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from conversations.access import Place, conversation_for
from conversations.actions import branches, marks, notes, order, turns
from conversations.models import Conversation, Item, Response, User
from tests.actions.test_notes import ended
from tests.pages.test_in_browser import LOOKS, assert_readable
from tests.pages.test_in_browser import opened as opened

pytestmark = pytest.mark.django_db(transaction=True)

EVERYTHING_FITS = "() => [...document.querySelectorAll('[role=option]')].every((o) => o.scrollWidth <= o.clientWidth)"


@pytest.fixture
def ordered(alice: User, bob: User, conversation: Conversation) -> Conversation:
    """Two branches with marks on them, in a folder, with tags."""
    access = conversation_for(alice, conversation.pk)
    for text in ("Which lamp?", "A green one"):
        response, _ = turns.send_message(access, text=text)
        Item.from_payload(
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "**Green**"}]},
            response=ended(response),
            direction=Item.Direction.OUTPUT,
            index=0,
        ).save()
    other, _ = turns.send_message(access, text="A red one", edits_id=response.pk)
    branches.rename(access, ended(other).branch, "Beleuchtungsstärkenmessgerätekalibrierungsnachweis in Rot")
    first = Response.objects.earliest("id")
    notes.write(conversation_for(bob, conversation.pk), text="I would take the red one", about=Place(first))
    marks.react(access, Place(first), "👍", on=True)
    marks.bookmark(access, Place(first), on=True)
    order.file_under(access, order.make_folder(alice, name="Beleuchtungsstärkenmessgeräte" * 2, shared=True))
    order.make_folder(alice, name="Mine", shared=False)
    order.tag(access, ["lamp", "beleuchtungsstärkenmessgeräte"])
    return conversation


@pytest.mark.parametrize("look", LOOKS)
def test_what_orders_conversations_is_readable(
    opened: Callable[..., Page], alice: User, ordered: Conversation, look: str
) -> None:
    here = f"/conversations/{ordered.pk}"
    page = opened("/", alice, **LOOKS[look])
    assert_readable(page)
    shared = Response.objects.earliest("id").branch_id
    paths = ["/folders/", "/bookmarks/", f"{here}/order/", f"{here}/branches/"]
    for path in [*paths, f"{here}/branches/compare/?branch={shared}"]:
        page.goto(path)
        assert_readable(page)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option", name="A lamp for the window")).to_be_visible()
    assert_readable(page)
    assert page.evaluate(EVERYTHING_FITS)
    page.keyboard.press("Escape")
    page.get_by_role("heading").first.click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert_readable(page)
