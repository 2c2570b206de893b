"""What administrators set while Salon runs: checked, counted at once, kept with its history, and taken back."""

from __future__ import annotations

import pytest
from django.test import Client

from conversations import site_settings
from conversations.access import conversation_for
from conversations.actions import members
from conversations.actions.turns import send_message
from conversations.errors import Refused
from conversations.models import AuditEntry, Change, Conversation, McpServer, Setting, User
from conversations.site_settings import BANNER, DEFAULT_INSTRUCTIONS, SETTINGS, SHARE_LINKS

CHANGE = "/admin/settings/banner/"


def test_everybody_sees_the_banner_and_its_words_are_only_words(as_admin: Client, as_alice: Client) -> None:
    assert as_admin.post(CHANGE, {"value": "Closed on <b>Friday</b>"}).status_code == 302
    shown = as_alice.get("/").content.decode()
    assert "Closed on &lt;b&gt;Friday&lt;/b&gt;" in shown
    as_admin.post(CHANGE, {"value": ""})
    assert "Closed on" not in as_alice.get("/").content.decode()


def test_each_change_is_kept_with_who_made_it_and_can_be_taken_back(as_admin: Client, admin: User) -> None:
    as_admin.post(CHANGE, {"value": "First"})
    as_admin.post(CHANGE, {"value": "Second"})
    as_admin.post(CHANGE, {"value": "Second"})
    rows = list(Change.objects.order_by("pk"))
    assert [(row.before, row.after, row.by) for row in rows] == [("", "First", admin), ("First", "Second", admin)]
    as_admin.post(f"/admin/settings/changes/{rows[1].pk}/revert/")
    assert BANNER.value == "First"
    assert AuditEntry.objects.filter(action="setting.change", object_id="banner").count() == 3
    assert "First" in as_admin.get("/admin/settings/").content.decode()


@pytest.mark.parametrize(("name", "value"), [("banner", "x" * 301), ("default_instructions", "x" * 20_001)])
def test_what_does_not_fit_is_refused_and_stays_in_its_control(as_admin: Client, name: str, value: str) -> None:
    answer = as_admin.post(f"/admin/settings/{name}/", {"value": value})
    assert answer.status_code == 400
    assert value in answer.content.decode()
    assert not Setting.objects.exists()


def test_an_unknown_setting_is_not_found(as_admin: Client) -> None:
    assert as_admin.post("/admin/settings/nothing/", {"value": "x"}).status_code == 404
    assert as_admin.post(f"/admin/settings/changes/{2**70}/revert/").status_code == 404


def test_default_instructions_are_told_where_a_conversation_has_none(
    admin: User, alice: User, conversation: Conversation
) -> None:
    site_settings.change(DEFAULT_INSTRUCTIONS, "Be brief.", actor=admin)
    response, _ = send_message(conversation_for(alice, conversation.pk), text="Hello")
    assert response.instructions == "Be brief."
    Conversation.objects.filter(pk=conversation.pk).update(instructions="Be long.")
    response, _ = send_message(conversation_for(alice, conversation.pk), text="Again")
    assert response.instructions == "Be long."


def test_a_value_that_does_not_fit_any_more_counts_as_the_default(db: None) -> None:
    Setting.objects.create(name="banner", value=["not", "a", "line"])
    Setting.objects.create(name="of an older version", value=1)
    site_settings.forget()
    assert BANNER.value == ""


def test_reading_settings_asks_the_database_once_for_all_of_them(db: None, django_assert_num_queries: object) -> None:
    site_settings.forget()
    with django_assert_num_queries(1):  # type: ignore[operator]
        for setting in SETTINGS * 3:
            assert setting.value == setting.default


@pytest.mark.parametrize("given", [None, 1, [1], "a\nb"])
def test_a_line_takes_one_line_of_text(given: object) -> None:
    with pytest.raises(Refused):
        BANNER.clean(given)


def test_links_that_let_people_in_can_be_switched_off(
    admin: User, alice: User, conversation: Conversation, as_charlie: Client
) -> None:
    owner = conversation_for(alice, conversation.pk)
    _, secret = members.invite(owner, role="viewer")
    site_settings.change(SHARE_LINKS, False, actor=admin)
    assert as_charlie.get(f"/invitations/{secret}/").status_code == 404
    with pytest.raises(Refused):
        members.invite(owner, role="viewer")
    site_settings.change(SHARE_LINKS, True, actor=admin)
    assert as_charlie.get(f"/invitations/{secret}/").status_code == 200


def test_a_model_and_a_server_have_a_history_from_which_a_change_is_taken_back(as_admin: Client, admin: User) -> None:
    server = McpServer.objects.create(label="shop", url="https://8.8.8.8/mcp", sealed="")
    address = f"/admin/conversations/mcpserver/{server.pk}"
    form = {"label": "shop", "url": "https://8.8.4.4/mcp", "approval": "never", "decides": "asker", "is_active": "on"}
    form |= {"tools-TOTAL_FORMS": "0", "tools-INITIAL_FORMS": "0", "authorization": "kanarienvogel"}
    assert as_admin.post(f"{address}/change/", form).status_code == 302
    row = Change.objects.get(kind="mcpserver")
    assert (row.before["url"], row.after["url"]) == ("https://8.8.8.8/mcp", "https://8.8.4.4/mcp")
    assert "kanarienvogel" not in str(row.before) + str(row.after)
    page = as_admin.get(f"{address}/history/").content.decode()
    assert "https://8.8.8.8/mcp" in page
    as_admin.post(f"{address}/history/", {"change": str(row.pk)})
    server.refresh_from_db()
    assert (server.url, server.approval, server.everyone) == ("https://8.8.8.8/mcp", "always", True)
    assert Change.objects.filter(kind="mcpserver").count() == 2
    assert AuditEntry.objects.filter(action="mcp_server.revert").count() == 1
    assert as_admin.post(f"{address}/history/", {"change": "x"}).status_code == 404
