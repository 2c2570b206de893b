"""Sockets carry cookies and no CSRF token, so only pages of our own may open one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host


class SameOrigin:
    """Refuses (403) a socket whose Origin is not the very host and port that it was opened at, or an absent one.

    Channels' own validator compares names against ALLOWED_HOSTS and lets any port of them pass.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if allows(headers.get(b"origin", ""), headers.get(b"host", "")):
            await self.application(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 4403})  # before the handshake: HTTP 403


def allows(origin: str, host: str) -> bool:
    """Whether a page from `origin` may open a socket at `host`."""
    try:
        parts = urlsplit(origin)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (KeyError, ValueError):
        return False
    name, host_port = split_domain_port(host)
    default = 443 if parts.scheme == "https" else 80
    same = parts.hostname == name.strip("[]") and str(port) == (host_port or str(default))
    return same and validate_host(name, settings.ALLOWED_HOSTS)
