"""Built files, served by the web process itself before Django sees the request."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from servestatic import ServeStaticASGI

HASHED = re.compile(r"[.-][0-9A-Za-z]{8,12}\.")
"""In the name of a file that never changes: Django's manifest and esbuild put a hash of the content there."""
YEAR = 365 * 24 * 3600


def with_static_files(application: Any) -> ServeStaticASGI:
    """Return `application` with the collected files before it. Names that hold a hash may be kept for ever."""
    return ServeStaticASGI(
        application,
        root=settings.STATIC_ROOT,
        prefix=settings.STATIC_URL,
        allow_all_origins=False,
        add_headers_function=_add_headers,
    )


def _add_headers(headers: Any, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    if HASHED.search(url.rpartition("/")[2]):
        headers["Cache-Control"] = f"max-age={YEAR}, public, immutable"
