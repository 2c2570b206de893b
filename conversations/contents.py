"""The bytes behind files, each content once, under its SHA-256."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import structlog
from django.core.files.base import File as Content
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from conversations.errors import Refused
from conversations.models import Deletion, File, ProviderDeletion, ProviderFile, Rendition
from conversations.models.file import lock_content

log = structlog.get_logger(__name__)

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def full() -> Refused:
    return Refused(
        "The server’s disk is full, so the file was not kept. Ask an administrator to make room.",
        code="full",
        status=507,
    )


@contextmanager
def disk_troubles() -> Iterator[None]:
    """Make what a disk or an object store fails with a `Refused`: 507 where it is full, 503 for all else."""
    try:
        yield
    except Refused:
        raise
    except OSError as error:
        if error.errno in FULL:
            raise full() from error
        raise _away(error) from error


def _away(error: Exception) -> Refused:
    log.warning("storage_failed", error=type(error).__name__)
    return Refused("Files cannot be kept at the moment. Try again in a while.", code="storage", status=503)


def keep(files: list[tuple[File, IO[bytes]]]) -> None:
    """Store the contents of new files and their rows; raise `Refused`, and leave neither, where that fails.

    The bytes are written first, which takes its time. Then rows are saved under the lock of their content: whoever
    drops a content that no row names any more holds it too, so it is looked at once more there.
    """
    try:
        for file, content in files:
            _write(file.storage_name, content)
        with transaction.atomic():
            for file, content in sorted(files, key=lambda pair: pair[0].sha256):
                lock_content(file.sha256)
                _write(file.storage_name, content)
            for file, _ in files:
                file.save()
            Rendition.objects.want(file.sha256 for file, _ in files if file.is_picture)
    except BaseException:
        with contextlib.suppress(Exception):
            drop_unused({file.sha256 for file, _ in files})
        raise


def _write(name: str, content: IO[bytes]) -> None:
    """Write a content unless it is there; what a crash or a full disk left of it does not count."""
    content.seek(0, 2)
    size = content.tell()
    content.seek(0)
    try:
        if default_storage.exists(name):
            if default_storage.size(name) == size:
                return
            default_storage.delete(name)
        written = default_storage.save(name, _Uncopied(content, size))
        if written != name:  # somebody else wrote the same bytes meanwhile
            default_storage.delete(written)
    except OSError as error:
        with contextlib.suppress(Exception):
            default_storage.delete(name)
        raise full() if error.errno in FULL else _away(error) from error
    except Exception as error:  # every object store has exceptions of its own
        raise _away(error) from error


class _Uncopied(Content):  # type: ignore[type-arg]  # not subscriptable at run time
    """An open file as a storage takes it, which must neither close nor move it."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        super().__init__(file, name="content")
        self.size = size

    def close(self) -> None:
        pass


def drop_unused(digests: Iterable[str]) -> int:
    """Delete the contents that no file names any more; return how many."""
    dropped = 0
    for digest in digests:
        with transaction.atomic():
            lock_content(digest)
            dropped += drop_if_unused(digest)
    return dropped


def drop_if_unused(digest: str, deletion: Deletion | None = None) -> bool:
    """Delete a content that no file names any more, here and at the providers; return whether it was so.

    The caller has locked the content. What providers have of it goes into the outbox, for `deletion` if there is one.
    """
    if File.objects.filter(sha256=digest).exists():
        return False
    default_storage.delete(File(sha256=digest).storage_name)
    for rendition in Rendition.objects.filter(sha256=digest):
        for name in rendition.names:
            default_storage.delete(name)
        rendition.delete()
    given = list(ProviderFile.objects.filter(sha256=digest))
    ProviderDeletion.objects.bulk_create(
        [
            ProviderDeletion(
                deletion=deletion,
                endpoint=file.endpoint,
                kind=ProviderDeletion.Kind.FILE,
                provider_id=file.provider_id,
                kept_until=file.expires_at,
            )
            for file in given
            if file.expires_at is None or file.expires_at > timezone.now()
        ],
        ignore_conflicts=True,
    )
    ProviderFile.objects.filter(pk__in=[file.pk for file in given]).delete()
    return True


def read(file: File) -> bytes:
    """Return a content; raise `FileNotFoundError` where it is gone, `Refused` where the store is away."""
    with opened(file) as stored:
        try:
            content: Any = stored.read()
        except Exception as error:
            raise _away(error) from error
        return bytes(content)


def opened(file: File) -> Content[bytes]:
    """Return a content, open for reading; raise as `read` does."""
    if not file.sha256:
        raise FileNotFoundError  # a rule took its bytes
    return opened_name(file.storage_name)


def opened_name(name: str) -> Content[bytes]:
    """Return what lies under a name in the storage, open for reading; raise as `read` does."""
    try:
        return default_storage.open(name)
    except FileNotFoundError:
        raise
    except Exception as error:  # every object store has exceptions of its own
        raise _away(error) from error


def link(name: str, *, media_type: str, disposition: str) -> str | None:
    """Return an address in the object store that opens what lies under `name` for some minutes.

    None where Salon hands it out itself. The caller has looked whether the person may see it: the address asks nobody.
    """
    sign = getattr(default_storage, "link", None)
    address: str | None = sign(name, media_type=media_type, disposition=disposition) if sign else None
    return address
