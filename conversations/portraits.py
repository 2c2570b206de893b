"""Pictures of people: what was uploaded becomes a small square that holds nothing but its pixels."""

from __future__ import annotations

import io
import warnings
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

EDGE = 256
"""Pixels of the portrait's side."""
LARGEST_FILE = 2 * 1024 * 1024
LARGEST_SIDE = 8000
MOST_PIXELS = 40_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


class BadPicture(Exception):
    """A picture that is not taken. Its text is a sentence for people."""


def portrait(upload: UploadedFile[Any]) -> bytes:
    """Return the WebP bytes of a square portrait; raise `BadPicture`.

    The pixels are decoded and written anew: neither metadata (where a photo was taken) nor bytes hidden behind the
    picture survive. Of a moving picture the first frame is kept.
    """
    if (upload.size or 0) > LARGEST_FILE:
        raise BadPicture(_("This picture is larger than 2 MB. Choose a smaller one."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(upload, formats=FORMATS) as picture:
                # Known from the header, before a pixel is decoded
                if max(picture.size) > LARGEST_SIDE or picture.width * picture.height > MOST_PIXELS:
                    raise BadPicture(_("This picture has too many pixels. Choose one of at most 40 megapixels."))
                picture.draft("RGB", (EDGE * 2, EDGE * 2))
                upright = ImageOps.exif_transpose(picture.convert("RGBA") if picture.mode != "RGB" else picture)
                small = ImageOps.fit(upright, (EDGE, EDGE), Image.Resampling.LANCZOS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadPicture(_("This picture has too many pixels. Choose one of at most 40 megapixels.")) from error
    except UnidentifiedImageError as error:
        raise BadPicture(_("This file is not a picture that can be shown. Choose a PNG, JPEG, WebP or GIF.")) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise BadPicture(_("This picture is damaged. Choose another one.")) from error
    written = io.BytesIO()
    small.save(written, "WEBP", quality=86, method=4)
    return written.getvalue()
