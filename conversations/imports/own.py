"""Our own export again: an equal conversation, with ids of its own (docs/export.md).

With a seal of this server its people are the accounts of this server. Without one anybody can have written it: its
people are names then, and its calls of tools are history.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from conversations import catalog, contents, parameters
from conversations.actions.conversations import MOST_INSTRUCTIONS
from conversations.actions.files import unnamed
from conversations.actions.order import LONGEST_TAG, MOST_TAGS
from conversations.errors import Refused
from conversations.exports.archive import FILES, MANIFEST, RECORDS, SEALED_FOR
from conversations.exports.records import FORMAT, VERSION
from conversations.imports import sane
from conversations.imports.people import People
from conversations.imports.reading import MOST_MEMBER, BadImport, Counted, Pack, record
from conversations.imports.report import Report
from conversations.imports.rows import ImportedFiles, Rows
from conversations.imports.writing import BATCH, BREATH, begin, finish, known
from conversations.intake import kinds
from conversations.intake.recipes import clean
from conversations.models import Conversation, File, McpServer, Tag, User
from conversations.models.audit import sealed
from conversations.models.tool import offered_to

NEWER = "This export was written by a newer version of Salon. Bring this one up to date first."
BYTES = "application/octet-stream"
KEPT_TYPE = ("application/pdf", "text/plain", "text/markdown", "text/csv", "application/json")


def folders(pack: Pack) -> list[str]:
    """Return where the exports in a zip lie: one, or one in each folder."""
    return [name.removesuffix(RECORDS) for name in pack.names() if name.rpartition("/")[2] == RECORDS]


class OwnReader:
    """Reads one export of ours out of a zip and writes it as a conversation of `user`."""

    def __init__(self, user: User, pack: Pack, folder: str, report: Report, tell: Callable[[int], None]) -> None:
        self._user, self._pack, self._folder, self._report, self._tell = user, pack, folder, report, tell
        self._files = ImportedFiles()

    def write(self) -> None:
        """Raise `BadImport` for what is broken; what a database or storage raises is tried again."""
        digest, sealed_here = self._look()
        if known(self._user, digest):
            self._report.taken["known"] += 1
            return
        records = self._records()
        first = next(records, {})
        if first.get("record") != "conversation" or first.get("format") != FORMAT:
            raise BadImport("This zip holds no export of Salon that can be read.")
        if first.get("version") != VERSION:
            raise BadImport(NEWER)
        conversation = self._begin(first, digest)
        people = People(self._user, trusted=sealed_here)
        rows = Rows(conversation, self._user, people, self._files, self._report)
        self._rest(conversation, rows, records)
        branch = rows.end(first.get("branch"))
        finish(conversation, self._user, branch)
        self._report.brought(conversation.pk)

    def _look(self) -> tuple[str, bool]:
        """Return the hash of the records, and whether this server wrote them so."""
        digest = hashlib.sha256()
        stream = self._pack.stream(self._folder + RECORDS)
        while piece := stream.read():
            digest.update(piece)
        name = self._folder + MANIFEST
        seal: Any = None
        if name in self._pack.members:
            seal = (record(self._pack.stream(name).read()) or {}).get("seal")
        return digest.hexdigest(), seal == sealed(digest.hexdigest(), purpose=SEALED_FOR)

    def _records(self) -> Iterator[dict[str, Any]]:
        for line in self._pack.stream(self._folder + RECORDS, self._tell).lines():
            found = record(line)
            if found is not None:
                yield found
            elif line.strip():
                self._report.leave("A record", "It cannot be read.")

    def _rest(self, conversation: Conversation, rows: Rows, records: Iterator[dict[str, Any]]) -> None:
        """Take the records behind the first one: files one by one, rows a hundred in a transaction."""
        batch: list[dict[str, Any]] = []
        for found in records:
            if found.get("record") == "file":
                self._file(conversation, found)
                continue
            batch.append(found)
            if len(batch) >= BATCH:
                self._rows(rows, batch)
        self._rows(rows, batch)

    def _rows(self, rows: Rows, batch: list[dict[str, Any]]) -> None:
        with transaction.atomic():
            for found in batch:
                rows.take(found)
            rows.flush()
        batch.clear()
        time.sleep(BREATH)

    def _begin(self, first: dict[str, Any], digest: str) -> Conversation:
        model = sane.text(first.get("model"), 120)
        if model and model not in settings.SALON_MODELS:
            self._report.leave(f"The model {model}", "It is not offered here: the first one is used.")
            model = ""
        state = sane.choice(first.get("state"), Conversation.State.values, "")
        made = begin(
            self._user,
            digest,
            kind=sane.choice(first.get("kind"), Conversation.Kind.values, ""),
            title=sane.text(first.get("title"), 200),
            title_by_person=first.get("title_by_person") is True,
            model=model,
            instructions=sane.text(first.get("instructions"), MOST_INSTRUCTIONS),
            state="" if settings.SALON_STATE_LOCKED else state,
            options=self._options(sane.table(first.get("options")), model),
            offered=self._offered(sane.table(first.get("offered"))),
            metadata=_pairs(first.get("metadata")),
            temporary=first.get("temporary") is True,
            created_at=sane.moment(first.get("created_at")) or timezone.now(),
        )
        tags = {sane.text(tag, LONGEST_TAG).strip() for tag in sane.words(first.get("tags"))[:MOST_TAGS]}
        Tag.objects.bulk_create(Tag(conversation=made, name=tag) for tag in sorted(tags) if tag)
        return made

    def _options(self, given: dict[str, Any], model: str) -> dict[str, Any]:
        """Return those of the options that a person could set here."""
        capabilities = catalog.capabilities(model or settings.SALON_MODELS[0])
        options: dict[str, Any] = {}
        for path in parameters.NAMES:
            name, _, inner = path.partition(".")
            value = given.get(name)
            value = (value.get(inner) if isinstance(value, dict) else None) if inner else value
            if value is None:
                continue
            try:
                options = parameters.changed(options, parameters.read({path: value}, capabilities))
            except Refused as error:
                self._report.leave(f"The option {path}", error.sentence)
        return options

    def _offered(self, given: dict[str, Any]) -> dict[str, Any]:
        """Switch on what the person could switch on here, servers by their labels."""
        labels = sane.words(given.get("servers"))
        mine = dict(offered_to(self._user, McpServer.objects.filter(label__in=labels)).values_list("label", "pk"))
        for label in labels:
            if label not in mine:
                self._report.leave(f"The server {label}", "It is not offered here.")
        kept: dict[str, Any] = {name: sane.words(given.get(name)) for name in ("functions", "hosted") if name in given}
        return kept | ({"servers": [mine[label] for label in labels if label in mine]} if "servers" in given else {})

    def _file(self, conversation: Conversation, given: dict[str, Any]) -> None:
        old, digest = given.get("id"), sane.text(given.get("sha256"), 64)
        if not isinstance(old, str) or old in self._files.by_id:
            return
        file = File(
            conversation=conversation,
            owner=self._user,
            purpose=sane.choice(given.get("purpose"), set(File.Purpose.values) - {"program"}, "upload"),
            name=sane.text(given.get("name"), 255),
            media_type=sane.text(given.get("media_type"), 100) if given.get("purged") else BYTES,
            size=0,
            sha256="",
            width=sane.number(given.get("width")),
            height=sane.number(given.get("height")),
            pages=sane.number(given.get("pages")),
            number=sane.number(given.get("number")),
            made_with=clean(given.get("made_with")),
            preview_of=self._files.by_id.get(str(given.get("preview_of"))),
            created_at=sane.moment(given.get("created_at")) or timezone.now(),
            purged_at=timezone.now(),
        )
        most = max(MOST_MEMBER, settings.SALON_UPLOAD_LIMIT)
        name = f"{self._folder}{FILES}{digest}"
        source = self._pack.content(name, most) if digest and not given.get("purged") else None
        if source is None:
            if not given.get("purged"):
                self._report.leave(file.name or "A file", "It is not in the export, or too large.")
            file.save()
        else:
            self._keep(file, source, given, digest)
        self._files.by_id[old] = file
        if (made_by := sane.number(given.get("response"), 2**63 - 1)) is not None:
            self._files.made_by.setdefault(made_by, []).append(file.pk)

    def _keep(self, file: File, source: Counted, given: dict[str, Any], digest: str) -> None:
        """Keep the bytes as they are, where they are those that the record tells of."""
        with unnamed() as content:
            found = hashlib.sha256()
            size = 0
            while piece := source.read():
                found.update(piece)
                size += len(piece)
                content.write(piece)
            if found.hexdigest() != digest:
                self._report.leave(file.name or "A file", "Its bytes are not those that the export tells of.")
                file.save()
                return
            content.seek(0)
            file.media_type = media_type(given.get("media_type"), content)
            file.size, file.sha256, file.purged_at = size, digest, None
            contents.keep([(file, content)])
        self._report.taken["files"] += 1


def media_type(claimed: Any, content: IO[bytes]) -> str:
    """Return what the bytes say for a picture, and of all else only what never runs in a browser."""
    head = content.read(kinds.HEAD)
    content.seek(0)
    try:
        kind, form = kinds.kind_of(head)
    except kinds.BadFile:
        return BYTES
    if kind == kinds.PICTURE:
        return f"image/{form.lower()}"
    if kind == kinds.PDF:
        return "application/pdf"
    return claimed if isinstance(claimed, str) and claimed in KEPT_TYPE else BYTES


def _pairs(value: Any) -> dict[str, str]:
    pairs = value.items() if isinstance(value, dict) else ()
    return {key[:64]: word[:512] for key, word in list(pairs)[:16] if isinstance(word, str)}
