"""The rows of the matrix for the studio and the gallery."""

from __future__ import annotations

from typing import Any

from tests.live.outcomes import LOGIN, MEMBERS, MEMBERS_PAGE, SIGNED_IN, WRITERS

PICTURE_ROWS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "gallery": ("GET", SIGNED_IN),
    "gallery_download": ("POST", SIGNED_IN),
    "boards": ("POST", SIGNED_IN),
    "board": ("POST", (LOGIN, 404, 404, 404, 200, LOGIN, 404)),
    "on_board": ("POST", (LOGIN, 404, 404, 404, 404, LOGIN, 404)),
    "picture": ("GET", MEMBERS_PAGE),
    "favourite": ("POST", MEMBERS_PAGE),
    "picture_delete": ("POST", MEMBERS_PAGE),
    "recall": ("POST", MEMBERS_PAGE),
    "file_download": ("GET", MEMBERS_PAGE),
    "file_size": ("GET", MEMBERS_PAGE),
    "studio": ("GET", SIGNED_IN),
    "studio_new": ("POST", SIGNED_IN),
    "studio_work": ("GET", MEMBERS_PAGE),
    "studio_state": ("GET", MEMBERS),
    "studio_make": ("POST", WRITERS),
    "studio_version": ("POST", MEMBERS),
}
