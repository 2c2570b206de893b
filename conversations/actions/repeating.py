"""Another answer to the same message is asked for in the same way: its form, its picture with mask and lock."""

from __future__ import annotations

from typing import Any

from conversations import catalog
from conversations.models import PixelLock, Response

REPEATED = ("tools", "tool_choice")
"""Of a picture's turn: its options, its mask, and that it is to be a picture."""


def asked_like(response: Response, model: str) -> dict[str, Any]:
    """Return how another answer of `model`, "" for the usual one, is to be asked for: `options`, `model`, `making`."""
    options = _room_for(response) | form_of(response)
    if not _is_picture(response, model):
        return {"options": options, "model": model}
    options |= {name: response.options[name] for name in REPEATED if name in response.options}
    return {"options": options, "model": model or response.model, "making": response.making}


def form_of(response: Response) -> dict[str, Any]:
    """Return the form that an answer was asked for in; nothing where that was words."""
    return {"text": {"format": response.options["text"]["format"]}} if response.answer_form else {}


def _room_for(response: Response) -> dict[str, Any]:
    """Return twice the limit that cut an answer in a form short, as far as the model goes: half a JSON is none."""
    limit = response.options.get("max_output_tokens")
    reason = (response.incomplete_details or {}).get("reason")
    if not (response.answer_form and limit and reason == "max_output_tokens"):
        return {}
    most = catalog.capabilities(response.model).max_output_tokens
    return {"max_output_tokens": min(2 * limit, most or 2 * limit)}


def _is_picture(response: Response, model: str) -> bool:
    """Return whether it was asked for in the studio, and can be made again by this model."""
    return bool(response.making) and (not model or catalog.capabilities(model).image_tool)


def lock_like(response: Response, again: Response) -> None:
    """Have the picture of another answer locked as that of the first; to be called where that is queued."""
    lock = PixelLock.objects.filter(response=response).first() if again.making.get("lock") else None
    if lock is not None:
        PixelLock.objects.create(response=again, original=lock.original, mask=lock.mask, feather=lock.feather)
