"""Makes the smaller copies of pictures, one after the other, beside everything else that a runner does."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from typing import IO

import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from conversations import contents
from conversations.errors import Refused
from conversations.intake.kinds import BadFile
from conversations.intake.workshop import Busy, workshop
from conversations.models import File, Rendition
from conversations.models.file import lock_content
from conversations.models.rendition import LEASE, MOST_ATTEMPTS, SIDES, rendition_name

log = structlog.get_logger(__name__)

SECONDS = 10.0
"""For the copies of one picture; who takes longer loses the process."""


def make_all() -> int:
    """Make the copies that are wanted and that nobody else makes; return of how many contents."""
    done = 0
    while (rendition := _claim()) is not None:
        try:
            sides = _made(rendition)
        except (Refused, Busy, OSError) as error:  # the store is away: once more, when the lease has ended
            log.warning("rendition_failed", error=type(error).__name__)
            if rendition.attempts < MOST_ATTEMPTS:
                continue
            sides = []
        Rendition.objects.filter(pk=rendition.pk).update(sides=sides, done_at=timezone.now(), lease_until=None)
        done += 1
    return done


def _claim() -> Rendition | None:
    """Take the next one. The number of attempts is the fence: who took it before has another."""
    for rendition in Rendition.objects.waiting()[:10]:
        rendition.attempts += 1
        free = Rendition.objects.waiting().filter(pk=rendition.pk, attempts=rendition.attempts - 1)
        if free.order_by().update(attempts=rendition.attempts, lease_until=Now() + LEASE):
            return rendition
    return None


def _made(rendition: Rendition) -> list[int]:
    """Make and store the copies; return their sides, none for a content that is no good picture."""
    name = File(sha256=rendition.sha256).storage_name
    with ExitStack() as stack:
        source = _unnamed(stack)
        targets = [_unnamed(stack) for _ in SIDES]
        try:
            with contents.opened_name(name) as stored:
                shutil.copyfileobj(stored, source)
            found = workshop.do("copies", [source, *targets], seconds=SECONDS, sides=list(SIDES))
        except FileNotFoundError:
            return []
        except BadFile as error:
            log.info("no_renditions", reason=error.code)
            return []
        sides: list[int] = found["sides"]
        with transaction.atomic():
            lock_content(rendition.sha256)
            if not File.objects.filter(sha256=rendition.sha256).exists():
                return []  # deleted meanwhile, with the copies
            for side, target in zip(sides, targets, strict=False):
                _store(rendition_name(rendition.sha256, side), target)
        return sides


def _unnamed(stack: ExitStack) -> IO[bytes]:
    return stack.enter_context(tempfile.TemporaryFile(dir=settings.DATA))


def _store(name: str, source: IO[bytes]) -> None:
    if default_storage.exists(name):
        default_storage.delete(name)  # what a crash left of it
    source.seek(0)
    default_storage.save(name, ContentFile(source.read()))
