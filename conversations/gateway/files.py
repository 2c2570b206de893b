"""The calls on files: upload, list, retrieve, content, delete."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.utils import timezone

from conversations import access, contents
from conversations.actions import program_files
from conversations.errors import NotFound
from conversations.gateway import idempotency, schemas
from conversations.gateway.answers import is_ascending, limit, listing, obj
from conversations.gateway.calls import CallRequest, needs
from conversations.gateway.errors import ApiError, invalid, missing
from conversations.models import File, User

PURPOSES = schemas.PURPOSES
HOUR, DAY = 3600, 86_400
MOST_SECONDS = 30 * DAY
PAGE = 10_000
PIECE = 64 * 1024


@needs("files")
def upload(request: CallRequest) -> HttpResponse:
    if not (request.content_type or "").startswith("multipart/form-data"):
        message = "Send the file as multipart/form-data, with 'file' and 'purpose'."
        raise ApiError(415, message, code="unsupported_content_type")
    source = request.FILES.get("file")
    if source is None:
        raise missing("file")
    purpose, expires_at = _purpose(request.POST.get("purpose")), _expiry(request)
    name = source.name or "file"
    said = idempotency.fingerprint(
        request, purpose, str(request.POST.get("expires_after[seconds]")), name, _hash(source)
    )
    user = request.caller.user
    with idempotency.once(request, said) as once:
        if not once.result:
            file = program_files.keep(user, source, name=name, purpose=purpose, expires_at=expires_at)
            once.keep(file.pk)
    return obj(_shown(_found(user, once.result)))


@needs("files")
def list_files(request: CallRequest) -> HttpResponse:
    most, ascending = limit(request, usual=PAGE, most=PAGE), is_ascending(request)
    mine = File.objects.of_programs().unexpired().filter(owner=request.caller.user)
    if "purpose" in request.GET:
        mine = mine.filter(api_purpose=_purpose(request.GET["purpose"]))
    if after := request.GET.get("after"):
        last = _last(request.caller.user, after)
        way = "gt" if ascending else "lt"
        behind = Q(**{f"created_at__{way}": last.created_at})
        mine = mine.filter(behind | Q(created_at=last.created_at, **{f"pk__{way}": last.pk}))
    ordered = mine.order_by("created_at", "pk") if ascending else mine.order_by("-created_at", "-pk")
    rows = list(ordered[: most + 1])
    return listing([_shown(file) for file in rows[:most]], has_more=len(rows) > most)


@needs("files")
def retrieve(request: CallRequest, file_id: str) -> HttpResponse:
    return obj(_shown(_found(request.caller.user, file_id)))


@needs("files")
def content(request: CallRequest, file_id: str) -> HttpResponseBase:
    """The very bytes that were uploaded."""
    file = _found(request.caller.user, file_id)
    try:
        stored = contents.opened(file)
    except FileNotFoundError:
        raise _unknown(file_id) from None
    return FileResponse(
        stored, as_attachment=True, filename=file.name or file.pk, content_type="application/octet-stream"
    )


@needs("files")
def delete(request: CallRequest, file_id: str) -> HttpResponse:
    try:
        program_files.delete(request.caller.user, file_id)
    except NotFound:
        raise _unknown(file_id) from None
    return obj({"id": file_id, "object": "file", "deleted": True})


def _found(user: User, file_id: str) -> File:
    try:
        return access.file_for(user, file_id)
    except NotFound:
        raise _unknown(file_id) from None


def _last(user: User, after: str) -> File:
    """Return the file that a page follows; raise `ApiError`."""
    try:
        return access.file_for(user, after)
    except NotFound:
        raise invalid(f"No such File object: {after}", param="after") from None


def _unknown(file_id: str) -> ApiError:
    return ApiError(404, f"No such File object: {file_id}", param="id")


def _shown(file: File) -> dict[str, Any]:
    return {
        "id": file.pk,
        "object": "file",
        "bytes": file.size,
        "created_at": int(file.created_at.timestamp()),
        "expires_at": int(file.expires_at.timestamp()) if file.expires_at else None,
        "filename": file.name,
        "purpose": file.api_purpose or _purpose_of(file),
        "status": "processed",
        "status_details": None,
    }


def _purpose_of(file: File) -> str:
    """Return what the API would call the purpose of a file of a conversation."""
    if file.purpose != File.Purpose.UPLOAD:
        return "assistants_output"
    return "vision" if file.media_type.startswith("image/") else "user_data"


def _purpose(given: str | None) -> str:
    if given is None:
        raise missing("purpose")
    if given not in PURPOSES:
        supported = ", ".join(f"'{name}'" for name in PURPOSES)
        message = f"Invalid value: '{given[:40]}'. Supported values are: {supported}."
        raise invalid(message, param="purpose", code="invalid_value")
    return given


def _expiry(request: CallRequest) -> datetime | None:
    """Return when the file expires, None for never; raise `ApiError`."""
    anchor, seconds = request.POST.get("expires_after[anchor]"), request.POST.get("expires_after[seconds]")
    if anchor is None and seconds is None:
        return None
    if anchor != "created_at":
        message = "Invalid value for 'expires_after.anchor': it is 'created_at'."
        raise invalid(message, param="expires_after.anchor", code="invalid_value")
    number = int(seconds) if seconds and seconds.isascii() and seconds.isdigit() and len(seconds) < 12 else 0
    if not HOUR <= number <= MOST_SECONDS:
        message = f"Invalid 'expires_after.seconds': expected a value from {HOUR} to {MOST_SECONDS}."
        raise invalid(message, param="expires_after.seconds", code="invalid_value")
    return timezone.now() + timedelta(seconds=number)


def _hash(source: UploadedFile) -> bytes:  # type: ignore[type-arg]  # not subscriptable at run time
    """Return a hash of the bytes, and have them read from the beginning again."""
    digest = hashlib.sha256()
    while piece := source.read(PIECE):
        digest.update(piece)
    source.seek(0)
    return digest.digest()
