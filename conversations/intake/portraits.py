"""Pictures of people: a small square that holds nothing but its pixels. Runs in the child alone."""

from __future__ import annotations

from typing import IO, Any

from PIL import Image, ImageOps, UnidentifiedImageError

from conversations.intake.kinds import BadFile

EDGE = 256
"""Pixels of the portrait's side."""
LONGEST_SIDE = 8000
MOST_PIXELS = 40_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


def portray(source: IO[bytes], target: IO[bytes]) -> dict[str, Any]:
    """Write the square as WebP to `target`; of a moving picture the first frame. Raise `BadFile`, of which the code is
    `pixels`, `kind` or `damaged`."""
    Image.MAX_IMAGE_PIXELS = None  # the limit below has the better sentence
    try:
        with Image.open(source, formats=FORMATS) as picture:
            if max(picture.size) > LONGEST_SIDE or picture.width * picture.height > MOST_PIXELS:
                raise BadFile("too many pixels", code="pixels")
            picture.draft("RGB", (EDGE * 2, EDGE * 2))
            upright = ImageOps.exif_transpose(picture.convert("RGBA") if picture.mode != "RGB" else picture)
            small = ImageOps.fit(upright, (EDGE, EDGE), Image.Resampling.LANCZOS)
    except UnidentifiedImageError as error:
        raise BadFile("no picture") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise BadFile("damaged", code="damaged") from error
    small.save(target, "WEBP", quality=86, method=4)
    return {}
