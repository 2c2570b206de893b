"""What people do with files: upload, attach to a message, take back. Shared by every door."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import IO, Any, Protocol

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from conversations import access as accesses
from conversations import catalog, contents
from conversations.access import Access
from conversations.errors import NotFound, Refused
from conversations.intake import kinds
from conversations.intake.kinds import BadFile
from conversations.intake.names import clean_name
from conversations.intake.workshop import Busy, workshop
from conversations.models import File, User
from conversations.models.fields import plain
from conversations.moderation import holds

PIECE = 1024 * 1024
OPENING = {kinds.PICTURE: 20.0, kinds.PDF: 5.0, kinds.TEXT: 5.0}
"""Seconds that the bytes of one file may take to be looked at."""
MOST_ATTACHED = 20
"""Files and addresses in one message."""
MOST_WAITING = 200
"""Uploads of one person that are in no conversation."""
KEPT_UNATTACHED = timedelta(days=1)
LONGEST_URL = 4096
URL = re.compile(r"https?://[^/?#\s\\@]+(?:[/?#][^\s\\]*)?", re.IGNORECASE)
DETAILS = ("auto", "low", "high", "original")


class Source(Protocol):
    """Where an upload is read from, piece by piece."""

    def read(self, size: int, /) -> bytes: ...


def store_upload(user: User, source: Source, *, name: str, limit: int | None = None) -> File:
    """Keep an upload: told by its bytes, a picture decoded and written anew, a text made UTF-8. Return its file.

    It belongs to `user` until a message carries it into a conversation. `name` is for people's eyes; `limit` is in
    bytes (the deployment's otherwise), and counts what is read, whatever was announced. Raise `Refused`; nothing is
    left then, neither a row nor bytes.
    """
    if File.objects.unattached().filter(owner=user).count() >= MOST_WAITING:
        raise Refused(
            "Too many of your files wait to be sent. Send or remove some first.", code="too_many_files", status=429
        )
    with ExitStack() as stack, contents.disk_troubles():
        received = stack.enter_context(unnamed())
        receive(source, received, limit or settings.SALON_UPLOAD_LIMIT)
        try:
            kept, preview, facts = settle(received, stack)
        except BadFile as error:
            statuses = {"too_large": 413, "pixels": 413}
            raise Refused(error.sentence, code=error.code, status=statuses.get(error.code, 415)) from error
        except Busy as error:
            raise Refused(
                "Too many files are being opened at the moment. Try again in a moment.", code="busy", status=503
            ) from error
        file = row_of(kept, user, name=clean_name(plain(name), facts["media_type"]), media_type=facts["media_type"])
        file.made_with = facts.get("recipe")
        file.width, file.height, file.pages = facts.get("width"), facts.get("height"), facts.get("pages")
        files = [(file, kept)]
        if preview is not None:
            small = row_of(preview, user, name="", media_type="image/webp")
            small.purpose, small.preview_of = File.Purpose.PREVIEW, file
            small.width, small.height = facts["preview"]
            files.append((small, preview))
        contents.keep(files)
    file.moving = bool(facts.get("moving"))
    return file


@contextmanager
def unnamed() -> Iterator[IO[bytes]]:
    """A temporary file without a name, on the disk of the data: whatever happens, nothing of it stays."""
    with tempfile.TemporaryFile(dir=settings.DATA) as file:
        yield file


def receive(source: Source, received: IO[bytes], limit: int) -> None:
    size = 0
    while piece := source.read(PIECE):
        size += len(piece)
        if size > limit:
            raise Refused(
                f"This file is larger than {limit // 1024 // 1024} MB, which is the most. Make it smaller.",
                code="too_large",
                status=413,
            )
        received.write(piece)
    received.flush()


def settle(received: IO[bytes], stack: ExitStack) -> tuple[IO[bytes], IO[bytes] | None, dict[str, Any]]:
    """Return what is kept of an upload, the preview of a picture, and what was found out about it."""
    received.seek(0)
    kind, form = kinds.kind_of(received.read(kinds.HEAD))
    kept, preview = received, None
    files = [received]
    if kind != kinds.PDF:
        kept = stack.enter_context(unnamed())
        files.append(kept)
    if kind == kinds.PICTURE:
        preview = stack.enter_context(unnamed())
        files.append(preview)
    facts = workshop.do(kind, files, seconds=OPENING[kind], kind=form)
    return kept, preview if facts.get("preview") else None, facts


def row_of(content: IO[bytes], user: User, *, name: str, media_type: str) -> File:
    content.seek(0)
    digest = hashlib.sha256()
    while piece := content.read(PIECE):
        digest.update(piece)
    return File(
        owner=user,
        purpose=File.Purpose.UPLOAD,
        name=name,
        media_type=media_type,
        size=content.tell(),
        sha256=digest.hexdigest(),
    )


def attach(access: Access, attachments: Sequence[Any], *, model: str = "") -> list[dict[str, Any]]:
    """Return the parts of a message that carry these attachments, and bring their files into the conversation.

    Each is `{"file": id}` or `{"url": address}`, and may say the `detail` in which a model sees a picture. A file of
    the sender's own becomes the conversation's; one of another conversation that they see is shared with this one too.
    `model` is asked, if it is not the conversation's. Call it in the transaction that stores the message. Raise
    `Refused`.
    """
    if len(attachments) > MOST_ATTACHED:
        raise Refused(
            f"A message takes at most {MOST_ATTACHED} files. Send the others in another one.", code="attached"
        )
    parts = []
    for attachment in attachments:
        if not isinstance(attachment, dict) or ("file" in attachment) == ("url" in attachment):
            raise Refused("An attachment is a file or an address.", code="attachments")
        detail = attachment.get("detail") or "auto"
        if detail not in DETAILS:
            raise Refused(f"detail is one of {', '.join(DETAILS)}.", code="detail")
        if "url" in attachment:
            parts.append(_linked(attachment["url"], detail))
        else:
            parts.append(_carried(access, attachment["file"], detail))
    _require_sight(parts, model or access.conversation.model or settings.SALON_MODELS[0])
    return parts


def _require_sight(parts: Sequence[dict[str, Any]], model: str) -> None:
    known = catalog.capabilities(model)
    if not known.vision and any(part["type"] == "input_image" for part in parts):
        raise Refused(
            f"{known.label} cannot see pictures. Choose another model, or remove the pictures.", code="no_vision"
        )


def title_of(content: Sequence[dict[str, Any]]) -> str:
    """Return what to call a conversation that begins with attachments and no words."""
    for part in content:
        name = part.get("filename") or (
            part["image_url"].get("name") if isinstance(part.get("image_url"), dict) else ""
        )
        if name:
            return str(name)
    return "A picture"


def _linked(url: Any, detail: str) -> dict[str, Any]:
    """The provider fetches it; nobody here does."""
    if not isinstance(url, str) or len(url) > LONGEST_URL or not URL.fullmatch(plain(url)) or url != plain(url):
        raise Refused("The address of a picture or PDF begins with http:// or https://. Correct it.", code="url")
    if url.partition("?")[0].partition("#")[0].lower().endswith(".pdf"):
        return {"type": "input_file", "file_url": url}
    return {"type": "input_image", "image_url": url, "detail": detail}


def _carried(access: Access, file_id: Any, detail: str) -> dict[str, Any]:
    try:
        file = accesses.file_for(access.user, file_id if isinstance(file_id, str) else "")
        if file.purged_at is not None:
            raise NotFound
        file = brought_in(access, file)
    except NotFound:
        raise Refused(
            "A file of this message is not here any more. Remove it, and attach it again.", code="file_gone", status=404
        ) from None
    reference = file.reference | {"prefix": f"data:{file.media_type};base64,"}
    if file.media_type.startswith("image/"):
        return {"type": "input_image", "image_url": reference, "detail": detail}
    return {"type": "input_file", "filename": file.name or "file", "file_data": reference}


def brought_in(access: Access, file: File) -> File:
    """Return the file as this conversation has it; to be called in the transaction of what refers to it."""
    here = access.conversation
    if file.conversation_id is None:
        own = File.objects.filter(pk=file.pk, conversation=None)
        if own.update(conversation=here):
            File.objects.filter(preview_of=file).update(conversation=here)
            file.conversation = here
            return file
        file.refresh_from_db()  # another window of theirs has sent it meanwhile
    if file.conversation_id == here.pk:
        return file
    return copied(file, access)


def copied(file: File, access: Access) -> File:
    previews = list(file.previews.filter(purpose=File.Purpose.PREVIEW))
    copy = _again(file, access)
    copy.save()
    for preview in previews:
        small = _again(preview, access)
        small.preview_of = copy
        small.save()
    return copy


def _again(file: File, access: Access) -> File:
    names = ("purpose", "name", "media_type", "size", "sha256", "width", "height", "pages", "made_with")
    values = {name: getattr(file, name) for name in names}
    if values["purpose"] != File.Purpose.PREVIEW:
        values["purpose"] = File.Purpose.UPLOAD
    return File(conversation=access.conversation, owner=access.user, **values)


def take_back(user: User, file_id: str) -> None:
    """Delete an upload of the person's own that is in no conversation. What is gone or sent stays as it is."""
    with transaction.atomic():
        file = File.objects.unattached().select_for_update().filter(pk=plain(file_id), owner=user).first()
        digests = delete_rows([file]) if file is not None else set()
    with contents.disk_troubles():
        contents.drop_unused(digests)


def sweep_unattached() -> int:
    """Delete the uploads that nobody sent within a day; return how many."""
    swept = 0
    old = holds.free_files(File.objects.unattached().filter(created_at__lt=timezone.now() - KEPT_UNATTACHED))
    while True:
        with transaction.atomic():
            files = list(old.select_for_update()[:200])
            digests = delete_rows(files)
        if not files:
            return swept
        swept += len(files)
        contents.drop_unused(digests)


def delete_rows(files: Sequence[File]) -> set[str]:
    """Delete rows and those of their previews; return the contents that may be unused now."""
    ids = [file.pk for file in files]
    previews = File.objects.filter(preview_of__in=ids)
    digests = {file.sha256 for file in files} | set(previews.values_list("sha256", flat=True))
    File.objects.filter(pk__in=ids).delete()
    return digests
