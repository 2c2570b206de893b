"""How a person wants to be addressed: their language, and the time where they are."""

from __future__ import annotations

import zoneinfo
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.deprecation import MiddlewareMixin

TIME_ZONE_COOKIE = "timezone"
"""Set by the browser's script, so that days and times are the person's own."""


class PreferencesMiddleware(MiddlewareMixin):
    """Activate the language of the profile (else LocaleMiddleware's, from the browser) and the browser's time zone."""

    def process_request(self, request: HttpRequest) -> None:
        language = getattr(request.user, "language", "")
        if language in dict(settings.LANGUAGES):
            translation.activate(language)
        timezone.activate(_zone(request))

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        timezone.deactivate()
        return response


def _zone(request: HttpRequest) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(unquote(request.COOKIES.get(TIME_ZONE_COOKIE, "")) or settings.TIME_ZONE)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return zoneinfo.ZoneInfo(settings.TIME_ZONE)
