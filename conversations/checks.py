"""Checks of the deployment that `manage.py check` runs; a bad value of one setting is webapp.env's to refuse."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection

from conversations.tools.registry import registry


@register(Tags.staticfiles)
def front_end_is_built(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Scripts and styles are built from static/ by a step of their own, which is easily forgotten."""
    if (settings.BASE_DIR / "build" / "static" / "dist").is_dir():
        return []
    return [
        Warning(
            "The front end is not built, so pages come without scripts and styles.",
            hint="Run: python3 scripts/setup.py run",
            id="salon.W001",
        )
    ]


@register(Tags.staticfiles, deploy=True)
def static_files_are_collected(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    if (Path(settings.STATIC_ROOT) / "staticfiles.json").is_file():
        return []
    return [
        Error(
            "The static files are not collected, so every page would fail.",
            hint="Run: python manage.py collectstatic --no-input",
            id="salon.E001",
        )
    ]


@register(Tags.security, deploy=True)
def letters_can_be_sent(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    if settings.EMAIL_HOST or not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        return []
    return [
        Warning(
            "EMAIL_HOST is not set, so nobody who forgot their password gets a letter to set another.",
            hint="Set EMAIL_HOST and what belongs to it.",
            id="salon.W003",
        )
    ]


@register(Tags.database, deploy=True)
def processes_can_talk(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """PostgreSQL promises several processes; without Redis each of them would only reach its own viewers."""
    if settings.REDIS_URL or connection.vendor != "postgresql":
        return []
    return [
        Warning(
            "REDIS_URL is not set, so only one process may serve: a second one would not tell its viewers of news.",
            hint="Set REDIS_URL, or keep to one process and silence this with SILENCED_SYSTEM_CHECKS.",
            id="salon.W002",
        )
    ]


@register()
def tools_are_tools(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """A package's function that cannot be a tool is left out, and its author has to hear why."""
    return [
        Warning(problem, hint="docs/tools.md says what a tool is made of.", id="salon.W004")
        for problem in registry().problems
    ]
