"""Administration: what its lists cost when a million audit entries, many cases and much usage lie in the database."""

from __future__ import annotations

import json

from bench.history import LONG, QUICK, database_folder, visit
from bench.report import quantile, table
from bench.servers import app, environment, free_port, served
from bench.streaming import READY, program

MANY = (1_000_000, 100_000, 1_000_000)
FEW = (4_000, 1_000, 5_000)
"""Entries of the audit log, cases with a report each, rows of usage."""

PAGES = {
    "the queue of cases": "/admin/moderation/",
    "the same, from its middle": "/admin/moderation/?show=open&before={case}&below=2",
    "the closed ones": "/admin/moderation/?show=closed",
    "a case": "/admin/moderation/{case}/",
    "the audit log": "/admin/audit/",
    "the log from its middle": "/admin/audit/?before={position}",
    "of an action, frequent": "/admin/audit/?action=case.read",
    "of an action, rare": "/admin/audit/?action=mcp_server",
    "of an action that never was": "/admin/audit/?action=nobody.knows",
    "of a person with many entries": "/admin/audit/?person=alice@example.com",
    "of a person with few": "/admin/audit/?person=member-1@example.com",
    "of a thing": "/admin/audit/?thing={thing}",
    "what failed": "/admin/audit/?outcome=failure",
    "of a day a year ago": "/admin/audit/?since={day}&until={day}",
    "what a person failed in": "/admin/audit/?person=member-1@example.com&outcome=failure",
    "usage by person, 30 days": "/admin/usage/",
    "usage by model, 30 days": "/admin/usage/?by=model",
    "usage by group, 30 days": "/admin/usage/?by=group",
    "budgets": "/admin/budgets/",
}


def measure(quick: bool) -> str:
    """Fill a database where that has not been done, and time pages of it; return the table."""
    environ = environment(database_folder("small" if quick else "large"), free_port())
    program(["manage.py", "migrate", "--no-input", "--verbosity", "0"], environ)
    program(["-m", "bench.filling", *map(str, QUICK if quick else LONG)], environ)
    numbers = FEW if quick else MANY
    place = json.loads(program(["-m", "bench.records", *map(str, numbers)], environ))
    port = free_port()
    with served(app("daphne", port), port, environ, path=READY):
        found = visit(port, place, environ, PAGES)
    rows = [
        [name, *(f"{quantile(page.times, part):.1f}" for part in (0.5, 0.95)), f"{page.size:.0f}", str(page.queries)]
        for name, page in found.items()
    ]
    database = "PostgreSQL" if environ.get("DATABASE_URL", "").startswith("postgres") else "SQLite"
    entries, reports, usage = numbers
    return (
        f"{database}: {entries:,} entries of the audit log, {reports:,} cases with a report each, a fifth of them "
        f"open, {usage:,} rows of usage, beside the history above.\n\n"
        + table(["", "p50 ms", "p95 ms", "kB", "queries"], rows)
    )
