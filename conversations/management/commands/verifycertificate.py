"""`manage.py verifycertificate`: is a deletion certificate ours, whole, and still true?"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from conversations.models import Chain
from conversations.moderation import certificates


class Command(BaseCommand):
    help = "Check a deletion certificate to the byte, or without a file all of them and the chain between them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="a certificate as it was downloaded")

    def handle(self, *, file: str | None, **options: Any) -> None:
        if file is None:
            if broken := certificates.first_broken():
                raise CommandError(f"The chain of certificates is broken at position {broken[0]}: {broken[1]}.")
            chain = Chain.objects.filter(pk=certificates.CHAIN).first() or Chain(name=certificates.CHAIN)
            self.stdout.write(f"All {chain.position} certificates hold.")
            return
        try:
            document = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read as text.") from error
        if problem := certificates.problem_of(document):
            raise CommandError(f"The certificate does not hold: {problem}.")
        self.stdout.write("The certificate holds: it was issued here, is unaltered, and nothing of it is left.")
