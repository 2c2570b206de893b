"""Who opens a socket: the person of the session, looked up once."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from conversations import threads
from conversations.sessions import lacks_factor


class SignedIn:
    """Puts `session` and `user` into the scope of a socket.

    Channels' own stack wraps every message that is sent, to save a session that a socket has changed: with thousands of
    deltas a second that is a twentieth of the work. Our sockets change no session.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        session, user = await threads.sockets.run(_person, scope["headers"])
        await self.application({**scope, "session": session, "user": user}, receive, send)


def _person(headers: list[tuple[bytes, bytes]]) -> tuple[Any, Any]:
    cookies: SimpleCookie = SimpleCookie()
    try:
        for name, value in headers:
            if name == b"cookie":
                cookies.load(value.decode("latin-1"))
    except CookieError:
        cookies.clear()
    morsel = cookies.get(settings.SESSION_COOKIE_NAME)
    session = import_module(settings.SESSION_ENGINE).SessionStore(morsel.value if morsel else None)
    request: HttpRequest = SimpleNamespace(session=session)  # type: ignore[assignment]  # all that get_user looks at
    user = get_user(request)
    if user.is_authenticated and lacks_factor(user, session):
        return session, AnonymousUser()
    return session, user
