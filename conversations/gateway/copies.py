"""The provider's copy of a response, for what the mirror does not have of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone

from conversations import sealing
from conversations.gateway.objects import at_home
from conversations.models import Response
from conversations.turns.provider import provider
from conversations.upstream.errors import RequestRejected, UpstreamError

log = structlog.get_logger(__name__)


async def refreshed(response: Response, include: Iterable[str]) -> dict[str, Any] | None:
    """Return the response as the provider has it now, where that is more than the mirror has; None where it is not.

    It is when more is asked for than the turn asked for, and while nobody here follows a response that runs there.
    Raise `RequestRejected` for an `include` that the provider does not know.
    """
    asked = response.options.get("include")
    more = set(include) - {word for word in asked if isinstance(word, str)} if isinstance(asked, list) else set(include)
    if not _is_kept_there(response) or not (more or _is_adrift(response)):
        return None
    try:
        body = await (await provider()).retrieve_response(response.provider_id, include=include)
        _, secrets = sealing.open_tools(response.options)
    except RequestRejected:
        raise
    except (UpstreamError, sealing.Unreadable) as error:
        log.info("not_refreshed", response=response.pk, error=type(error).__name__)
        return None
    return at_home(sealing.wipe(body, secrets), response)


def _is_kept_there(response: Response) -> bool:
    expired = response.provider_expires_at is not None and response.provider_expires_at <= timezone.now()
    there = response.endpoint == settings.SALON_ENDPOINT and response.provider_deleted_at is None
    return bool(response.provider_id) and response.store and there and not expired


def _is_adrift(response: Response) -> bool:
    """Whether the runner of a background response is gone, and the next one has not come yet."""
    held = response.lease_until is not None and response.lease_until > timezone.now()
    return response.is_running and response.background and not held
