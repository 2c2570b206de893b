"""People: who may sign in, how the first administrator comes to be, where a person's picture is."""

from __future__ import annotations

from pathlib import PurePosixPath

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from conversations.models import User


class AccountAdapter(DefaultAccountAdapter):
    """How allauth is used here: sign-in by e-mail, accounts by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("settings")

    def format_email_subject(self, subject: str) -> str:
        return subject


def create_first_administrator(*, email: str, password: str, name: str = "") -> User | None:
    """Create the first administrator, or return None when there is a person already."""
    with transaction.atomic():
        # This row is the lock: of two that are first, one waits here and then finds the other
        ContentType.objects.select_for_update().get(app_label="conversations", model="user")
        if User.objects.exists():
            return None
        return User.objects.create_superuser(email, password, name=name)


def avatar_url(person: User) -> str | None:
    """Return where the person's picture is served, or None when they have none."""
    return reverse("avatar", args=[PurePosixPath(person.avatar.name).name]) if person.avatar.name else None
