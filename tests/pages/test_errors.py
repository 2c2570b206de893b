"""When a request fails: a page with a sentence and one thing to do, and no detail of the inside."""

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

from conversations.models import Conversation, User


def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret of the inside")


def database_is_away(request: HttpRequest) -> HttpResponse:
    raise OperationalError("could not connect to server at 10.0.0.1")


urlpatterns = [path("breaks/", breaks), path("away/", database_is_away), path("", include("webapp.urls"))]
handler500 = "conversations.views.errors.server_error"


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize(
    ("address", "status", "heading"),
    [("/breaks/", 500, "Something broke here."), ("/away/", 503, "The database is out of reach.")],
)
def test_a_fault_is_told_in_words_without_the_database(
    visitor: Client, address: str, status: int, heading: str
) -> None:
    # No `db` fixture: a query in these pages fails the test
    answer = visitor.get(address)

    page = answer.content.decode()
    assert answer.status_code == status
    assert heading in page
    assert "secret" not in page
    assert "10.0.0.1" not in page
    assert "http-equiv" not in page
    assert "script-src 'self'" in answer["Content-Security-Policy"]


def test_the_address_of_a_form_says_so_to_who_opens_it(as_alice: Client) -> None:
    answer = as_alice.get("/notices/read/", headers={"accept": "text/html,*/*"})
    assert answer.status_code == 405
    assert "There is no page here." in answer.content.decode()
    assert as_alice.get("/notices/read/", headers={"accept": "application/json"}).content == b""


def test_a_missing_and_a_forbidden_page_look_alike(as_charlie: Client, conversation: Conversation) -> None:
    theirs = as_charlie.get(f"/conversations/{conversation.pk}/")
    unknown = as_charlie.get(f"/conversations/conv_{'0' * 32}/")
    assert theirs.status_code == unknown.status_code == 404
    assert "There is nothing here." in unknown.content.decode()
    assert theirs.content == unknown.content


def test_a_form_without_its_token_is_refused_in_words(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/accounts/login/", {"login": alice.email, "password": "x"})
    assert answer.status_code == 403
    assert "This form is too old." in answer.content.decode()
