"""`manage.py verifyaudit`: prove that nobody has changed the audit log, or say where they did."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from conversations.models import Chain
from conversations.models.audit import first_broken

GUARD = "audit_entries_stay"
"""The triggers that refuse changes begin with this name."""
GUARDS = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s",
    "postgresql": "SELECT count(*) FROM pg_trigger WHERE tgname LIKE %s AND tgenabled <> 'D'",
}


class Command(BaseCommand):
    help = "Check every entry of the audit log and the chain between them; name the first one that is broken."

    def handle(self, **options: Any) -> None:
        if broken := first_broken():
            position, reason = broken
            raise CommandError(f"The audit chain is broken at position {position}: {reason}.")
        chain = Chain.objects.filter(pk="audit").first() or Chain(name="audit")
        self.stdout.write(f"The audit chain holds: {chain.position} entries, seal of the last one {chain.seal or '-'}")
        if not self._is_guarded():
            self.stderr.write(
                "The database's triggers against changes are missing: migrate anew, or find who took them."
            )

    def _is_guarded(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(GUARDS[connection.vendor], [f"{GUARD}%"])
            return bool(cursor.fetchone()[0])
