"""What the provider says of an answer when it is asked now, and what it is told to forget."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import structlog
from asgiref.sync import async_to_sync
from django.utils.translation import gettext as _

from conversations.inspector.answer import kept
from conversations.inspector.request import readable
from conversations.models import Response
from conversations.shown import shown_item
from conversations.turns.provider import provider
from conversations.upstream.errors import ResponseNotFound, UpstreamError

log = structlog.get_logger(__name__)

PATIENCE = 15.0
"""Seconds that a person waits for the provider's answer."""
PAGE = 20
SLOW = "The provider did not answer in time. Try again in a moment."


@dataclass(frozen=True)
class InputItems:
    """A page of the input items as the provider lists them, or a sentence that says why there is none."""

    items: list[dict[str, Any]] = field(default_factory=list)
    following: str = ""
    problem: str = ""


def input_items(response: Response, *, after: str = "") -> InputItems:
    """Ask the provider for a page of the input items."""
    if sentence := _not_there(response):
        return InputItems(problem=sentence)
    try:
        answer = async_to_sync(_list)(response.provider_id, after or None)
    except ResponseNotFound:
        return InputItems(problem=_("The provider does not have this response any more. What was sent stands above."))
    except UpstreamError as error:
        return InputItems(problem=error.sentence)
    except TimeoutError:
        return InputItems(problem=SLOW)
    data = answer.get("data")
    items = [readable(shown_item(item)) for item in data if isinstance(item, dict)] if isinstance(data, list) else []
    following = str(answer.get("last_id") or "") if answer.get("has_more") else ""
    return InputItems(items=items, following=following)


def delete(response: Response) -> str:
    """Delete the response at the provider; return "" once it is not there any more, else a sentence that says why not.

    What was deleted or had expired before is not there any more either.
    """
    try:
        gone = async_to_sync(_delete)(response.provider_id)
    except UpstreamError as error:
        log.warning("not_deleted_at_provider", response=response.pk, error=type(error).__name__)
        return error.sentence
    except TimeoutError:
        log.warning("not_deleted_at_provider", response=response.pk, error="TimeoutError")
        return SLOW
    return "" if gone else _("The provider did not say that it deleted the response. Try again in a moment.")


def _not_there(response: Response) -> str:
    match kept(response).state:
        case "nothing" if not response.provider_id:
            return _("The provider knows nothing of this answer: it was not reached, or has not begun yet.")
        case "nothing":
            return _(
                "This answer was asked for with store=false, so the provider keeps neither it nor its input. "
                "What was sent stands above."
            )
        case "deleted":
            return _("This response was deleted at the provider. What was sent stands above.")
    return ""


async def _list(response_id: str, after: str | None) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        return await (await provider()).list_input_items(response_id, after=after, limit=PAGE)


async def _delete(response_id: str) -> bool:
    async with asyncio.timeout(PATIENCE):
        return await (await provider()).delete_response(response_id)
