"""The administration: people are managed, the mirror is listed without its content."""

import pytest
from django.contrib import admin as django_admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission
from django.test import Client

from conversations.models import Branch, Conversation, Item, Response, User
from tests.conftest import PASSWORD, confirmed, signed_in

NEW = {"email": "dora@example.com", "name": "Bob’s deputy", "usable_password": "true"}


@pytest.fixture
def staff(bob: User) -> Client:
    """Bob, who may manage people but is no superuser."""
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    bob.user_permissions.set(Permission.objects.filter(content_type__model="user"))
    return confirmed(signed_in(bob))


def test_it_is_for_staff_and_the_door_is_the_one_sign_in(client: Client, as_alice: Client) -> None:
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/?next=%2Fadmin%2F")
    assert as_alice.get("/admin/", follow=True).status_code == 403


def test_admin_creates_a_person_who_can_sign_in(as_admin: Client) -> None:
    as_admin.post("/admin/conversations/user/add/", NEW | {"password1": PASSWORD, "password2": PASSWORD})

    person = User.objects.get(email="dora@example.com")
    assert not person.is_staff
    assert Client().login(email="dora@example.com", password=PASSWORD)


def test_closing_an_account_ends_its_sessions(as_admin: Client, as_charlie: Client, charlie: User) -> None:
    as_admin.post(f"/admin/conversations/user/{charlie.pk}/change/", {"email": charlie.email, "name": "Charlie"})

    charlie.refresh_from_db()
    assert not charlie.is_active
    assert as_charlie.get("/settings/").status_code == 302


def test_admin_gives_a_person_a_new_password(as_admin: Client, charlie: User) -> None:
    new = {"usable_password": "true", "password1": "a quite new password", "password2": "a quite new password"}
    as_admin.post(f"/admin/conversations/user/{charlie.pk}/password/", new)
    assert Client().login(email=charlie.email, password="a quite new password")


def test_nobody_is_deleted(as_admin: Client, charlie: User) -> None:
    assert as_admin.post(f"/admin/conversations/user/{charlie.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=charlie.pk).exists()


def test_who_manages_people_cannot_rise_above_them(staff: Client, bob: User, admin: User) -> None:
    own = {"email": bob.email, "name": "Bob", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    staff.post(f"/admin/conversations/user/{bob.pk}/change/", own)
    new = {"usable_password": "true", "password1": "a quite new password", "password2": "a quite new password"}
    taken = staff.post(f"/admin/conversations/user/{admin.pk}/password/", new)

    bob.refresh_from_db()
    assert not bob.is_superuser
    assert taken.status_code == 403
    assert not Client().login(email=admin.email, password="a quite new password")


def test_the_mirror_is_listed_without_what_was_said(as_admin: Client, alice: User) -> None:
    conversation = Conversation.objects.create(title="A private title", created_by=alice, instructions="Be secret")
    branch = Branch.objects.create(conversation=conversation, created_by=alice)
    response = Response.objects.create(conversation=conversation, branch=branch, created_by=alice, model="a-model")
    item = Item.objects.create(
        conversation=conversation, response=response, direction="input", index=0, type="message",
        payload={"content": "what was said"}, text="what was said",
    )  # fmt: skip

    for name in ("conversation", "membership", "response", "item", "file"):
        page = as_admin.get(f"/admin/conversations/{name}/")
        assert page.status_code == 200
        for secret in ("private title", "Be secret", "what was said"):
            assert secret not in page.content.decode()
    for address in (f"item/{item.pk}", f"response/{response.pk}", f"conversation/{quote(conversation.pk)}"):
        assert as_admin.get(f"/admin/conversations/{address}/change/").status_code == 403
        assert as_admin.post(f"/admin/conversations/{address}/delete/", {"post": "yes"}).status_code == 403


def test_only_what_is_meant_to_be_there_is_there() -> None:
    assert {model._meta.label for model in django_admin.site._registry} - {"auth.Group"} == {
        f"conversations.{name}"
        for name in (
            *("User", "Conversation", "Membership", "Response", "Item", "File"),
            *("CatalogEntry", "RefusedParameter", "Key", "McpServer", "FunctionTool", "VectorStore"),
        )
    }


def test_only_the_administration_may_evaluate_script(as_admin: Client) -> None:
    assert "'unsafe-eval'" in as_admin.get("/admin/")["Content-Security-Policy"]
    for address in ("/", "/settings/", "/accounts/logout/"):
        assert "unsafe" not in as_admin.get(address)["Content-Security-Policy"]


def test_its_first_page_leads_to_the_pages_that_people_work_in(as_admin: Client) -> None:
    page = as_admin.get("/admin/").content.decode()
    assert all(f'href="/admin/{name}/"' in page for name in ("retention", "moderation", "audit", "usage", "settings"))
