"""Files that code made in a provider's container: kept here, for a container ends after twenty idle minutes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import structlog
from django.db import DatabaseError

from conversations import threads
from conversations.errors import Refused
from conversations.models import File, Item, Response
from conversations.models.fields import plain
from conversations.turns import blobs
from conversations.turns.provider import provider
from conversations.upstream.errors import UpstreamError

log = structlog.get_logger(__name__)

PATIENCE = 60.0
"""Seconds that one file may take."""
MOST_FILES = 50
MOST_BYTES = 64 * 1024 * 1024
_keeping: set[asyncio.Task[None]] = set()


def cited(output: Iterable[dict[str, Any] | None]) -> dict[str, tuple[str, str]]:
    """Return container and name of each file that an answer cites, by the file's id."""
    found: dict[str, tuple[str, str]] = {}
    for item in output:
        content = item.get("content") if item else None
        for part in content if isinstance(content, list) else ():
            notes = part.get("annotations") if isinstance(part, dict) else None
            for note in notes if isinstance(notes, list) else ():
                if not isinstance(note, dict) or note.get("type") != "container_file_citation":
                    continue
                file_id, container = note.get("file_id"), note.get("container_id")
                if isinstance(file_id, str) and isinstance(container, str) and len(found) < MOST_FILES:
                    found[file_id] = (container, str(note.get("filename") or file_id))
    return found


def keep_soon(response: Response, output: Iterable[dict[str, Any] | None]) -> None:
    """Fetch what an answer that has ended cites, beside whatever else this process does."""
    if files := cited(output):
        task = asyncio.create_task(_keep(response, files))
        _keeping.add(task)
        task.add_done_callback(_keeping.discard)


async def _keep(response: Response, files: dict[str, tuple[str, str]]) -> None:
    for file_id, (container, name) in files.items():
        try:
            content = await read(container, file_id)
            await threads.runner.run(store, response, content, name)
        except (UpstreamError, TimeoutError, Refused, DatabaseError, OSError) as error:
            log.warning("made_file_not_kept", response=response.pk, error=type(error).__name__)


async def read(container: str, file_id: str) -> bytes:
    """Return the bytes of a file in a container.

    Raise the `UpstreamError` of a provider that does not give it, `TimeoutError`, or `Refused` for too large a file.
    """
    async with asyncio.timeout(PATIENCE):
        content = await (await provider()).container_file_content(container, file_id)
    if len(content) > MOST_BYTES:
        raise Refused("This file is too large to be kept here.", code="large", status=413)
    return content


def store(response: Response, content: bytes, name: str) -> File:
    """Keep a file that code made for this answer; return it."""
    reference = blobs.store(content, response, File.Purpose.RESULT)
    File.objects.filter(pk=reference["$file"]).update(name=_name(name))
    return File.objects.get(pk=reference["$file"])


def kept(response: Response, name: str) -> File | None:
    """Return a file that code made for this answer, by its name."""
    return File.objects.filter(response=response, purpose=File.Purpose.RESULT, name=_name(name), purged_at=None).first()


def cited_in(response: Response) -> dict[str, tuple[str, str]]:
    """Return what `cited` finds in the answer as it is stored."""
    items = Item.objects.filter(response=response, direction=Item.Direction.OUTPUT, type="message")
    return cited(item.payload for item in items)


def _name(given: str) -> str:
    return plain(given).replace("/", "_").replace("\\", "_")[-255:]
