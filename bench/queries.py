"""Counts the queries of pages. Run with the app's environment: python -m bench.queries COOKIES PATH... Prints JSON."""

from __future__ import annotations

import json
import sys

from bench.people import set_up


def count(cookies: str, path: str) -> int:
    """Return how many queries the page at `path` takes, those of the session and the person among them."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"cookie": cookies, "host": "127.0.0.1"})
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    if response.status_code != 200:
        raise RuntimeError(f"{path} answered {response.status_code}")
    return len(queries)


if __name__ == "__main__":
    set_up()
    json.dump([count(sys.argv[1], path) for path in sys.argv[2:]], sys.stdout)
