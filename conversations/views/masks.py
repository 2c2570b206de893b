"""Larger canvases for pictures, each with the mask of what is new."""

from __future__ import annotations

from django.http import HttpResponse

from conversations.actions import masks, pixel_locks
from conversations.errors import Refused
from conversations.views.files import shown
from conversations.views.json import SignedInRequest, answer, body, door, listing


@door("POST")
def extend(request: SignedInRequest, file_id: str) -> HttpResponse:
    """Make a larger canvas of a picture: `sides` are pixels to add at the left, top, right and bottom."""
    data = body(request)
    sides = listing(data, "sides")
    if len(sides) != len(masks.SIDES) or any(type(side) is not int for side in sides):
        raise Refused("sides are four whole numbers: left, top, right, bottom.", code="sides")
    blend = pixel_locks.feather_of(data.get("blend"))
    masked = masks.extended(request.user, file_id, sides=sides, blend=blend)
    return answer({"picture": shown(masked.picture), "mask": shown(masked.mask)}, status=201)
