"""The pixel lock: outside a mask, a picture keeps every pixel of its original, whatever the model did there.

The model's own picture stays beside it. Laying one over the other takes seconds, so it is done after the answer, by any
process that runs turns; the row is what there is to do.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import IO, Any

import structlog
from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.utils import timezone

from conversations import contents, events
from conversations.actions import files, masks
from conversations.errors import Refused
from conversations.intake.workshop import workshop
from conversations.models import Conversation, Fact, File, Item, PixelLock, Response, User

log = structlog.get_logger(__name__)

MOST_FEATHER = 256
FEATHER = 12
"""Pixels, where nobody says otherwise."""
SECONDS = 60.0
HELD = timedelta(minutes=3)
MOST_TRIES = 3
NO_PICTURE = "No picture came, so there is nothing to lock."
GAVE_UP = "The picture could not be laid over its original. The model’s own picture is shown."
PASSING = frozenset({"busy", "storage", "full"})
"""Codes of what may be otherwise in a while."""


def feather_of(given: object) -> int:
    """Return the feather that a door was sent, in pixels; raise `Refused`."""
    if given is None:
        return FEATHER
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given <= MOST_FEATHER:
        raise Refused(f"The feather of the pixel lock is from 0 to {MOST_FEATHER} pixels.", code="feather")
    return given


def plan(response: Response, masked: masks.Masked, *, feather: int) -> PixelLock:
    """Have the picture of a queued response locked when it comes; to be called in the transaction that queues it."""
    return PixelLock.objects.create(
        response=response, original=masked.picture, mask=masked.mask, feather=feather_of(feather)
    )


def due() -> list[int]:
    """Return the ids of locks whose answer has ended and which nobody is at."""
    free = Q(held_until=None) | Q(held_until__lt=timezone.now())
    waiting = PixelLock.objects.filter(free, state=PixelLock.State.WAITING, response__done_at__isnull=False)
    return list(waiting.order_by("id").values_list("pk", flat=True)[:50])


def release_all() -> None:
    """Take locks from processes that are gone; to be called where no other runs."""
    PixelLock.objects.filter(state=PixelLock.State.WAITING).exclude(held_until=None).update(held_until=None)


def settle(lock_id: int) -> None:
    """Make the locked picture and its heat map, or say why there is none. Does nothing where another process is at it.

    Never raises for what is wrong with a picture; what passes (a full disk, a database that is away) is tried again.
    """
    lock = _claimed(lock_id)
    if lock is None:
        return
    made = made_picture(lock.response)
    if made is None:
        _end(lock, state=PixelLock.State.FAILED, problem=NO_PICTURE)
        return
    try:
        _make(lock, made)
    except Refused as error:
        if error.code not in PASSING:
            _end(lock, state=PixelLock.State.FAILED, problem=error.sentence[:300], made=made)
        elif lock.tries >= MOST_TRIES:
            _end(lock, state=PixelLock.State.FAILED, problem=GAVE_UP, made=made)
        log.warning("pixel_lock_failed", lock=lock.pk, code=error.code)
    except (OSError, DatabaseError) as error:
        log.warning("pixel_lock_failed", lock=lock.pk, error=type(error).__name__)


def _claimed(lock_id: int) -> PixelLock | None:
    now = timezone.now()
    free = Q(held_until=None) | Q(held_until__lt=now)
    waiting = PixelLock.objects.filter(free, pk=lock_id, state=PixelLock.State.WAITING)
    if not waiting.update(held_until=now + HELD, tries=F("tries") + 1):
        return None
    lock = PixelLock.objects.select_related("response", "original", "mask").get(pk=lock_id)
    if lock.tries > MOST_TRIES:  # whoever was at it died each time
        _end(lock, state=PixelLock.State.FAILED, problem=GAVE_UP, made=made_picture(lock.response))
        return None
    return lock


def made_picture(response: Response) -> File | None:
    """Return the model's own picture, the last of several."""
    calls = Item.objects.present().filter(
        response=response, direction=Item.Direction.OUTPUT, type="image_generation_call"
    )
    for call in calls.order_by("-index"):
        result = call.payload.get("result")
        if isinstance(result, dict) and isinstance(result.get("$file"), str):
            return File.objects.filter(pk=result["$file"], purged_at=None).first()
    return None


def _make(lock: PixelLock, made: File) -> None:
    with ExitStack() as stack, contents.disk_troubles(), masks.refusing():
        given = [stack.enter_context(masks.opened(file)) for file in (lock.original, made, lock.mask)]
        picture, heat = (stack.enter_context(files.unnamed()) for _ in range(2))
        facts = workshop.do("lock", [*given, picture, heat], seconds=SECONDS, feather=lock.feather)
        maker = lock.response.created_by
        assert maker is not None  # plan() was called for a person
        locked = _row(made, maker, picture, File.Purpose.LOCKED, "image/png", [facts["width"], facts["height"]])
        warm = _row(made, maker, heat, File.Purpose.HEAT, "image/webp", facts["heat"])
        contents.keep([(locked, picture), (warm, heat)])
    _end(lock, state=PixelLock.State.DONE, made=made, locked=locked, heat=warm, changed=facts["share"])


def _row(made: File, maker: User, content: IO[bytes], purpose: File.Purpose, media_type: str, size: list[int]) -> File:
    file = files.row_of(content, maker, name="", media_type=media_type)
    file.conversation_id, file.response_id, file.preview_of = made.conversation_id, made.response_id, made
    file.purpose = purpose
    file.width, file.height = size
    return file


def _end(lock: PixelLock, **values: Any) -> None:
    """Write how it ended, and tell the pages."""
    with transaction.atomic():
        try:
            conversation = events.lock(lock.response.conversation_id)
        except Conversation.DoesNotExist:
            return
        if PixelLock.objects.filter(pk=lock.pk, state=PixelLock.State.WAITING).update(held_until=None, **values):
            events.record(conversation, Fact.Kind.RESPONSE_UPDATED, response=Response.objects.get(pk=lock.response_id))
