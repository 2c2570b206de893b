"""What people do with imports: bring a file, stop or forget what was brought. The runner does the reading."""

from __future__ import annotations

from typing import IO

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from conversations import contents
from conversations.actions import files
from conversations.errors import Refused
from conversations.intake.names import visible_name
from conversations.models import File, Import, User
from conversations.models.fields import plain

MOST_WAITING = 5
STARTS = (b"PK\x03\x04", b"[", b"{")
UNKNOWN = "This is no export of Salon, ChatGPT or Open WebUI. Choose the zip or JSON file as it was exported."


def bring(user: User, content: IO[bytes], *, name: str) -> Import:
    """Keep an export of another program, to be read in the background. Raise `Refused`; nothing is left then."""
    if Import.objects.filter(owner=user, done_at=None).count() >= MOST_WAITING:
        raise Refused("Several of your imports are not done yet. Wait for them first.", code="busy", status=429)
    content.seek(0, 2)
    size = content.tell()
    if size > settings.SALON_IMPORT_LIMIT:
        most = settings.SALON_IMPORT_LIMIT // 1024 // 1024
        raise Refused(f"This file is larger than {most:,} MB, which is the most.", code="too_large", status=413)
    content.seek(0)
    if not content.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(STARTS):
        raise Refused(UNKNOWN, code="kind", status=415)
    with contents.disk_troubles():
        file = files.row_of(content, user, name=visible_name(plain(name)), media_type="application/octet-stream")
        file.purpose = File.Purpose.IMPORT
        contents.keep([(file, content)])
    return Import.objects.create(owner=user, file_id=file.pk, name=file.name, size=size)


def remove(brought: Import) -> None:
    """Stop an import, or forget one that has ended. What it has brought stays."""
    with transaction.atomic():
        ended = Import.objects.filter(pk=brought.pk, done_at=None).update(
            state=Import.State.FAILED, problem="You stopped it.", done_at=timezone.now(), file_id=""
        )
        if not ended:
            Import.objects.filter(pk=brought.pk).delete()
        file = File.objects.filter(pk=brought.file_id, purpose=File.Purpose.IMPORT).first()
        digests = files.delete_rows([file]) if file is not None else set()
    with contents.disk_troubles():
        contents.drop_unused(digests)
