"""A conversation as a zip: its records, the bytes of its files, and a manifest with a seal.

It is written while it is sent, to nowhere else. `conversation.jsonl` comes first and the manifest last, because only
the end knows the hash of all.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import msgspec
from django.utils import timezone

from conversations import contents
from conversations.errors import Refused
from conversations.exports.records import FORMAT, VERSION, extent_of, files, records
from conversations.models import Conversation, File
from conversations.models.audit import sealed

RECORDS, MANIFEST, FILES = "conversation.jsonl", "manifest.json", "files/"
PIECE = 128 * 1024
SEALED_FOR = "export"


class Outgoing:
    """What a zip writes into: bytes wait here until they are sent. It cannot be sought in, as a socket cannot."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        self._waiting.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        """Return what waits, which then waits no more."""
        taken, self._waiting, self.size = b"".join(self._waiting), [], 0
        return taken


class Archive:
    """A zip that is sent while it is made. Its methods yield what can go."""

    def __init__(self) -> None:
        self._outgoing = Outgoing()
        sink: Any = self._outgoing  # it needs no more of a file than `write` and `flush`
        self._zip = zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED)

    def conversation(self, conversation: Conversation, *, folder: str = "") -> Iterator[bytes]:
        """Add a conversation, below `folder` where several go into one archive."""
        digest, extent = hashlib.sha256(), extent_of(conversation)
        with self._zip.open(folder + RECORDS, "w", force_zip64=True) as entry:
            for record in records(conversation, extent):
                line = encoded(record) + b"\n"
                digest.update(line)
                entry.write(line)
                yield from self._ready()
        missing: list[str] = []
        known: set[str] = set()
        for file in files(conversation):
            if file.sha256 and file.sha256 not in known:
                known.add(file.sha256)
                yield from self.content(file, folder, missing)
        self.note(folder + MANIFEST, manifest(digest.hexdigest(), missing))
        yield from self._ready()

    def note(self, name: str, value: Any) -> None:
        """Add a small JSON file."""
        self._zip.writestr(name, json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    def end(self) -> Iterator[bytes]:
        self._zip.close()
        yield self._outgoing.take()

    def entry(self, name: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Add a file of any size."""
        with self._zip.open(name, "w", force_zip64=True) as entry:
            for piece in pieces:
                entry.write(piece)
                yield from self._ready()

    def content(self, file: File, folder: str, missing: list[str]) -> Iterator[bytes]:
        """Add the bytes of a file under their hash, or note in `missing` that they are not here."""
        try:
            content = contents.opened(file)
        except (FileNotFoundError, Refused):
            missing.append(file.sha256)
            return
        info = zipfile.ZipInfo(f"{folder}{FILES}{file.sha256}", timezone.now().timetuple()[:6])
        with content, self._zip.open(info, "w", force_zip64=True) as entry:  # pictures are compressed already
            while piece := content.read(PIECE):
                entry.write(piece)
                yield from self._ready()

    def _ready(self) -> Iterator[bytes]:
        if self._outgoing.size >= PIECE:
            yield self._outgoing.take()


def archive(conversation: Conversation) -> Iterator[bytes]:
    """Yield the export of one conversation, piece by piece."""
    made = Archive()
    yield from made.conversation(conversation)
    yield from made.end()


def manifest(digest: str, missing: list[str]) -> dict[str, Any]:
    """Return what the manifest says. The seal proves to this server that it wrote these records itself."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": timezone.now().isoformat(),
        "records": RECORDS,
        "sha256": digest,
        "missing_files": missing,
        "seal": sealed(digest, purpose=SEALED_FOR),
    }


def encoded(record: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(record)
    except UnicodeEncodeError:
        return json.dumps(record).encode()  # half a surrogate pair: kept as its escape
