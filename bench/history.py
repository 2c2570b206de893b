"""History: what pages cost when a million items lie in the database, beside the same pages with ten."""

from __future__ import annotations

import http.client
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.report import quantile, table
from bench.servers import ROOT, app, environment, free_port, served
from bench.streaming import READY, program
from scripts.setup import digest

LONG = (9_999, 45, 50_000)
"""Conversations, turns of each, turns of the long one: a turn is two items."""
QUICK = (199, 20, 1_000)
TIMES = 60

PAGES = {
    "open the conversation": "/conversations/{conversation}/",
    "a page of turns from its middle": "/conversations/{conversation}/turns/?before={middle}",
    "the list of conversations": "/",
    "the list in the sidebar": "/sidebar/",
    "a search of their titles": "/sidebar/?q=tides+7",
    "a search of all messages, a frequent word": "/search/?q=tide",
    "the same, a phrase and a word": "/search/?q=glove+%22row+of+shells%22",
    "the same, a word that nobody said": "/search/?q=walnut",
    "the gallery": "/gallery/",
    "its pictures of a prompt": "/gallery/?q=shells",
    "its favourites": "/gallery/?liked=1",
}


@dataclass
class Page:
    """What one address cost: milliseconds of each request, kilobytes of the answer, queries."""

    times: list[float]
    size: float
    queries: int


def measure(quick: bool) -> str:
    """Fill a database where that has not been done, and time pages of it; return the table."""
    folder = database_folder("small" if quick else "large")
    environ = environment(folder, free_port())
    program(["manage.py", "migrate", "--no-input", "--verbosity", "0"], environ)
    places = json.loads(program(["-m", "bench.filling", *map(str, QUICK if quick else LONG)], environ))
    port = free_port()
    with served(app("daphne", port), port, environ, path=READY):
        found = {name: visit(port, place, environ, PAGES) for name, place in places.items()}
    rows = [
        [
            name,
            *(f"{quantile(found['long'][name].times, part):.1f}" for part in (0.5, 0.95)),
            *(f"{quantile(found['short'][name].times, part):.1f}" for part in (0.5, 0.95)),
            f"{found['long'][name].size:.0f} / {found['short'][name].size:.0f}",
            f"{found['long'][name].queries} / {found['short'][name].queries}",
        ]
        for name in PAGES
    ]
    conversations, turns, longest = QUICK if quick else LONG
    items = 2 * (conversations * turns + longest)
    database = "PostgreSQL" if environ.get("DATABASE_URL", "").startswith("postgres") else "SQLite"
    return (
        f"{database}, {items:,} items: {conversations + 1:,} conversations of one person, one of them with "
        f"{2 * longest:,} items, and {min(100_000, items // 2):,} pictures; beside it a person with ten conversations "
        "of ten items, and fifty pictures.\n\n"
        + table(["", "p50 ms", "p95 ms", "with ten: p50 ms", "p95 ms", "kB / with ten", "queries / with ten"], rows)
    )


def database_folder(size: str) -> Path:
    """Return the folder of the database of this size; one that was made for other tables or rows is removed."""
    migrations = sorted((ROOT / "conversations" / "migrations").glob("*.py"))
    made_from = digest([*migrations, ROOT / "bench" / "filling.py"])[:12]
    folders = ROOT / "build" / "bench"
    folder = folders / f"{size}-{made_from}"
    for old in folders.glob(f"{size}-*"):
        if old != folder:
            shutil.rmtree(old)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def visit(port: int, place: dict[str, Any], environ: dict[str, str], pages: dict[str, str]) -> dict[str, Page]:
    """Return what each page costs whoever is signed in by the headers of `place`."""
    paths = {name: path.format(**place) for name, path in pages.items()}
    counted = program(["-m", "bench.queries", place["headers"]["Cookie"], *paths.values()], environ)
    queries = dict(zip(paths, json.loads(counted), strict=True))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    return {name: fetch(connection, path, place["headers"], queries[name]) for name, path in paths.items()}


def fetch(connection: http.client.HTTPConnection, path: str, headers: dict[str, str], queries: int) -> Page:
    times, size = [], 0
    for number in range(TIMES + 5):
        began = time.perf_counter()
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        size = len(response.read())
        if response.status != 200:
            raise RuntimeError(f"{path} answered {response.status}")
        if number >= 5:
            times.append((time.perf_counter() - began) * 1000)
    return Page(times, size / 1000, queries)
