"""People come in through the company's provider, as who they are there: an issuer and a subject, for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.core.cache import cache
from django.test import Client

from conversations import access
from conversations.actions import groups
from conversations.models import Conversation, User
from conversations.models.audit import AuditEntry
from tests.conftest import PASSWORD
from tests.openid.conftest import DANA, Provider

Configure = Callable[..., None]


def person_of(page: Any) -> User:
    user: User = page.context["user"]
    return user


def test_who_is_unknown_gets_an_account_at_the_first_sign_in(provider: Provider, company: Configure) -> None:
    page = provider.sign_in(Client())

    dana = person_of(page)
    assert page.redirect_chain == [("/", 302)]
    assert (dana.email, dana.name, dana.is_staff) == ("dana@corp.example", "Dana", False)
    assert not dana.has_usable_password()


def test_the_next_sign_in_is_the_same_person(provider: Provider, company: Configure) -> None:
    first = person_of(provider.sign_in(Client()))
    assert person_of(provider.sign_in(Client())) == first
    assert User.objects.count() == 1


def test_the_page_that_was_asked_for_is_opened_after_it(provider: Provider, company: Configure) -> None:
    assert provider.sign_in(Client(), next="/settings/").redirect_chain == [("/settings/", 302)]
    assert provider.sign_in(Client(), next="https://evil.example/").redirect_chain == [("/", 302)]


def test_a_changed_address_takes_nobody_over(provider: Provider, company: Configure, alice: User) -> None:
    dana = person_of(provider.sign_in(Client()))
    provider.says(DANA | {"email": alice.email, "preferred_username": alice.email})

    assert person_of(provider.sign_in(Client())) == dana
    dana.refresh_from_db()
    assert dana.email == "dana@corp.example"


def test_a_new_person_with_an_old_address_is_not_who_had_it(provider: Provider, company: Configure) -> None:
    provider.sign_in(Client())
    provider.says(DANA | {"sub": "d-2"})

    page = provider.sign_in(Client())

    assert page.status_code == 403
    assert "There is an account with your address already." in page.content.decode()
    assert not person_of(page).is_authenticated
    assert User.objects.count() == 1


def test_the_same_subject_of_another_issuer_is_somebody_else(
    provider: Provider, company: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.sign_in(Client())
    other = provider.address.replace("127.0.0.1", "localhost")
    monkeypatch.setenv("SALON_EGRESS_ALLOW", "127.0.0.1,localhost")
    company(issuer=other)
    cache.clear()
    answer = Client().post("/accounts/company/login/")
    assert answer.status_code == 401  # its description names the first issuer: nothing begins


def test_a_local_account_is_linked_only_by_its_owner(provider: Provider, company: Configure, alice: User) -> None:
    provider.says(DANA | {"email": alice.email})
    assert provider.sign_in(Client()).status_code == 403

    here = Client()
    here.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    door = here.post("/accounts/company/login/", {"process": "connect"})
    assert door.headers["Location"].startswith("/accounts/reauthenticate/")
    here.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = provider.sign_in(here, process="connect")

    assert "The company’s account now opens this one too." in page.content.decode()
    assert person_of(provider.sign_in(Client())) == alice
    assert AuditEntry.objects.filter(action="user.link", actor_id=str(alice.pk)).count() == 1


def test_the_operator_may_let_verified_addresses_link(provider: Provider, company: Configure, alice: User) -> None:
    company(links_by_email=True)
    provider.says(DANA | {"email": "ALICE@example.com", "email_verified": False})
    assert provider.sign_in(Client()).status_code == 403

    provider.says(DANA | {"email": "ALICE@example.com"})
    assert person_of(provider.sign_in(Client())) == alice

    provider.says(DANA | {"email": "alice@example.com", "sub": "d-2"})
    assert provider.sign_in(Client()).status_code == 403, "it is linked to another identity already"


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "yes"},
        {"email": None},
        {"email": ""},
        {"email": "no address"},
        {"email": ["dana@corp.example"]},
        {"email": "x" * 300 + "@corp.example"},
        {"email": "dana@corp.example\u0000@evil.example"},
    ],
)
def test_an_address_that_nobody_vouches_for_makes_no_account(
    provider: Provider, company: Configure, claims: dict[str, Any]
) -> None:
    provider.says(DANA | claims, userinfo={"sub": "d-1"})

    assert provider.sign_in(Client()).status_code == 403
    assert not User.objects.exists()


def test_only_the_companys_domains_get_accounts(provider: Provider, company: Configure) -> None:
    company(domains=frozenset({"corp.example"}))
    provider.says(DANA | {"email": "dana@corp.example.evil.example"})
    assert provider.sign_in(Client()).status_code == 403
    provider.says(DANA | {"email": "Dana@CORP.example"})
    assert person_of(provider.sign_in(Client())).is_authenticated


def test_without_accounts_on_arrival_an_administrator_makes_them(provider: Provider, company: Configure) -> None:
    company(creates=False)
    page = provider.sign_in(Client())
    assert page.status_code == 403
    assert "There is no account for you here yet." in page.content.decode()


def test_suspended_people_stay_out(provider: Provider, company: Configure) -> None:
    company(groups={"lamps": "Lamps"})
    dana = person_of(provider.sign_in(Client()))
    User.objects.filter(pk=dana.pk).update(is_active=False)
    provider.says(DANA | {"groups": ["lamps"]})

    page = provider.sign_in(Client())

    assert not person_of(page).is_authenticated
    assert not dana.groups.exists()


def test_groups_follow_at_each_sign_in(provider: Provider, company: Configure, admin: User, roles: None) -> None:
    Group.objects.create(name="By hand")
    company(groups={"g-lamps": "Lamps", "g-mods": "Moderator", "g-root": "administrators"})

    provider.says(DANA | {"groups": ["g-lamps", "g-mods", "unknown", 7, None]})
    dana = person_of(provider.sign_in(Client()))
    dana.groups.add(Group.objects.get(name="By hand"))
    assert set(dana.groups.values_list("name", flat=True)) == {"Lamps", "Moderator", "By hand"}
    dana.refresh_from_db()
    assert (dana.is_staff, dana.is_superuser) == (True, False)

    provider.says(DANA | {"groups": ["g-root"]})
    provider.sign_in(Client())
    dana.refresh_from_db()
    assert (dana.is_staff, dana.is_superuser) == (True, True)
    assert list(dana.groups.values_list("name", flat=True)) == ["By hand"]

    provider.says(DANA | {"groups": "g-root"}, userinfo={"sub": "d-1"})
    provider.sign_in(Client())
    dana.refresh_from_db()
    assert (dana.is_staff, dana.is_superuser) == (False, False)


def test_the_last_administrator_is_kept(provider: Provider, company: Configure) -> None:
    company(groups={"g-root": "administrators"})
    provider.says(DANA | {"groups": ["g-root"]})
    dana = person_of(provider.sign_in(Client()))
    provider.says(DANA | {"groups": []})
    provider.sign_in(Client())
    dana.refresh_from_db()
    assert dana.is_superuser


def test_what_the_id_token_leaves_out_userinfo_tells(provider: Provider, company: Configure) -> None:
    company(groups={"g-lamps": "Lamps"})
    more = {"sub": "d-1", "email": "dana@corp.example", "email_verified": True, "groups": ["g-lamps"]}
    provider.says({"sub": "d-1"}, userinfo=more)
    dana = person_of(provider.sign_in(Client()))
    assert dana.groups.get().name == "Lamps"


def test_the_subject_may_be_the_object_id_of_entra(provider: Provider, company: Configure) -> None:
    company(subject="oid", trusts_email=True)
    provider.says({"sub": "pairwise-1", "oid": "o-1", "email": "dana@corp.example"})
    dana = person_of(provider.sign_in(Client()))
    provider.says({"sub": "pairwise-2", "oid": "o-1", "email": "dana@corp.example"})
    assert person_of(provider.sign_in(Client())) == dana


def test_who_has_no_password_gets_none_by_letter_or_page(provider: Provider, company: Configure) -> None:
    here = Client()
    provider.sign_in(here)

    Client().post("/accounts/password/reset/", {"email": "dana@corp.example"})
    assert "you come in with the account of your company" in mail.outbox[0].body
    assert "/accounts/password/reset/key/" not in mail.outbox[0].body
    assert here.post("/accounts/password/set/", {"password1": PASSWORD, "password2": PASSWORD}).status_code == 302
    assert not User.objects.get(email="dana@corp.example").has_usable_password()


def test_the_only_way_in_is_not_given_up(provider: Provider, company: Configure) -> None:
    here = Client()
    provider.sign_in(here)
    provider.sign_in(here, process="confirm")
    page = here.post("/accounts/company/disconnect/", follow=True)
    assert "This is your only way in" in page.content.decode()
    assert person_of(provider.sign_in(Client())).email == "dana@corp.example"


def test_leaving_says_that_the_company_still_knows_who_one_is(provider: Provider, company: Configure) -> None:
    here = Client()
    provider.sign_in(here)
    page = here.post("/accounts/logout/", follow=True)
    assert f"{provider.address}/leave?client_id=salon" in page.content.decode()
    assert here.get("/settings/").status_code == 302


def test_without_a_provider_there_is_no_such_door(client: Client, alice: User) -> None:
    assert client.post("/accounts/company/login/").status_code == 404
    assert client.get("/accounts/company/login/callback/?code=1&state=1").status_code == 404
    assert "Continue with" not in client.get("/accounts/login/").content.decode()


def test_a_group_of_the_provider_opens_and_shuts_conversations(
    provider: Provider, company: Configure, conversation: Conversation, alice: User
) -> None:
    company(groups={"g-lamps": "Lamps"})
    lamps = Group.objects.create(name="Lamps")
    groups.add(access.conversation_for(alice, conversation.pk), group_id=str(lamps.pk), role="viewer")
    here = Client()

    provider.says(DANA | {"groups": ["g-lamps"]})
    provider.sign_in(here)
    assert here.get(f"/conversations/{conversation.pk}/").status_code == 200

    provider.says(DANA | {"groups": []})
    provider.sign_in(here)
    assert here.get(f"/conversations/{conversation.pk}/").status_code == 404
