"""Prepares an app's database through its models: one person, a session, empty conversations.

They have a title already, so that no second request asks the model for one.

Run with the app's environment: python -m bench.people NUMBER. Prints JSON: the headers of a signed-in browser, the ids.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from conversations.models import User

CSRF = "a" * 32


def set_up() -> None:
    """Load the app, as manage.py does."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings.development")
    django.setup()


def browser_headers(user: User) -> dict[str, str]:
    """Return the headers of a browser that `user` is signed in with."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={CSRF}"
    return {"Cookie": cookies, "X-CSRFToken": CSRF}


def main(number: int) -> None:
    set_up()
    from conversations.models import Conversation, Membership, User

    user = User.objects.filter(email="alice@example.com").first()
    user = user or User.objects.create_user("alice@example.com", name="Alice")
    made = Conversation.objects.bulk_create(
        [Conversation(created_by=user, title="Tides", title_by_person=True) for _ in range(number)]
    )
    Membership.objects.bulk_create(
        [Membership(conversation=conversation, user=user, role=Membership.Role.OWNER) for conversation in made]
    )
    names = [conversation.pk for conversation in made]
    json.dump({"headers": browser_headers(user), "conversations": names}, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
