"""`manage.py issuekey EMAIL`: make a key of the gateway for a person, and print it alone on the last line."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from conversations.actions import keys
from conversations.errors import Refused
from conversations.models import Key, User


class Command(BaseCommand):
    help = "Make a key of the gateway for a person. It is printed once, alone on the last line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="whose key it is")
        parser.add_argument("--name", default="", help="what it is for")
        parser.add_argument(
            "--scopes",
            nargs="+",
            default=list(Key.Scope.values),
            metavar="SCOPE",
            help=f"what it may do, with spaces or commas between: {', '.join(Key.Scope.values)} (all of them)",
        )
        parser.add_argument("--expires", default="", help="a day (2027-05-19), a time, or days from now (90d); never")

    def handle(self, *, email: str, name: str, scopes: list[str], expires: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody here has the address {email}, or their account is closed.")
        words = [word for given in scopes for word in given.replace(",", " ").split()]
        try:
            key, secret = keys.issue(user, name=name, scopes=words, expires_at=_moment(expires))
        except Refused as error:
            raise CommandError(error.sentence) from error
        until = f"until {key.expires_at:%Y-%m-%d %H:%M} UTC" if key.expires_at else "until it is revoked"
        self.stderr.write(f"A key for {user.email} to {', '.join(key.scopes)}, {until}. It is not shown again:")
        self.stdout.write(secret)


def _moment(given: str) -> datetime | None:
    """Return the moment that the words mean, None for never; raise CommandError. A day lasts until its end in UTC."""
    if given in {"", "never"}:
        return None
    if match := re.fullmatch(r"(\d{1,4})d", given):
        return timezone.now() + timedelta(days=int(match[1]))
    try:
        if day := parse_date(given):
            return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        if moment := parse_datetime(given):
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        pass
    raise CommandError(f"--expires is “{given}”: write a day like 2027-05-19, or days from now like 90d.")
