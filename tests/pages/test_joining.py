"""How new people come in: by a letter to an address that is theirs, once, within a week."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from conversations import site_settings
from conversations.models import AccountInvitation, Conversation, Membership, User
from conversations.site_settings import MEMBERS_INVITE, SIGNUP, SIGNUP_DOMAINS
from tests.conftest import PASSWORD, signed_in
from tests.openid.conftest import DANA, Provider
from tests.openid.conftest import _issuer as _issuer
from tests.openid.conftest import company as company
from tests.openid.conftest import provider as provider

FORM = {"name": "Erin", "password": "a quite good password"}
ERIN = "erin@example.com"


@pytest.fixture(autouse=True)
def _as_new() -> None:
    cache.clear()
    site_settings.forget()


def rule(admin: User, **values: Any) -> None:
    for setting in (SIGNUP, SIGNUP_DOMAINS, MEMBERS_INVITE):
        if setting.name in values:
            site_settings.change(setting, values[setting.name], actor=admin)


def invite(inviter: User, email: str = ERIN) -> Any:
    return signed_in(inviter).post("/accounts/invitations/", {"email": email})


def link() -> str:
    """The way in that the last letter names."""
    (found,) = re.findall(r"http://testserver(/\S+)", str(mail.outbox[-1].body))
    return str(found)


def test_an_administrator_invites_and_the_person_makes_the_account(admin: User) -> None:
    page = invite(admin).content.decode()
    assert mail.outbox[0].to == [ERIN]
    assert link() in page

    erin = Client()
    assert "Admin asks you in, as erin@example.com." in erin.get(link()).content.decode()
    answer = erin.post(link(), FORM | {"email": "admin@example.com", "is_staff": "1"})

    made = User.objects.get(email=ERIN)
    assert answer.headers["Location"] == "/"
    assert (made.name, made.is_staff, made.is_superuser) == ("Erin", False, False)
    assert erin.get("/settings/").status_code == 200


def test_an_invitation_works_once_and_its_secret_is_kept_nowhere(admin: User) -> None:
    invite(admin)
    Client().post(link(), FORM)
    assert Client().get(link()).status_code == 404
    assert Client().post(link(), FORM).status_code == 404
    assert User.objects.filter(email=ERIN).count() == 1
    assert link().split("/")[-2] not in str(AccountInvitation.objects.values().get())


@pytest.mark.parametrize("how", ["old", "withdrawn", "inviter suspended", "inviter without the power", "closed"])
def test_an_invitation_that_does_not_stand_any_more_opens_nothing(admin: User, alice: User, how: str) -> None:
    alice.user_permissions.add(Permission.objects.get(codename="add_user"))
    invite(alice)
    if how == "old":
        AccountInvitation.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    elif how == "withdrawn":
        signed_in(alice).post(f"/accounts/invitations/{AccountInvitation.objects.get().pk}/withdraw/")
    elif how == "inviter suspended":
        User.objects.filter(pk=alice.pk).update(is_active=False)
    elif how == "inviter without the power":
        alice.user_permissions.clear()
    else:
        rule(admin, signup="closed")

    assert Client().get(link()).status_code == 404
    assert Client().post(link(), FORM).status_code == 404
    assert not User.objects.filter(email=ERIN).exists()


def test_a_weak_password_is_refused_and_the_invitation_still_stands(admin: User) -> None:
    invite(admin)
    page = Client().post(link(), FORM | {"password": "password"})
    assert page.status_code == 400
    assert Client().get(link()).status_code == 200


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "x" * 300 + "@example.com", "a@b.example\nBcc: c@b.example"])
def test_only_addresses_are_invited(admin: User, email: str) -> None:
    assert invite(admin, email).status_code == 400
    assert not mail.outbox


def test_nobody_sends_letters_without_end(admin: User) -> None:
    client = signed_in(admin)
    for number in range(61):
        answer = client.post("/accounts/invitations/", {"email": f"person-{number}@example.com"})
        AccountInvitation.objects.update(revoked_at=timezone.now())
    assert answer.status_code == 429
    assert len(mail.outbox) == 60


def test_who_is_here_already_is_not_invited(admin: User, bob: User) -> None:
    assert invite(admin, "BOB@example.com").status_code == 409


def test_members_invite_only_where_that_is_allowed(admin: User, bob: User) -> None:
    assert invite(bob).status_code == 404
    rule(admin, members_invite=True)
    page = invite(bob)
    assert page.status_code == 200
    assert link() not in page.content.decode(), "only the letter proves whose address it is"
    signed_in(bob).post(f"/accounts/invitations/{AccountInvitation.objects.get().pk}/withdraw/")
    assert Client().get(link()).status_code == 404


def test_a_conversation_waits_for_who_makes_an_account_first(
    admin: User, conversation: Conversation, alice: User
) -> None:
    rule(admin, members_invite=True)
    form = {"email": ERIN, "role": "commenter"}
    signed_in(alice).post(f"/conversations/{conversation.pk}/people/add/", form)

    erin = Client()
    answer = erin.post(link(), FORM)

    assert answer.headers["Location"] == f"/conversations/{conversation.pk}/"
    assert Membership.objects.get(user__email=ERIN).role == "commenter"


def test_an_owner_who_is_none_any_more_lets_nobody_in(admin: User, conversation: Conversation, alice: User) -> None:
    rule(admin, members_invite=True)
    signed_in(alice).post(f"/conversations/{conversation.pk}/people/add/", {"email": ERIN, "role": "editor"})
    Membership.objects.filter(user=alice).update(role="editor")

    Client().post(link(), FORM)

    assert User.objects.filter(email=ERIN).exists()
    assert not Membership.objects.filter(user__email=ERIN).exists()


def test_who_may_not_invite_cannot_add_an_unknown_address(conversation: Conversation, as_alice: Client) -> None:
    page = as_alice.post(f"/conversations/{conversation.pk}/people/add/", {"email": ERIN, "role": "editor"})
    assert "Nobody in the team has this address." in page.content.decode()
    assert not mail.outbox


def test_people_of_our_domains_ask_for_a_letter(admin: User) -> None:
    rule(admin, signup="domains", signup_domains="Example.com\nlamp.example")
    assert "/accounts/signup/" in Client().get("/accounts/login/").content.decode()

    Client().post("/accounts/signup/", {"email": "Erin@EXAMPLE.com"})
    assert Client().post(link(), FORM).status_code == 302

    answer = Client().post("/accounts/signup/", {"email": "eve@example.com.evil.example"})
    assert answer.status_code == 400
    assert len(mail.outbox) == 1


def test_asking_tells_nobody_who_is_here(admin: User, bob: User) -> None:
    rule(admin, signup="domains", signup_domains="example.com")
    pages = [Client().post("/accounts/signup/", {"email": email}).content for email in (bob.email, ERIN)]
    assert pages[0] == pages[1]
    assert "You have one already." in mail.outbox[0].body


def test_letters_that_were_asked_for_open_nothing_when_the_domains_change(admin: User) -> None:
    rule(admin, signup="domains", signup_domains="example.com")
    Client().post("/accounts/signup/", {"email": ERIN})
    rule(admin, signup_domains="lamp.example")
    assert Client().get(link()).status_code == 404


def test_who_was_invited_may_come_through_the_company(
    provider: Provider, company: Any, admin: User, conversation: Conversation, alice: User
) -> None:
    company(creates=False)
    rule(admin, members_invite=True)
    form = {"email": DANA["email"], "role": "editor"}
    signed_in(alice).post(f"/conversations/{conversation.pk}/people/add/", form)
    assert provider.sign_in(Client()).status_code == 403, "without the letter"

    browser = Client()
    browser.get(link())
    provider.says(DANA | {"email": "mallory@corp.example"})
    assert provider.sign_in(browser).status_code == 403, "with another address"

    browser.get(link())
    provider.says()
    assert provider.sign_in(browser).context["user"].email == DANA["email"]
    assert Membership.objects.get(user__email=DANA["email"]).role == "editor"
    assert Client().get(link()).status_code == 404


def test_signing_up_stays_shut_otherwise(admin: User) -> None:
    for _ in range(2):
        page = Client().post("/accounts/signup/", {"email": ERIN, "password1": PASSWORD})
        assert "By invitation only." in page.content.decode()
    assert not mail.outbox
