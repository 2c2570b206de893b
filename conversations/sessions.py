"""Sessions: who is signed in where, and whether a session has shown enough to go on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from conversations.models import User
from conversations.site_settings import REQUIRE_FACTOR

NOTED_EVERY = 300
"""Seconds between two notes that a session is in use."""
ENOUGH = {"mfa", "socialaccount"}
"""Ways to sign in that need no second factor of ours; the company's provider sees to its own."""
ALWAYS_OPEN = (
    "/accounts/2fa/",
    "/accounts/company/",
    "/accounts/login/",
    "/accounts/logout/",
    "/accounts/password/",
    "/accounts/reauthenticate/",
    "/avatars/",
    "/settings/theme/",
)
MOST_SHOWN = 50


class SessionsMiddleware(MiddlewareMixin):
    """Note that a session is in use, and lead who lacks a second factor to where one is set up."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        _note(request)
        if request.path.startswith(ALWAYS_OPEN) or not lacks_factor(request.user, request.session):
            return None
        sentence = _("Your team asks for a second factor: set one up to go on.")
        if "text/html" not in request.headers.get("Accept", ""):
            return JsonResponse({"error": {"message": sentence, "code": "second_factor"}}, status=403)
        messages.info(request, sentence)
        return redirect("mfa_index")


def _note(request: HttpRequest) -> None:
    """Write down the time and the address of a session's use, now and then. Only sessions from the sign-in are kept."""
    key = request.session.session_key
    if not key or AUTHENTICATION_METHODS_SESSION_KEY not in request.session:
        return
    if cache.add(f"session:{hashlib.sha256(key.encode()).hexdigest()}", 1, NOTED_EVERY):
        UserSession.objects.create_from_request(request)


def lacks_factor(user: User, session: Mapping[str, Any]) -> bool:
    """Return whether the team asks this person for a second factor, and they have none yet."""
    required = REQUIRE_FACTOR.value
    if required == "nobody" or (required == "staff" and not user.is_staff):
        return False
    records = session.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
    if any(record.get("method") in ENOUGH for record in records):
        return False
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return not Authenticator.objects.filter(user=user, type__in=kinds).exists()


@dataclass(frozen=True)
class Place:
    """A session as its owner sees it."""

    id: int
    device: str
    address: str
    last_used: Any
    is_this: bool


def places(user: User, current: str | None) -> list[Place]:
    """Return where a person is signed in, the present session first."""
    rows = list(UserSession.objects.filter(user=user).order_by("-last_seen_at")[:MOST_SHOWN])
    alive = set(
        Session.objects.filter(pk__in=[row.session_key for row in rows], expire_date__gt=timezone.now()).values_list(
            "pk", flat=True
        )
    )
    shown = [
        Place(row.pk, device(row.user_agent), row.ip, row.last_seen_at, row.session_key == current)
        for row in rows
        if row.session_key in alive
    ]
    return sorted(shown, key=lambda place: not place.is_this)


def end_all(user: User, *, but: str | None = None) -> None:
    """End a person's sessions, except for one; open sockets follow within seconds."""
    for row in UserSession.objects.filter(user=user).exclude(session_key=but or ""):
        row.end()


BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device(agent: str) -> str:
    """Return what a browser calls itself, in two words; it may lie."""
    browser = next((name for sign, name in BROWSERS if f"{sign}/" in agent), "")
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Another program")
