"""`manage.py check` explains what is missing around the code."""

from pathlib import Path

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection
from pytest_django.fixtures import Settings


def found(tag: str) -> set[str | None]:
    return {message.id for message in run_checks(tags=[tag], include_deployment_checks=True)}


def test_a_front_end_that_is_not_built_is_told_with_the_command(settings: Settings, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    (message,) = [message for message in run_checks(tags=[Tags.staticfiles]) if message.id == "salon.W001"]
    assert "scripts/setup.py" in (message.hint or "")
    (tmp_path / "build" / "static" / "dist").mkdir(parents=True)
    assert "salon.W001" not in found(Tags.staticfiles)


def test_static_files_that_are_not_collected_are_an_error(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    assert "salon.E001" in found(Tags.staticfiles)
    (tmp_path / "staticfiles.json").touch()
    assert "salon.E001" not in found(Tags.staticfiles)


def test_a_production_that_cannot_send_letters_is_told(settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", ""
    assert "salon.W003" in found(Tags.security)
    settings.EMAIL_HOST = "mail.example"
    assert "salon.W003" not in found(Tags.security)


def test_postgresql_without_redis_is_for_one_process(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "vendor", "postgresql")
    settings.REDIS_URL = ""
    assert "salon.W002" in found(Tags.database)
    settings.REDIS_URL = "redis://127.0.0.1"
    assert "salon.W002" not in found(Tags.database)
