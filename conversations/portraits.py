"""Pictures of people: what was uploaded becomes a small square that holds nothing but its pixels."""

from __future__ import annotations

import tempfile
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from conversations.intake.kinds import BadFile
from conversations.intake.workshop import Busy, workshop

LARGEST_FILE = 2 * 1024 * 1024
SECONDS = 10.0


class BadPicture(Exception):
    """A picture that is not taken. Its text is a sentence for people."""


def portrait(upload: UploadedFile[Any]) -> bytes:
    """Return the WebP bytes of a square portrait; raise `BadPicture`.

    The pixels are decoded and written anew, in a process apart: neither metadata (where a photo was taken) nor bytes
    hidden behind the picture survive. Of a moving picture the first frame is kept.
    """
    if (upload.size or 0) > LARGEST_FILE:
        raise BadPicture(_("This picture is larger than 2 MB. Choose a smaller one."))
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target:
        for piece in upload.chunks():
            source.write(piece)
        try:
            workshop.do("portrait", [source, target], seconds=SECONDS)
        except BadFile as error:
            raise BadPicture(_sentence(error.code)) from error
        except Busy as error:
            raise BadPicture(_("Too many pictures are being opened. Try again in a moment.")) from error
        target.seek(0)
        return target.read()


def _sentence(code: str) -> str:
    if code == "pixels":
        return _("This picture has too many pixels. Choose one of at most 40 megapixels.")
    if code == "kind":
        return _("This file is not a picture that can be shown. Choose a PNG, JPEG, WebP or GIF.")
    return _("This picture is damaged. Choose another one.")
