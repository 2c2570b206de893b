"""Telling devices and sending letters, by the keeper of each process: a conditional update says whose it is."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic

import msgspec
import structlog
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db.models import Min
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext, override

from conversations.egress.errors import EgressError
from conversations.models import Notice, PushSubscription, User
from conversations.models.notice import digest_of
from conversations.notices.listing import told
from conversations.notices.push import Browser, send

log = structlog.get_logger(__name__)

AT_ONCE = 100
"""Notices that are pushed, and people who are written to, in one go."""
MOST_IN_A_LETTER = 50
LONGEST = 10.0
"""Seconds after which what is left waits for the next go: the keeper has more to do than wait for slow ones."""
STALE = timedelta(days=7)
"""What could not be said for so long is not said any more."""
LATER = timedelta(minutes=10)
PERIODS = {Notice.Digest.HOUR: timedelta(hours=1), Notice.Digest.DAY: timedelta(days=1)}
UNSUBSCRIBE = "salon.notices.unsubscribe"


def push_due() -> int:
    """Tell the devices of whoever is to be told now; return how many notices that were."""
    due = Notice.objects.filter(push_at__lte=timezone.now()).order_by("push_at").values_list("pk", flat=True)
    until, told_now = monotonic() + LONGEST, 0
    for pk in list(due[:AT_ONCE]):
        if monotonic() > until:
            break
        told_now += _push(pk)
    return told_now


def _push(pk: int) -> bool:
    if not Notice.objects.filter(pk=pk, push_at__isnull=False).update(push_at=None):
        return False
    row = Notice.objects.select_related("user").get(pk=pk)
    person = row.user
    if not person.is_active or not Notice.objects.visible_to(person).filter(pk=pk, read_at=None).exists():
        return False
    with override(person.language or settings.LANGUAGE_CODE):
        words = str(Notice.Kind(row.kind).label)
    message = msgspec.json.encode({"body": words, "url": reverse("notice", args=[pk]), "tag": f"notice-{pk}"})
    for known in PushSubscription.objects.filter(user=person):
        try:
            if not send(message, Browser(known.endpoint, known.p256dh, known.auth)):
                known.delete()
        except EgressError as error:
            log.info("push_failed", subscription=known.pk, error=type(error).__name__)
    return True


def mail_due() -> int:
    """Write to those whose oldest notice has waited for as long as they want; return how many letters went out."""
    now = timezone.now()
    Notice.objects.filter(mail_at__lt=now - STALE).update(mail_at=None)
    waiting = Notice.objects.filter(mail_at__lte=now - PERIODS[Notice.Digest.HOUR])
    oldest = waiting.order_by().values("user").annotate(since=Min("mail_at")).order_by("since")
    since = dict(oldest.values_list("user", "since")[:AT_ONCE])
    letters = 0
    for person in User.objects.filter(pk__in=since, is_active=True):
        period = PERIODS.get(Notice.Digest(digest_of(person)))
        if period is None:
            Notice.objects.filter(user=person).update(mail_at=None)
        elif since[person.pk] <= now - period:
            letters += _write(person)
    return letters


def _write(person: User) -> bool:
    """Send one letter about all that waits for it."""
    rows = Notice.objects.visible_to(person).filter(mail_at__isnull=False, read_at=None).order_by("-id")
    found = [
        row
        for row in rows.select_related("conversation", "by")[:MOST_IN_A_LETTER]
        if Notice.objects.filter(pk=row.pk, mail_at__isnull=False).update(mail_at=None)
    ]
    # What is left was read meanwhile, is not to be seen any more, or would be too much
    Notice.objects.filter(user=person, mail_at__isnull=False).update(mail_at=None)
    if not found:
        return False
    try:
        letter(person, found).send()
    except OSError as error:  # smtplib's errors are among them
        log.warning("digest_failed", user=person.pk, error=type(error).__name__)
        Notice.objects.filter(pk__in=[row.pk for row in found]).update(mail_at=timezone.now() + LATER)
        return False
    return True


def letter(person: User, rows: list[Notice]) -> EmailMultiAlternatives:
    """Return a letter about notices, in the person's language, with a way to have no more of them."""
    stop = settings.SALON_URL + reverse("notices_unsubscribe", args=[signing.dumps(person.pk, salt=UNSUBSCRIBE)])
    with override(person.language or settings.LANGUAGE_CODE):
        count = len(rows)
        shown = {"person": person, "rows": told(rows), "site": settings.SALON_URL, "stop": stop, "count": count}
        subject = ngettext("One thing waits for you in Salon", "%(count)s things wait for you in Salon", count)
        message = EmailMultiAlternatives(
            subject % {"count": count},
            render_to_string("notices/letter.txt", shown),
            to=[person.email],
            headers={"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        )
        message.attach_alternative(render_to_string("notices/letter.html", shown), "text/html")
    return message
