"""What a person wants to be told of, and how."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from conversations.errors import Refused
from conversations.models import Notice, PushSubscription, User
from conversations.models.notice import endpoint_hash, wants
from conversations.notices.push import checked

MOST_BROWSERS = 10


@dataclass(frozen=True)
class Choice:
    """A kind of notice, and for each way whether it is on."""

    kind: str
    label: str
    ways: list[tuple[str, str, bool]]


def choice_rows(user: User) -> list[Choice]:
    """Return what the form of the settings shows."""
    return [
        Choice(
            kind.value,
            str(kind.label),
            [(f"{kind}.{way}", str(way.label), wants(user, kind, way)) for way in Notice.Way],
        )
        for kind in Notice.Kind
    ]


def choose(user: User, *, on: Collection[str], digest: str) -> None:
    """Keep what is on; every other way is off. Raise `Refused`."""
    if digest not in Notice.Digest.values:
        raise Refused("Choose how often a letter may come.", code="digest")
    every = {f"{kind}.{way}" for kind in Notice.Kind for way in Notice.Way}
    user.notice_choices = {"off": sorted(every - set(on)), "digest": digest}
    user.save(update_fields=["notice_choices"])


def stop_letters(user: User) -> None:
    """Send no letters any more; the rest stays as it was."""
    user.notice_choices = {**user.notice_choices, "digest": Notice.Digest.NEVER.value}
    user.save(update_fields=["notice_choices"])


def subscribe(user: User, *, endpoint: object, p256dh: object, auth: object) -> None:
    """Tell this browser from now on; whoever used it before is not told there any more. Raise `Refused`."""
    browser = checked(endpoint, p256dh, auth)
    with transaction.atomic():
        theirs = PushSubscription.objects.filter(user=user).order_by("-id")
        for old in theirs[MOST_BROWSERS - 1 :]:
            old.delete()
        PushSubscription.objects.update_or_create(
            endpoint_hash=endpoint_hash(browser.endpoint),
            defaults={
                "user": user,
                "endpoint": browser.endpoint,
                "p256dh": browser.p256dh,
                "auth": browser.auth,
            },
        )


def unsubscribe(user: User, *, endpoint: object) -> None:
    """Tell this browser of nothing any more."""
    if isinstance(endpoint, str):
        PushSubscription.objects.filter(user=user, endpoint_hash=endpoint_hash(endpoint)).delete()
