"""Who comes to the addresses of the site, and which there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.test import Client
from django.urls import URLPattern, get_resolver

from conversations.models import Membership, User


def routes(resolver: Any = None, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the site, with its name."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}", entry
        else:
            yield from routes(entry, namespace + (f"{entry.namespace}:" if entry.namespace else ""))


def client_of(person: str) -> Client:
    """Return the client of one of PEOPLE, who is made what they are called first."""
    client = Client()
    if person == "anonymous":
        return client
    user = User.objects.get(name=person.split()[-1].capitalize())
    client.force_login(user)
    if person == "reading bob":
        Membership.objects.filter(user=user).update(role="viewer")
    if person == "suspended alice":
        User.objects.filter(pk=user.pk).update(is_active=False)
    return client
