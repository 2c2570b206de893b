"""The computer is off until an administrator switches it on, which they cannot where something is missing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from conversations.computer import needs
from conversations.models import Conversation, Setting
from conversations.site_settings import COMPUTER


def save(client: Client, value: str) -> Any:
    return client.post(reverse("admin:setting_change", args=["computer"]), {"value": value}, follow=True)


def switch(client: Client, conversation: Conversation) -> int:
    url = f"/conversations/{conversation.pk}/tools/"
    return client.post(url, {"hosted": {"computer": True}}, content_type="application/json").status_code


@pytest.mark.usefixtures("chromium")
def test_an_administrator_switches_it_on_and_members_find_it_among_the_tools(
    as_admin: Client, as_alice: Client, as_bob: Client, conversation: Conversation
) -> None:
    page = f"/conversations/{conversation.pk}/"
    assert 'data-key="computer"' not in as_alice.get(page).content.decode()
    assert switch(as_bob, conversation) == 400
    save(as_admin, "approver")
    assert COMPUTER.value == "approver"
    assert 'data-key="computer"' in as_alice.get(page).content.decode()
    assert switch(as_bob, conversation) == 200
    conversation.refresh_from_db()
    assert conversation.offered["hosted"] == ["computer"]


@pytest.mark.usefixtures("chromium")
def test_only_who_writes_here_switches_it_on(
    as_admin: Client, as_bob: Client, as_charlie: Client, conversation: Conversation
) -> None:
    save(as_admin, "asker")
    conversation.memberships.filter(user__email="bob@example.com").update(role="viewer")
    assert switch(as_bob, conversation) == 403
    assert switch(as_charlie, conversation) == 404


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [("playwright", "Playwright is not installed"), ("chromium", "There is no Chromium"), ("runner", "SALON_RUNNER")],
)
def test_where_something_is_missing_the_setting_says_what(
    missing: str, sentence: str, as_admin: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SALON_COMPUTER_SANDBOX = False
    settings.SALON_RUNNER = "embedded"
    if missing == "playwright":
        monkeypatch.setattr(needs.importlib.util, "find_spec", lambda name: None)
    if missing == "chromium":
        settings.CHROMIUM = "/nowhere/chromium"
    if missing == "runner":
        settings.SALON_RUNNER = "worker"
    assert sentence in as_admin.get(reverse("admin:site_settings")).content.decode()
    assert sentence in save(as_admin, "asker").content.decode()
    assert not Setting.objects.exists()
    Setting.objects.create(name="computer", value="asker")  # as another server, which has all of it, may have set
    assert not needs.is_on()


def test_root_is_told_of_the_sandbox(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.SALON_COMPUTER_SANDBOX = True
    settings.SALON_RUNNER = "embedded"
    monkeypatch.setattr(needs.os, "geteuid", lambda: 0)
    monkeypatch.setattr(needs, "program", lambda: "/usr/bin/chromium")
    assert "SALON_COMPUTER_SANDBOX=0" in needs.missing()
