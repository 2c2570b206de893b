"""`manage.py purge`: apply the retention rules, and delete for good what has been hidden for long enough."""

from __future__ import annotations

import asyncio
import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from conversations.moderation import certificates, deletion, items, parts, purging, responses, retention, tombstones
from conversations.moderation.compaction import compact
from conversations.turns import provider_deletions
from conversations.turns.provider import forget


class Command(BaseCommand):
    help = "Apply the retention rules and delete for good what is due, here and at the provider. Safe to interrupt."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted")
        parser.add_argument("--now", action="store_true", help="do not wait for the grace of what is already hidden")
        parser.add_argument("--vacuum", action="store_true", help="write a large SQLite file anew, which stops others")
        parser.add_argument(
            "--replay-tombstones",
            nargs="?",
            const="",
            default=None,
            metavar="FILE",
            help="after a restored backup: delete again what was purged since (else: tombstones.jsonl in SALON_DATA)",
        )

    def handle(self, *, dry_run: bool, now: bool, vacuum: bool, replay_tombstones: str | None, **options: Any) -> None:
        moment = timezone.now()
        if dry_run:
            self._say_what_would_go(moment, ignore_grace=now)
            return
        interrupted: list[int] = []
        signal.signal(signal.SIGINT, lambda number, frame: interrupted.append(number))
        signal.signal(signal.SIGTERM, lambda number, frame: interrupted.append(number))
        if replay_tombstones is not None:
            again = tombstones.replay(Path(replay_tombstones) if replay_tombstones else tombstones.path())
            self.stdout.write(f"{again} conversations came back with the backup and are deleted again.")
        hidden = deletion.apply_rules(moment)
        taken = parts.purge_parts(moment)
        taken["items"] = items.purge_items(moment, ignore_grace=now, stopped=lambda: bool(interrupted))
        taken["responses"] = responses.purge_responses(moment, ignore_grace=now, stopped=lambda: bool(interrupted))
        report = purging.purge_due(
            timezone.now() if not now else moment, ignore_grace=now, stopped=lambda: bool(interrupted)
        )
        self.stdout.write(f"Hidden by rules: {hidden} conversations. Taken out of others: {_listed(taken)}.")
        self.stdout.write(f"Purged: {report.purged} conversations ({_listed(report.counts)}).")
        for number, sentence in (
            (report.held, "are held and stay"),
            (report.running, "are still being stopped; run this again"),
            (report.failed, "could not be purged; the log says why; run this again"),
        ):
            if number:
                self.stdout.write(f"{number} conversations {sentence}.")
        if interrupted:
            self.stdout.write("Interrupted: run this again to go on.")
            return
        certificates.issue_missing()
        done, waiting, dead = asyncio.run(_at_provider())
        self.stdout.write(f"At the provider: {done} deleted, {waiting} waiting, {dead} given up.")
        if not compact(whole=vacuum):
            self.stdout.write("The database file was not written anew: when nobody is at work, run purge --vacuum.")

    def _say_what_would_go(self, moment: Any, *, ignore_grace: bool) -> None:
        preview = retention.preview(retention.Rules(moment))
        due = purging.due(moment, ignore_grace=ignore_grace)
        self.stdout.write(f"Would hide by rules: {preview.conversations} conversations; {preview.held} more are held.")
        self.stdout.write(f"With them, and what else is past its time: {_listed(preview.counts)}.")
        self.stdout.write(f"Would purge: {due.count()} hidden conversations, those apart that are held.")


async def _at_provider() -> tuple[int, int, int]:
    try:
        return await provider_deletions.work_off(once=True)
    finally:
        await forget()


def _listed(counts: Any) -> str:
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if number) or "nothing"
