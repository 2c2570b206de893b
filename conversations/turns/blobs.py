"""Takes image and file bytes out of what a provider sends: they are stored once, and a reference stands in their place.

A 1024-pixel picture is two to four million characters of base64. In a socket frame, a channel message or a text column
it would stop everything behind it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image, UnidentifiedImageError

from conversations import contents
from conversations.models import File, Rendition, Response
from conversations.models.fields import plain
from conversations.models.file import lock_content

LARGE = 16_384
"""Characters. Shorter strings stay where they are."""
MOST_DEPTH = 60
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
"""Pillow reads many more, PostScript among them; what a provider sends is one of these."""
SAID = {"text", "refusal", "instructions", "arguments", "input", "output", "code", "logs", "encrypted_content"}
"""Names of strings that are never bytes, though they may look like it: a model repeats a letter twenty thousand times,
or is asked for base64."""


def has_large(value: Any, depth: int = 0) -> bool:
    """Return whether something in `value` is bytes: long enough to be, or where the API puts a picture."""
    if isinstance(value, str):
        return len(value) >= LARGE
    if depth > MOST_DEPTH:
        return False
    if isinstance(value, dict):
        return any(_is_picture(value, key) or has_large(inner, depth + 1) for key, inner in value.items())
    return isinstance(value, list) and any(has_large(inner, depth + 1) for inner in value)


def replace_blobs(value: Any, response: Response, purpose: File.Purpose, *, depth: int = 0) -> Any:
    """Return `value` with each large base64 string and data URL replaced by `{"$file": id, ...}`; store the bytes.

    A picture that a model made is replaced whatever its size: a plain one has a few hundred bytes.
    The reference keeps what stood before the bytes (`prefix`), so that `restore_blobs` gives back the very string.
    """
    if isinstance(value, str):
        return _replace(value, response, purpose) if len(value) >= LARGE else value
    if depth < MOST_DEPTH:
        if isinstance(value, dict):
            return {
                key: _replace(inner, response, purpose)
                if _is_picture(value, key)
                else inner
                if key in SAID and isinstance(inner, str)
                else replace_blobs(inner, response, purpose, depth=depth + 1)
                for key, inner in value.items()
            }
        if isinstance(value, list):
            return [replace_blobs(inner, response, purpose, depth=depth + 1) for inner in value]
    return value


def _is_picture(holder: dict[str, Any], key: str) -> bool:
    """Return whether the API puts a generated picture there, as base64."""
    place = key == "partial_image_b64" or (key == "result" and holder.get("type") == "image_generation_call")
    return place and isinstance(holder[key], str) and holder[key] != ""


def restore_blobs(value: Any) -> Any:
    """Return `value` with references replaced by the strings that they stand for; raise where a file is gone."""
    if isinstance(value, dict):
        if isinstance(value.get("$file"), str):
            file = File.objects.get(pk=plain(value["$file"]), purged_at=None)
            return value.get("prefix", "") + base64.b64encode(contents.read(file)).decode()
        return {key: restore_blobs(inner) for key, inner in value.items()}
    return [restore_blobs(inner) for inner in value] if isinstance(value, list) else value


def restore_kept(value: Any) -> Any:
    """Return `value` with references replaced by the strings that they stand for, None where a file is gone."""
    if isinstance(value, dict):
        if isinstance(value.get("$file"), str):
            try:
                return restore_blobs(value)
            except (File.DoesNotExist, OSError):
                return None
        return {key: restore_kept(inner) for key, inner in value.items()}
    return [restore_kept(inner) for inner in value] if isinstance(value, list) else value


def _replace(text: str, response: Response, purpose: File.Purpose) -> Any:
    found = bytes_in(text)
    if found is None:
        return text
    prefix, content = found
    return store(content, response, purpose) | ({"prefix": prefix} if prefix else {})


def bytes_in(text: str) -> tuple[str, bytes] | None:
    """Return what stands before the bytes of a base64 string or data URL, and the bytes; None for other text."""
    prefix, encoded = "", text
    if text.startswith("data:"):
        head, comma, encoded = text.partition(",")
        if not head.endswith(";base64"):
            return None
        prefix = head + comma
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    if base64.b64encode(content).decode() != encoded:
        return None  # another spelling of base64: kept as it came, so that it can be given back as it came
    return prefix, content


def store(content: bytes, response: Response, purpose: File.Purpose) -> dict[str, Any]:
    """Store bytes that belong to a response; return the reference that stands for them. Same content, same bytes."""
    media_type, width, height = describe(content)
    digest = hashlib.sha256(content).hexdigest()
    known = File.objects.filter(response=response, sha256=digest).first()
    file = known or File(
        conversation_id=response.conversation_id,
        response=response,
        purpose=purpose,
        media_type=media_type,
        size=len(content),
        sha256=digest,
        width=width,
        height=height,
    )
    _write(file.storage_name, content)
    if known is None:
        with transaction.atomic():
            lock_content(digest)
            file.save()
            _want(file)
        _write(file.storage_name, content)  # a purge may have taken the bytes before it could see this row
    elif known.purpose == File.Purpose.PARTIAL and purpose == File.Purpose.RESULT:
        File.objects.filter(pk=known.pk).update(purpose=purpose)
        file.purpose = purpose
        _want(file)
    return {"$file": file.pk, "width": width, "height": height}


def _want(file: File) -> None:
    if file.is_picture:
        Rendition.objects.want([file.sha256])


def _write(name: str, content: bytes) -> None:
    if default_storage.exists(name):
        if default_storage.size(name) == len(content):
            return
        default_storage.delete(name)  # what a crash or a full disk left of it
    default_storage.save(name, ContentFile(content))


def describe(content: bytes) -> tuple[str, int | None, int | None]:
    """Return media type, width and height as the bytes themselves say; only the header is read, nothing is decoded."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            return Image.MIME.get(picture.format or "", "application/octet-stream"), picture.width, picture.height
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return "application/octet-stream", None, None
