"""Files that programs upload by the gateway: kept to the byte, given back as they came, and named in requests by id."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from conversations import access as accesses
from conversations import contents
from conversations.access import Access
from conversations.actions import files
from conversations.errors import NotFound, Refused
from conversations.intake import kinds
from conversations.intake.kinds import BadFile
from conversations.intake.names import visible_name
from conversations.intake.workshop import Busy
from conversations.models import File, User
from conversations.models.fields import plain
from conversations.models.file import lock_content
from conversations.moderation import holds

MOST_KEPT = 10_000
"""Files of one person's programs."""
UNKNOWN = "application/octet-stream"
CARRIERS = frozenset({"input_image", "input_file", "computer_screenshot"})
"""Parts of a request that may name a file instead of holding it."""
MASK = "input_image_mask"
IN_CONTAINER = "file_ids"
"""Files that a tool finds in its container."""
Place = Callable[[File], File]
"""Returns the file that is referred to in the place of the one that was named."""


class FileUnknown(Refused):
    """A request names a file that is not there, or not the sender's: the two look alike."""

    status = 404

    def __init__(self, file_id: str) -> None:
        super().__init__(f"No such File object: {file_id}", code="file_not_found")


def keep(user: User, source: files.Source, *, name: str, purpose: str, expires_at: datetime | None = None) -> File:
    """Keep the very bytes of an upload, with a preview where they are a picture. Return its file.

    Raise `Refused` for too many bytes, and for what looks like a picture and is none; nothing is left then.
    """
    if File.objects.of_programs().filter(owner=user).count() >= MOST_KEPT:
        raise Refused(f"You have {MOST_KEPT} files. Delete some first.", code="too_many_files", status=429)
    with ExitStack() as stack, contents.disk_troubles():
        received = stack.enter_context(files.unnamed())
        files.receive(source, received, settings.SALON_UPLOAD_LIMIT)
        preview, facts = _look_at(received, stack)
        file = files.row_of(received, user, name=visible_name(plain(name)), media_type=facts["media_type"])
        file.purpose, file.api_purpose, file.expires_at = File.Purpose.PROGRAM, purpose, expires_at
        file.width, file.height, file.pages = facts.get("width"), facts.get("height"), facts.get("pages")
        kept = [(file, received)]
        if preview is not None:
            small = files.row_of(preview, user, name="", media_type="image/webp")
            small.purpose, small.preview_of = File.Purpose.PREVIEW, file
            small.width, small.height = facts["preview"]
            kept.append((small, preview))
        contents.keep(kept)
    return file


def _look_at(received: Any, stack: ExitStack) -> tuple[Any, dict[str, Any]]:
    """Return the preview of a picture, and what was found out about the bytes. Their name and type are not believed."""
    received.seek(0)
    try:
        kind, _ = kinds.kind_of(received.read(kinds.HEAD))
    except BadFile as error:
        if error.code == "empty":
            raise Refused("The file is empty.", code="empty_file") from error
        return None, {"media_type": UNKNOWN}
    if kind == kinds.TEXT:
        return None, {"media_type": "text/plain"}
    try:
        _, preview, facts = files.settle(received, stack)
    except BadFile as error:
        if kind != kinds.PICTURE:
            return None, {"media_type": UNKNOWN}
        raise Refused(error.sentence, code="invalid_image") from error
    except Busy as error:
        sentence = "Too many files are being opened at the moment. Try again in a moment."
        raise Refused(sentence, code="busy", status=503) from error
    return preview, facts


def delete(user: User, file_id: str) -> None:
    """Delete a file of the person's programs; its bytes go, also at the provider, unless another file has the same.

    A conversation that it was used in has its own. Raise `NotFound`, or `Refused` for a file of a conversation.
    """
    found = accesses.file_for(user, file_id)
    if found.purpose != File.Purpose.PROGRAM:
        raise Refused("This file belongs to a conversation, and goes with it.", code="in_conversation", status=403)
    if holds.holds_person(user):
        raise Refused("This is kept under a legal hold and cannot be deleted.", code="held", status=409)
    _delete([found])


def sweep_expired() -> int:
    """Delete the files whose time is over; return how many."""
    swept = 0
    over = holds.free_files(File.objects.of_programs().filter(expires_at__lte=timezone.now()))
    while expired := list(over[:200]):
        _delete(expired)
        swept += len(expired)
    return swept


def _delete(rows: list[File]) -> None:
    with transaction.atomic():
        digests = files.delete_rows(rows)
    with contents.disk_troubles():
        contents.drop_unused(digests)


def bring_in(access: Access, value: Any) -> Any:
    """Return part of a request with each file that it names by id as a reference to the conversation's own copy.

    Call it in the transaction that stores the request. Raise `Refused` (404) for a file that is not the sender's.
    """
    return _referring(value, access.user, lambda file: _here(access, file))


def refer(user: User, value: Any) -> Any:
    """As `bring_in`, for a request that is not stored: it refers to the files themselves."""
    return _referring(value, user, lambda file: file)


def _referring(value: Any, user: User, place: Place) -> Any:
    if isinstance(value, list):
        return [_referring(inner, user, place) for inner in value]
    if not isinstance(value, dict):
        return value
    changed = {name: _referring(inner, user, place) for name, inner in value.items()}
    if isinstance(changed.get(MASK), dict):
        changed[MASK] = _carried(changed[MASK], user, place)
    if isinstance(changed.get(IN_CONTAINER), list):
        changed[IN_CONTAINER] = [
            _named(given, user, place).reference | {"file_id": given} for given in changed[IN_CONTAINER]
        ]
    return _carried(changed, user, place) if value.get("type") in CARRIERS else changed


def _carried(part: dict[str, Any], user: User, place: Place) -> dict[str, Any]:
    named = part.get("file_id")
    if named is None:
        return part
    here = _named(named, user, place)
    reference = here.reference | {"prefix": f"data:{here.media_type};base64,", "file_id": named}
    rest = {
        name: value for name, value in part.items() if name not in {"file_id", "image_url", "file_data", "file_url"}
    }
    if part.get("type") == "input_file":
        return {**rest, "filename": here.name or "file", "file_data": reference}
    return {**rest, "image_url": reference}


def _named(file_id: Any, user: User, place: Place) -> File:
    try:
        return place(accesses.file_for(user, file_id if isinstance(file_id, str) else ""))
    except NotFound:
        raise FileUnknown(str(file_id)[:100]) from None


def _here(access: Access, file: File) -> File:
    """Return the file as this conversation has it: its own copy stays when the owner deletes the file."""
    if file.conversation_id == access.conversation.pk:
        return file
    lock_content(file.sha256)
    same = File.objects.filter(conversation=access.conversation, sha256=file.sha256, name=file.name)
    return same.filter(purpose=File.Purpose.UPLOAD).first() or files.copied(file, access)
