"""Gives a conversation a title after its first answer, in the model's words. Until then its first words are it."""

from __future__ import annotations

from typing import Any

import structlog
from django.conf import settings

from conversations import catalog, threads
from conversations.actions.conversations import set_title
from conversations.models import Item, Response
from conversations.turns.provider import provider
from conversations.upstream.errors import UpstreamError

log = structlog.get_logger(__name__)

EXCERPT = 2_000
"""Characters of the message and of the answer that the model is shown."""
WISH = (
    "Give this conversation a title of three to six words, in the language of its first message. "
    "Answer with the title alone: no quotation marks, no full stop."
)


async def give_title(response_id: int) -> None:
    """Ask the model for a title where this was the first answer and nobody has given one.

    The embedded provider is not asked: its words would be worse than the message's own. A failure leaves the title.
    """
    if settings.SALON_PROVIDER is None:
        return
    said = await threads.runner.run(_first_turn, response_id)
    if said is None:
        return
    conversation_id, body = said
    try:
        answer = await (await provider()).create_response(body)
    except UpstreamError as error:
        log.info("no_title", response=response_id, error=type(error).__name__)
        return
    if title := cleaned(answer):
        await threads.runner.run(set_title, conversation_id, title)


def _first_turn(response_id: int) -> tuple[str, dict[str, Any]] | None:
    response = Response.objects.select_related("conversation").get(pk=response_id)
    if (
        response.previous_response_id is not None
        or response.status != Response.Status.COMPLETED
        or response.conversation.title_by_person
        or response.door == Response.Door.GATEWAY  # each call would be paid twice
    ):
        return None
    items = Item.objects.present().filter(response__in={response.pk, response.input_owner_id}, type="message")
    texts = [item.text[:EXCERPT] for item in items.order_by("direction", "index") if item.text]
    capabilities = catalog.capabilities(response.model)
    body: dict[str, Any] = {
        "model": response.model,
        "instructions": WISH,
        "input": "\n\n---\n\n".join(texts),
        "store": False,
        "max_output_tokens": 1_000,
    }
    if capabilities.reasoning_efforts:
        body["reasoning"] = {"effort": capabilities.reasoning_efforts[0]}
    return response.conversation_id, body


def cleaned(answer: dict[str, Any]) -> str:
    """Return the first line of what a model answered, without ornaments; "" where it said nothing."""
    parts = [
        part.get("text", "")
        for item in answer.get("output") or []
        if isinstance(item, dict) and item.get("type") == "message"
        for part in item.get("content") or []
        if isinstance(part, dict) and part.get("type") == "output_text"
    ]
    line = next((line for line in "".join(parts).splitlines() if line.strip()), "")
    return line.strip().strip("#*_\"'“”„ ").removesuffix(".")[:120]
