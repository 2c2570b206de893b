"""Where nobody can visit /setup/, the environment names the first administrator."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from conversations.actions.people import create_first_administrator_from_environment
from conversations.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def named(settings: Settings) -> None:
    settings.DJANGO_SUPERUSER_EMAIL, settings.DJANGO_SUPERUSER_PASSWORD = "admin@example.com", "a long password"


@pytest.mark.usefixtures("named")
def test_the_named_administrator_is_made_at_the_first_start() -> None:
    user = create_first_administrator_from_environment()
    assert user == User.objects.get()
    assert user.is_superuser
    assert user.check_password("a long password")


@pytest.mark.usefixtures("named")
def test_a_later_start_changes_nobody() -> None:
    create_first_administrator_from_environment()
    User.objects.update(is_superuser=False)
    assert create_first_administrator_from_environment() is None
    assert not User.objects.get().is_superuser


def test_nobody_is_made_where_nobody_is_named() -> None:
    assert create_first_administrator_from_environment() is None
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [
        ("admin@example.com", "", "DJANGO_SUPERUSER_PASSWORD is not set"),
        ("", "secret", "DJANGO_SUPERUSER_EMAIL is not set"),
        ("admin", "secret", "DJANGO_SUPERUSER_EMAIL is no e-mail address"),
    ],
)
def test_half_a_name_stops_the_start(settings: Settings, email: str, password: str, sentence: str) -> None:
    settings.DJANGO_SUPERUSER_EMAIL, settings.DJANGO_SUPERUSER_PASSWORD = email, password
    with pytest.raises(ImproperlyConfigured, match=sentence):
        create_first_administrator_from_environment()
    assert not User.objects.exists()
