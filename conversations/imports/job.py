"""Runs imports, one after the other: claims one, reads it, writes what it holds, and says what came of it.

A second try of the same file finds what the first has brought, so a crash in the middle costs time and nothing else.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import timedelta
from typing import IO, Any

import msgspec
import structlog
from django.db import IntegrityError
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from conversations import contents
from conversations.errors import Refused
from conversations.imports import chatgpt, openwebui
from conversations.imports.neutral import MOST_MESSAGES, Foreign
from conversations.imports.own import OwnReader, folders
from conversations.imports.reading import BOMB, UNKNOWN, BadImport, Counted, Left, Pack, objects
from conversations.imports.report import Report
from conversations.imports.writing import ForeignWriter, drop_upload, known
from conversations.models import File, Import
from conversations.models.importing import LEASED

log = structlog.get_logger(__name__)

MOST_TRIES = 3
MOST_CONVERSATIONS = 50_000
KEPT = timedelta(days=7)
TELL_EVERY = 1.0
"""Seconds between two notes of how far it is."""
BROKEN = "This import failed three times. Tell an administrator; nothing that was brought in is lost."


class Taken(Exception):
    """Another process does this import now, or nobody wants it any more."""


class Stopped(Exception):
    """This process ends."""


def due() -> int | None:
    """Return the next import that nobody does, of a person of whom no other one is done now."""
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    others = Import.objects.filter(owner=OuterRef("owner"), done_at=None, lease_until__gte=Now())
    ready = Import.objects.filter(free, ~Exists(others), done_at=None)
    return ready.order_by("pk").values_list("pk", flat=True).first()


def run(import_id: int, stopped: Callable[[], bool] = lambda: False) -> None:
    """Do an import unless another process does it; safe to be called twice. `stopped` is asked again and again."""
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    mine = Import.objects.filter(free, pk=import_id, done_at=None)
    if not mine.update(state=Import.State.RUNNING, lease_until=LEASED, tries=F("tries") + 1):
        return
    job = Import.objects.select_related("owner").get(pk=import_id)
    work = _Work(job, stopped)
    try:
        if job.tries > MOST_TRIES:
            raise BadImport(BROKEN)
        work.do()
    except BadImport as error:
        work.end(Import.State.FAILED, error.sentence)
    except Taken:
        return
    except Stopped:
        Import.objects.filter(pk=import_id, tries=job.tries).update(lease_until=None, tries=F("tries") - 1)
    except Exception as error:  # a database or store that is away: another try, when the lease is over
        log.warning("import_failed", job=import_id, error=type(error).__name__)
    else:
        work.end(Import.State.DONE)


def sweep() -> int:
    """Delete what is told of imports that ended a week ago, and uploads that nobody reads; return how many."""
    before = timezone.now() - KEPT
    waiting = Import.objects.filter(done_at=None).values("file_id")
    for file in File.objects.filter(purpose=File.Purpose.IMPORT, created_at__lt=before).exclude(pk__in=waiting)[:200]:
        drop_upload(file)
    return Import.objects.filter(done_at__lt=before).delete()[0]


class _Work:
    def __init__(self, job: Import, stopped: Callable[[], bool]) -> None:
        self._job, self._stopped = job, stopped
        self._report = Report()
        self._read = 0
        self._told = 0.0

    def do(self) -> None:
        file = File.objects.filter(pk=self._job.file_id).first()
        if file is None:
            raise BadImport("The uploaded file is not here any more. Upload it again.")
        try:
            content: Any = contents.opened(file)
        except FileNotFoundError as error:
            raise BadImport("The uploaded file is not here any more. Upload it again.") from error
        with content:
            self._from(content)
        if not self._job.kind:
            raise BadImport(UNKNOWN)

    def end(self, state: Import.State, problem: str = "") -> None:
        """Write down what came of it, and let the upload go."""
        rows = Import.objects.filter(pk=self._job.pk, tries=self._job.tries, done_at=None)
        report = self._report.told()
        if not rows.update(state=state, problem=problem[:300], report=report, done_at=timezone.now(), file_id=""):
            return
        if (file := File.objects.filter(pk=self._job.file_id).first()) is not None:
            drop_upload(file)

    def tell(self, size: int = 0) -> None:
        """Note how far it is, and keep the lease. Raise `Taken` where another process has it."""
        self._read += size
        if self._stopped():
            raise Stopped
        if time.monotonic() - self._told < TELL_EVERY:
            return
        self._told = time.monotonic()
        rows = Import.objects.filter(pk=self._job.pk, tries=self._job.tries, done_at=None)
        if not rows.update(lease_until=LEASED, done_bytes=min(self._read, 2**62), report=self._report.told()):
            raise Taken

    def _from(self, content: IO[bytes]) -> None:
        head = content.read(4)
        content.seek(0)
        if head[:2] == b"PK":
            self._from_pack(Pack(content))
        else:
            self._foreign(Counted(content, self._job.size + 1, self.tell), None)

    def _from_pack(self, pack: Pack) -> None:
        lists = sorted(name for name in pack.names() if chatgpt.NAME.search(name))
        if own := folders(pack):
            self._kind("salon")
            for folder in own:
                self._own(pack, folder)
        elif lists:
            for name in lists:
                self._foreign(pack.stream(name, self.tell), pack)
        else:
            raise BadImport(UNKNOWN)

    def _own(self, pack: Pack, folder: str) -> None:
        try:
            OwnReader(self._job.owner, pack, folder, self._report, self.tell).write()
        except BadImport as error:
            self._report.leave(folder or "The conversation", error.sentence)
            if not folder or error.sentence == BOMB:
                raise

    def _foreign(self, stream: Counted, pack: Pack | None) -> None:
        files = chatgpt.files_of(pack) if pack is not None else {}
        first_user: str | None = None
        for number, value in enumerate(objects(stream)):
            if isinstance(value, Left):
                self._report.leave("A conversation", value.why)
                continue
            if number >= MOST_CONVERSATIONS:
                self._report.leave("A conversation", f"An import brings {MOST_CONVERSATIONS:,} at most.")
                continue
            key = hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()
            if first_user is None:
                first_user = str(value.get("user_id") or "")
            self._take(self._understood(value, key, pack, files, first_user))

    def _understood(
        self, value: dict[str, Any], key: str, pack: Pack | None, files: chatgpt.Files, first_user: str
    ) -> Foreign | None:
        reading: Callable[[], Foreign]
        if chatgpt.fits(value):
            self._kind("chatgpt")
            reading = lambda: chatgpt.read(value, key, pack, files)  # noqa: E731
        elif openwebui.fits(value):
            self._kind("open_webui")
            reading = lambda: openwebui.read(value, key, first_user)  # noqa: E731
        else:
            self._report.leave("Something", "It is no conversation.")
            return None
        found = reading()
        if len(found.messages) > MOST_MESSAGES:
            self._report.leave(found.title or "A conversation", f"It has more than {MOST_MESSAGES:,} messages.")
            return None
        return found

    def _take(self, foreign: Foreign | None) -> None:
        if foreign is None:
            return
        if not foreign.messages:
            self._report.leave(foreign.title or "A conversation", "There is no message in it.")
        elif known(self._job.owner, foreign.key):
            self._report.taken["known"] += 1
        else:
            try:
                ForeignWriter(self._job.owner, foreign, self._report, self.tell).write()
            except IntegrityError as error:
                log.warning("import_conversation_failed", job=self._job.pk, error=type(error).__name__)
                self._report.leave(foreign.title or "A conversation", "It could not be written.")
            except Refused as error:
                raise OSError(error.code) from error  # the store is away or full: another try
        self.tell()

    def _kind(self, kind: str) -> None:
        if self._job.kind != kind:
            self._job.kind = kind
            Import.objects.filter(pk=self._job.pk).update(kind=kind)
