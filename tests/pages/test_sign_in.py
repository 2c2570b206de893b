"""Sign-in by e-mail and password, and the way back for who forgot theirs."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from conversations.models import User
from tests.conftest import PASSWORD


@pytest.fixture(autouse=True)
def _no_attempts_before() -> None:
    cache.clear()


def sign_in(client: Client, email: str, password: str = PASSWORD, next_page: str = "") -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password, "next": next_page}, follow=True)


def test_alice_signs_in_by_e_mail_in_any_case(client: Client, alice: User) -> None:
    answer = sign_in(client, "Alice@Example.COM")

    assert answer.redirect_chain == [("/", 302)]
    assert answer.context["user"] == alice


def test_a_page_that_needs_sign_in_is_opened_after_it(client: Client, alice: User) -> None:
    door = client.get("/settings/").headers["Location"]
    assert door == "/accounts/login/?next=/settings/"
    assert sign_in(client, alice.email, next_page="/settings/").redirect_chain[-1][0] == "/settings/"


def test_sign_in_leads_to_no_foreign_site(client: Client, alice: User) -> None:
    assert sign_in(client, alice.email, next_page="https://evil.example/").redirect_chain == [("/", 302)]


def test_an_unknown_address_and_a_wrong_password_look_alike(client: Client, alice: User) -> None:
    def problem(email: str) -> list[str]:
        page = sign_in(client, email, "not the password").content.decode()
        return re.findall(r'role="alert">.*?<p>(.*?)</p>', page, re.DOTALL)

    assert problem("alice@example.com") == problem("nobody@example.com") != []


def test_guessing_is_slowed_down(client: Client, alice: User) -> None:
    for _ in range(6):
        sign_in(client, alice.email, "a guess")

    assert "Too many failed login attempts" in sign_in(client, alice.email).content.decode()


def test_a_closed_account_cannot_sign_in(client: Client, charlie: User) -> None:
    User.objects.filter(pk=charlie.pk).update(is_active=False)

    page = sign_in(client, charlie.email)

    assert not page.context["user"].is_authenticated


def test_who_forgot_the_password_gets_a_link_that_works_once(client: Client, alice: User) -> None:
    client.post("/accounts/password/reset/", {"email": alice.email})
    (message,) = mail.outbox
    (link,) = re.findall(r"http://testserver(/\S+)", str(message.body))
    assert message.subject == "A new password for Salon"

    form = client.get(link, follow=True)
    new = {"password1": "a quite new password", "password2": "a quite new password"}
    client.post(form.redirect_chain[-1][0], new)

    assert sign_in(Client(), alice.email, "a quite new password").context["user"] == alice
    assert "This link is used up." in Client().get(link, follow=True).content.decode()


def test_asking_for_an_unknown_address_tells_nothing_on_the_page(client: Client, alice: User) -> None:
    pages = [
        client.post("/accounts/password/reset/", {"email": email}, follow=True).content
        for email in ("alice@example.com", "nobody@example.com")
    ]
    assert pages[0] == pages[1]
    assert "There is no account with this address here." in mail.outbox[1].body


def test_nobody_can_sign_up(client: Client, alice: User) -> None:
    page = client.post("/accounts/signup/", {"email": "eve@example.com", "password1": PASSWORD}, follow=True)

    assert "By invitation only." in page.content.decode()
    assert User.objects.count() == 1


def test_signing_out_asks_first_and_ends_the_session(as_alice: Client) -> None:
    assert "Leaving?" in as_alice.get("/accounts/logout/").content.decode()
    as_alice.post("/accounts/logout/")
    assert as_alice.get("/settings/").status_code == 302


def test_a_new_password_keeps_this_session_and_ends_the_others(alice: User) -> None:
    here, there = Client(), Client()
    sign_in(here, alice.email), sign_in(there, alice.email)

    new = {"oldpassword": PASSWORD, "password1": "a quite new password", "password2": "a quite new password"}
    answer = here.post("/accounts/password/change/", new, follow=True)

    assert answer.redirect_chain[-1][0] == "/settings/"
    assert "The new password is kept." in answer.content.decode()
    assert there.get("/settings/").status_code == 302


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/inactive/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/password/reset/key/done/",
        "/accounts/password/reset/key/1-abc/",
        "/accounts/confirm-email/",
        "/accounts/confirm-email/abc/",
    ],
)
def test_every_page_at_the_door_has_our_look(client: Client, alice: User, path: str) -> None:
    page = client.get(path, follow=True)
    assert page.status_code == 200
    assert 'class="door"' in page.content.decode()


@pytest.mark.parametrize("path", ["/accounts/password/change/"])
def test_every_page_of_the_account_has_our_look(as_alice: Client, path: str) -> None:
    page = as_alice.get(path)
    assert page.status_code == 200
    assert 'id="sidebar"' in page.content.decode()


def test_no_template_carries_inline_script_or_style() -> None:
    templates = Path(__file__).resolve().parents[2] / "templates"
    # Pages that are opened from a disk, or by the browser of a model, bring their style along
    alone = {templates / "exports", templates / "computer"}
    for template in (found for found in templates.rglob("*.html") if found.parent not in alone):
        text = template.read_text()
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]*\ssrc=)(?![^>]*json)", text), template
