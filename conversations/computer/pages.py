"""The pages that the browser finds at its own host: where a task begins, and where one can practise."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from django.template.loader import render_to_string

from conversations.egress.client import require_url
from conversations.egress.errors import AddressRefused
from conversations.egress.proxy import Page

HOST = "start.salon.invalid"
"""`.invalid` exists nowhere, by agreement (RFC 2606)."""
START = f"http://{HOST}/"
NAMES = {f"{HOST}/": "Start", f"{HOST}/go": "Practice"}
"""What pictures of these pages are called; the interface knows them by that."""
ADDRESS = re.compile(r"(https?://\S+|([a-z0-9-]+\.)+[a-z]{2,}(:\d+)?([/?#]\S*)?)", re.I)
MOST_WORDS = 200


def answer(path: str) -> Page:
    """Return what is at a path of the browser's own host."""
    parts = urlsplit(path)
    asked = parse_qs(parts.query).get("to", [""])[0].strip()
    if parts.path == "/":
        return Page(render_to_string("computer/start.html"))
    if parts.path != "/go":
        return Page(render_to_string("computer/start.html"), status=404)
    if not asked:
        return Page(status=302, location=START)
    if ADDRESS.fullmatch(asked):
        try:
            return Page(status=302, location=str(require_url(asked if "://" in asked else f"https://{asked}")))
        except AddressRefused:
            pass
    return Page(render_to_string("computer/practice.html", {"words": asked[:MOST_WORDS], "rows": range(1, 25)}))
