"""Bytes inside a request: kept as files of the conversation, with references in their place, as they came otherwise."""

from __future__ import annotations

import hashlib
import io
from typing import IO, Any

from conversations import contents
from conversations.access import Access
from conversations.models import File
from conversations.turns.blobs import LARGE, SAID, bytes_in, describe

Files = dict[str, tuple[File, IO[bytes]]]


def kept(access: Access, value: Any) -> Any:
    """Return input items with data URLs and long base64 replaced by references; keep the bytes, each content once.

    Call it in the transaction that stores the items. Raise `Refused` where the storage is full or away.
    """
    files: Files = {}
    replaced = _replaced(access, value, files)
    if files:
        contents.keep(list(files.values()))
    return replaced


def _replaced(access: Access, value: Any, files: Files) -> Any:
    if isinstance(value, str):
        return _reference(access, value, files) if value.startswith("data:") or len(value) >= LARGE else value
    if isinstance(value, dict):
        if "$file" in value:
            return value  # a file that was named by its id
        return {
            key: inner if key in SAID and isinstance(inner, str) else _replaced(access, inner, files)
            for key, inner in value.items()
        }
    return [_replaced(access, inner, files) for inner in value] if isinstance(value, list) else value


def _reference(access: Access, text: str, files: Files) -> Any:
    found = bytes_in(text)
    if found is None:
        return text
    prefix, content = found
    digest = hashlib.sha256(content).hexdigest()
    if digest not in files:
        media_type, width, height = describe(content)
        file = File(
            conversation=access.conversation,
            owner=access.user,
            purpose=File.Purpose.UPLOAD,
            media_type=media_type,
            size=len(content),
            sha256=digest,
            width=width,
            height=height,
        )
        files[digest] = (file, io.BytesIO(content))
    # Sent on as it came: a client that sends bytes has not asked for a file at the provider
    return files[digest][0].reference | {"prefix": prefix, "inline": True}
