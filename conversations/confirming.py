"""Acts of high value ask once more who it is, whatever opened the session: a password, a code, a passkey, the company.

allauth has the way there and back. Left to it alone, who has neither a password nor a factor of ours is never asked.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows, is_reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from conversations.models import User

CONFIRMED = "salon.confirmed"
"""Where a session keeps when its person last signed in at the company's provider because we asked for it."""


def must_ask(request: HttpRequest) -> bool:
    """Return whether this person has to show who they are before something of high value is done."""
    try:
        return bool(is_reauthentication_required(request, app="conversations"))
    except ReauthenticationRequired:
        return True


def require(request: HttpRequest) -> None:
    """Lead to where one shows who one is, unless that was a moment ago. A form that was sent is sent on after it."""
    if must_ask(request):
        raise ReauthenticationRequired


def ask_first(request: HttpRequest) -> HttpResponse | None:
    """Return the way to where one shows who one is, None where that was a moment ago.

    Like `require`, for forms with secrets: what was sent is not kept in the session, and has to be typed again.
    """
    if not must_ask(request):
        return None
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    if not methods:
        raise PermissionDenied
    return redirect(f"{methods[0]['url']}?{urlencode({'next': request.get_full_path()})}")


def has_own_way(user: User) -> bool:
    """Return whether a person can show here who they are: by a password, an app or a passkey."""
    return bool(get_reauthentication_flows(user))


def company_asked(session: Any) -> bool:
    """Return whether the company's provider has asked the person of this session a moment ago."""
    at = session.get(CONFIRMED)
    return isinstance(at, float) and 0 <= time.time() - at < app_settings.REAUTHENTICATION_TIMEOUT
