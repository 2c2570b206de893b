"""Purging: a million items deleted for good in short transactions, while somebody writes."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path
from threading import Event, Thread
from typing import Any

from bench.history import LONG, QUICK, database_folder
from bench.people import set_up
from bench.report import quantile, table
from bench.servers import environment, free_port
from bench.streaming import program

EVERY = 0.25
"""Seconds between two notes of the one who writes meanwhile, in a thread beside, as in the server."""


def measure(quick: bool) -> str:
    """Fill a database, hide all of one person's conversations, purge them, and return the table."""
    size = QUICK if quick else LONG
    environ = environment(database_folder("purge-small" if quick else "purge-large"), free_port())
    program(["manage.py", "migrate", "--no-input", "--verbosity", "0"], environ)
    program(["-m", "bench.filling", *map(str, size)], environ)
    found = json.loads(program(["-m", "bench.purging"], environ))
    waits = found["waits"]
    database = "PostgreSQL" if environ.get("DATABASE_URL", "").startswith("postgres") else "SQLite"
    rows = [
        ["longest transaction", f"{found['longest']:.0f} ms", "200 ms"],
        ["transactions, p50 / p99", f"{found['p50']:.0f} / {found['p99']:.0f} ms", ""],
        ["a note written meanwhile, p50 / p95", f"{quantile(waits, 0.5):.0f} / {quantile(waits, 0.95):.0f} ms", ""],
        ["the longest of them", f"{max(waits):.0f} ms", ""],
        ["memory, at the beginning / at the most", f"{found['before']:.0f} / {found['peak']:.0f} MB", "no growth"],
        ["rows a second", f"{found['rows'] / found['seconds']:,.0f}", ""],
    ]
    return (
        f"{database}: {found['rows']:,} rows of {size[0] + 1:,} conversations, {found['items']:,} items among them, in "
        f"{found['transactions']:,} transactions and {found['seconds']:.0f} s.\n\n"
        + table(["", "measured", "aim"], rows)
    )


def purge() -> dict[str, Any]:
    """Hide Alice's conversations, purge them batch by batch, and return how long each took."""
    from django.utils import timezone

    from conversations.models import Conversation, Deletion
    from conversations.moderation import purging

    now = timezone.now()
    conversations = Conversation.objects.filter(created_by__email="alice@example.com", deleted_at=None)
    Deletion.objects.bulk_create(
        [
            Deletion(conversation_id=pk, cause=Deletion.Cause.PERSON, hidden_at=now, purge_after=now)
            for pk in conversations.values_list("pk", flat=True)
        ],
        batch_size=1_000,
    )
    conversations.update(deleted_at=now)
    times: list[float] = []
    single = purging.batch

    def timed(*arguments: Any) -> str | None:
        began = time.perf_counter()
        try:
            return single(*arguments)
        finally:
            times.append((time.perf_counter() - began) * 1000)

    setattr(purging, "batch", timed)  # noqa: B010 - its type is that of one function
    ended, waits = Event(), list[float]()
    writer = Thread(target=chat, args=(ended, waits))
    before, began = memory("VmRSS"), time.perf_counter()
    writer.start()
    report = purging.purge_due(timezone.now())
    seconds = time.perf_counter() - began
    ended.set()
    writer.join()
    counts: Counter[str] = report.counts
    return {
        "rows": sum(counts.values()),
        "items": counts["items"],
        "transactions": len(times),
        "seconds": seconds,
        "waits": waits,
        "longest": max(times),
        "p50": quantile(times, 0.5),
        "p99": quantile(times, 0.99),
        "before": before,
        "peak": memory("VmHWM"),
    }


def chat(ended: Event, waits: list[float]) -> None:
    """Write notes as Bob until the purge has ended, and keep how many milliseconds each took."""
    from conversations.access import conversation_for
    from conversations.actions import notes
    from conversations.models import Conversation, User

    bob = User.objects.get(email="bob@example.com")
    access = conversation_for(bob, Conversation.objects.filter(created_by=bob).latest("created_at").pk)
    while not ended.wait(EVERY):
        began = time.perf_counter()
        notes.write(access, text="While others purge")
        waits.append((time.perf_counter() - began) * 1000)


def memory(name: str) -> float:
    """Return megabytes of this process: `VmRSS` is now, `VmHWM` the most there was."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


if __name__ == "__main__":
    set_up()
    json.dump(purge(), sys.stdout)
