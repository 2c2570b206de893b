"""The first visit makes the first administrator, once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from conversations.actions.people import create_first_administrator
from conversations.models import User
from tests.conftest import PASSWORD

FIRST = {"name": "Admin", "email": "admin@example.com", "password": PASSWORD}


def test_without_anybody_home_leads_to_set_up(client: Client, db: None) -> None:
    assert client.get("/").headers["Location"] == "/setup/"


def test_set_up_makes_an_administrator_who_is_signed_in(client: Client, db: None) -> None:
    answer = client.post("/setup/", FIRST, follow=True)

    admin = User.objects.get()
    assert (admin.email, admin.name, admin.is_staff, admin.is_superuser) == ("admin@example.com", "Admin", True, True)
    assert answer.redirect_chain == [("/", 302)]
    assert answer.context["user"] == admin


def test_afterwards_set_up_does_not_exist(client: Client, alice: User) -> None:
    assert client.get("/setup/").status_code == 404
    assert client.post("/setup/", FIRST).status_code == 404
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("email", "nobody", "Enter a valid email address."),
        ("password", "short", "at least 10 characters"),
        ("password", "password123456", "too common"),
        ("password", "admin@example.com", "too similar to the email"),
        ("name", "", "This field is required."),
    ],
)
def test_a_bad_entry_gets_a_sentence_and_loses_nothing(
    client: Client, db: None, field: str, value: str, sentence: str
) -> None:
    answer = client.post("/setup/", FIRST | {field: value})

    assert sentence in answer.content.decode()
    assert field == "email" or 'value="admin@example.com"' in answer.content.decode()
    assert PASSWORD not in answer.content.decode()
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_administrator() -> None:
    def create(number: int) -> User | None:
        try:
            return create_first_administrator(email=f"admin{number}@example.com", password=PASSWORD)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(create, range(4)))

    assert len([user for user in made if user]) == User.objects.count() == 1
