"""Smaller copies of a picture, as pages show it: upright, in sRGB, the first frame. Runs in the child alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any

from PIL import Image, UnidentifiedImageError

from conversations.intake.kinds import BadFile
from conversations.intake.pictures import DAMAGED, check_size, settled

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


def shrink(source: IO[bytes], targets: Sequence[IO[bytes]], *, sides: Sequence[int]) -> dict[str, Any]:
    """Write a copy of each longer side to its target as WebP; return those `sides` that were worth it.

    The last one is as large as the picture where that is smaller: a page never needs the picture itself. Raise
    `BadFile`.
    """
    Image.MAX_IMAGE_PIXELS = None  # the limit below has the better sentence
    try:
        with Image.open(source, formats=FORMATS) as picture:
            check_size(picture)
            picture.draft("RGB", (max(sides), max(sides)))  # JPEG is decoded smaller, and never below this
            image = settled(picture)[0]
    except UnidentifiedImageError as error:
        raise BadFile(DAMAGED, code="damaged") from error
    except (SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, Image.DecompressionBombError) as error:
        raise BadFile(DAMAGED, code="damaged") from error
    except OSError as error:
        if error.errno is not None:
            raise  # of the disk, not of the picture
        raise BadFile(DAMAGED, code="damaged") from error
    if image.mode not in {"RGB", "RGBA"}:
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    longest = max(image.size)
    worth = [side for number, side in enumerate(sides) if not number or sides[number - 1] < longest]
    for side, target in reversed(list(zip(worth, targets, strict=False))):  # each from the one before
        image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=3.0)
        image.save(target, "WEBP", quality=82, method=3)
    return {"sides": worth}
