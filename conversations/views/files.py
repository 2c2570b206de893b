"""Bytes of files, each fetch checked."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponseBase
from django.views.decorators.http import require_GET

from conversations import access
from conversations.errors import NotFound
from conversations.views.json import SignedInRequest

SHOWN_INLINE = {"image/png", "image/jpeg", "image/webp", "image/gif"}
"""Raster images only: SVG, HTML and PDF can run script, so they are handed out as downloads."""


@require_GET
@login_required
def file(request: SignedInRequest, file_id: str) -> HttpResponseBase:
    try:
        found = access.file_for(request.user, file_id)
        content = default_storage.open(found.storage_name)
    except (NotFound, FileNotFoundError) as error:
        raise Http404 from error
    inline = found.media_type in SHOWN_INLINE
    response = FileResponse(
        content,
        as_attachment=not inline,
        filename=found.name or found.pk,
        content_type=found.media_type if inline else "application/octet-stream",
    )
    response["Cache-Control"] = "private, max-age=86400, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
