"""Bytes of files: uploaded by the person who writes, each fetch checked."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from conversations import access, contents
from conversations.actions import files
from conversations.errors import NotFound, Refused
from conversations.gallery.archive import name_of
from conversations.gallery.pictures import described
from conversations.intake.recipes import written
from conversations.models import File, Rendition
from conversations.models.rendition import SHOWN_INLINE, SIDES, rendition_name
from conversations.views.json import SignedInRequest, answer, door, refusal

KEPT_LINK = 480
"""Seconds that a browser may use a link into the object store again: less than it is good for."""


@door("POST")
def upload(request: SignedInRequest) -> HttpResponse:
    """Keep the body of the request as a file. Its name comes in `X-File-Name`, percent-encoded UTF-8.

    A plain body rather than a form: it is read once, and neither the check of the token nor Django copies it first.
    """
    kind = request.content_type or ""
    if kind.startswith("multipart/") or "urlencoded" in kind:
        raise Refused("Send the file itself as the body of the request, not a form.", code="form", status=415)
    name = unquote(request.headers.get("X-File-Name", ""), errors="replace")
    return answer({"file": shown(files.store_upload(request.user, request, name=name))}, status=201)


@door("POST")
def remove(request: SignedInRequest, file_id: str) -> HttpResponse:
    files.take_back(request.user, file_id)
    return answer({})


def shown(file: File) -> dict[str, Any]:
    """Return a new upload as the composer shows it."""
    return {
        "id": file.pk,
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
        "width": file.width,
        "height": file.height,
        "pages": file.pages,
        "moving": file.moving,
        "made_with": file.made_with,
        "url": reverse("file", args=[file.pk]),
    }


@require_GET
@login_required
def file(request: SignedInRequest, file_id: str) -> HttpResponseBase:
    return _whole(request, _found(request, file_id))


@require_GET
@login_required
def size(request: SignedInRequest, file_id: str, side: int) -> HttpResponseBase:
    """A picture with at least so many pixels on its longer side, as WebP; larger while no such copy was made yet."""
    found = _found(request, file_id)
    if found.media_type not in SHOWN_INLINE or side not in SIDES:
        raise Http404
    rendition = Rendition.objects.filter(sha256=found.sha256).first()
    if rendition is None and found.sha256:
        Rendition.objects.want([found.sha256])  # kept by an older version
    if rendition is not None and (made := rendition.side_for(side)):
        name = rendition_name(found.sha256, made)
        return _served(request, name, "image/webp", inline=True, called=f"{found.pk}-{made}.webp")
    answer = _whole(request, found.smaller or found)
    if rendition is None or rendition.done_at is None:
        answer["Cache-Control"] = "private, no-cache"
    return answer


@require_GET
@login_required
def preview(request: SignedInRequest, file_id: str) -> HttpResponseBase:
    """A picture as large as a page shows it; the picture itself where it is small."""
    found = _found(request, file_id)
    return _whole(request, found.smaller or found)


@require_GET
@login_required
def download(request: SignedInRequest, file_id: str) -> HttpResponseBase:
    """A file to keep: a picture with what made it in its metadata, unless `recipe` is 0 or the person wants none."""
    found = _found(request, file_id)
    wants = request.GET.get("recipe", "1" if request.user.recipes_in_files else "0") == "1"
    picture = described(request.user, [found])[0] if found.is_picture and found.sha256 else None
    if picture is None or picture.recipe.response is None:
        return _whole(request, found, saved=True)
    try:
        content = contents.read(found)
    except FileNotFoundError as error:
        raise Http404 from error
    except Refused as error:
        return refusal(error)
    if wants:
        content = written(content, found.media_type, picture.recipe.as_json())
    answer = guarded(HttpResponse(content, content_type=found.media_type))
    answer["Content-Disposition"] = content_disposition_header(True, name_of(picture)) or "attachment"
    answer["Cache-Control"] = "private, no-cache"
    return answer


def _found(request: SignedInRequest, file_id: str) -> File:
    try:
        return access.file_for(request.user, file_id)
    except NotFound as error:
        raise Http404 from error


def _whole(request: SignedInRequest, found: File, *, saved: bool = False) -> HttpResponseBase:
    if not found.sha256:
        raise Http404
    inline = found.media_type in SHOWN_INLINE and not saved
    kind = found.media_type if inline else "application/octet-stream"
    return _served(request, found.storage_name, kind, inline=inline, called=found.name or found.pk)


def _served(request: SignedInRequest, name: str, kind: str, *, inline: bool, called: str) -> HttpResponseBase:
    """Hand out what lies under `name`, or lead to it in the object store."""
    # A page that reads a picture's bytes (`fetch`, a canvas) has them from here: only this origin may be read
    if request.headers.get("Sec-Fetch-Mode") in {"no-cors", "navigate"}:
        disposition = content_disposition_header(not inline, called) or "inline"
        if address := contents.link(name, media_type=kind, disposition=disposition):
            led = HttpResponseRedirect(address)
            led["Cache-Control"] = f"private, max-age={KEPT_LINK}"
            led["Vary"] = "Sec-Fetch-Mode, Cookie"
            return led
    try:
        content = contents.opened_name(name)
    except FileNotFoundError as error:
        raise Http404 from error
    except Refused as error:
        return refusal(error)
    return guarded(FileResponse(content, as_attachment=not inline, filename=called, content_type=kind))


def guarded(response: HttpResponseBase) -> HttpResponseBase:
    """Return an answer with foreign bytes as one that runs nothing and that only its reader's browser keeps."""
    response["Cache-Control"] = "private, max-age=86400, immutable"
    response["Vary"] = "Sec-Fetch-Mode, Cookie"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
