"""Sessions: who is signed in where, and whether a session has shown enough to go on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from conversations.models import User
from conversations.site_settings import REQUIRE_FACTOR

NOTED_EVERY = 300
"""Seconds between two notes that a session is in use."""
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
WAYS_OUT = ("/accounts/company/", "/accounts/login/", "/accounts/logout/", "/settings/theme/")
TO_SHOW_ONE = (*WAYS_OUT, "/accounts/2fa/reauthenticate/", "/accounts/2fa/webauthn/reauthenticate/")
"""What is open to who has a second factor and has not shown it: changing it by the password alone is not."""
TO_SET_ONE_UP = (*WAYS_OUT, "/accounts/2fa/", "/accounts/password/", "/accounts/reauthenticate/")
MOST_SHOWN = 50


class SessionsMiddleware(MiddlewareMixin):
    """Note that a session is in use, and lead who lacks a second factor to where one is set up or shown."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        _note(request)
        if not lacks_factor(request.user, request.session):
            return None
        has_one = bool(with_factor([request.user.pk]))
        if request.path.startswith(TO_SHOW_ONE if has_one else TO_SET_ONE_UP):
            request.lacks_factor = True  # type: ignore[attr-defined]  # pages then show nothing of what is kept
            return None
        if has_one:
            sentence = _("Your team asks for a second factor: show yours to go on.")
        else:
            sentence = _("Your team asks for a second factor: set one up to go on.")
        if "text/html" not in request.headers.get("Accept", ""):
            return JsonResponse({"error": {"message": sentence, "code": "second_factor"}}, status=403)
        messages.info(request, sentence)
        if has_one:
            return redirect(f"{_address_to_show_one(request.user)}?{urlencode({'next': request.get_full_path()})}")
        return redirect("mfa_index")


def _address_to_show_one(user: User) -> str:
    has_app = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
    return reverse("mfa_reauthenticate" if has_app else "mfa_reauthenticate_webauthn")


def _note(request: HttpRequest) -> None:
    """Write down the time and the address of a session's use, now and then. Only sessions from the sign-in are kept."""
    key = request.session.session_key
    if not key or AUTHENTICATION_METHODS_SESSION_KEY not in request.session:
        return
    if cache.add(f"session:{hashlib.sha256(key.encode()).hexdigest()}", 1, NOTED_EVERY):
        UserSession.objects.create_from_request(request)


def lacks_factor(user: User, session: Mapping[str, Any]) -> bool:
    """Return whether the team asks this person for a second factor that this session has not shown."""
    return must_have_factor(user) and not has_shown_factor(session, has_one=bool(with_factor([user.pk])))


def must_have_factor(user: User) -> bool:
    required: str = REQUIRE_FACTOR.value
    return required == "all" or (required == "staff" and user.is_staff)


def with_factor(users: Iterable[int]) -> set[int]:
    """Return those of these people who have an app or a passkey."""
    return set(Authenticator.objects.filter(user__in=users, type__in=FACTORS).values_list("user_id", flat=True))


def has_shown_factor(session: Mapping[str, Any], *, has_one: bool) -> bool:
    """Return whether a session has shown enough; who comes in through the company's provider is asked there."""
    methods = {record.get("method") for record in session.get(AUTHENTICATION_METHODS_SESSION_KEY) or []}
    return "socialaccount" in methods or (has_one and "mfa" in methods)


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
