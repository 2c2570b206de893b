"""Pictures laid over pictures: masks, the pixel lock, larger canvases. Runs in the child alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from PIL import Image, ImageChops, ImageFilter, UnidentifiedImageError

from conversations.intake.kinds import BadFile
from conversations.intake.pictures import MANY_PIXELS, PREVIEW_SIDE, settled

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MOST_PIXELS = 26_000_000
LONGEST_SIDE = 16_000
ALIKE = 0.02
"""By how much the proportions of two pictures may differ and still be the same."""
VISIBLE = 8
"""Of 255: what differs by less is the rounding of a format."""
DIMMED = 0.45
AMBER, RED = (255, 186, 66), (228, 36, 30)


def look_at_mask(source: IO[bytes]) -> dict[str, Any]:
    """Return the size of a mask and the `share` that it leaves to be edited. Raise `BadFile`."""
    with _refusing():
        free = _free(_opened(source))
    return {"width": free.width, "height": free.height, "share": _share(free, lambda value: value >= 128)}


def as_png(source: IO[bytes], target: IO[bytes]) -> dict[str, Any]:
    """Write a picture as PNG: the API takes picture and mask in the same format only. Raise `BadFile`."""
    with _refusing():
        picture = _coloured(_opened(source))
    _write(picture, target)
    return {"width": picture.width, "height": picture.height}


def lock(files: list[IO[bytes]], *, feather: int) -> dict[str, Any]:
    """Lay the answer of a model over the original, inside the mask alone.

    `files` are the original, the answer, the mask; then, to be written: the locked picture, and the heat map of what
    the model had changed outside the mask. The edge fades over `feather` pixels to the inside, so that no pixel
    outside the mask is any other than the original's. An answer of another size in the same proportions is scaled.

    Return width and height, the size of `heat`, and the `share` of the pixels outside the mask that the model had
    changed. Raise `BadFile`: `shape` where the proportions differ.
    """
    with _refusing():
        before, answer, free = _coloured(_opened(files[0])), _coloured(_opened(files[1])), _free(_opened(files[2]))
        if free.size != before.size:
            raise BadFile("The mask has another size than the picture.", code="size")
        after = _fitted(answer, before.size)
        if "RGBA" in {before.mode, after.mode}:
            before, after = before.convert("RGBA"), after.convert("RGBA")
        outside = free.point(lambda value: 255 if value == 0 else 0)
        changed = ImageChops.darker(_difference(before, after), outside)
        picture = Image.composite(after, before, _fading(free, feather))
        del after
    _write(picture, files[3])
    heat = _heat(_small(before.convert("RGB")), changed)
    heat.save(files[4], "WEBP", quality=82, method=2)
    beside = _share(outside, bool)
    return {
        "width": picture.width,
        "height": picture.height,
        "heat": list(heat.size),
        "share": _share(changed, lambda value: value > VISIBLE) / beside if beside else 0.0,
    }


def extend(source: IO[bytes], target: IO[bytes], mask: IO[bytes], *, sides: list[int], blend: int) -> dict[str, Any]:
    """Put a picture onto a larger canvas that is clear around it, and make the mask for what is new.

    `sides` are the pixels to add at the left, top, right and bottom. The mask reaches `blend` pixels into the picture
    at the sides that grow, so that new and old can fade into each other. Return the new width and height.
    """
    left, top, right, bottom = sides
    with _refusing():
        picture = _coloured(_opened(source))
        size = (left + picture.width + right, top + picture.height + bottom)
        _require_size(size, "The canvas would have")
    canvas = Image.new("RGBA", size, (0, 0, 0, 0))
    canvas.paste(picture.convert("RGBA"), (left, top))
    _write(canvas, target)
    inward = [min(blend, edge // 4) if side else 0 for side, edge in zip(sides, picture.size * 2, strict=True)]
    kept = (
        left + inward[0],
        top + inward[1],
        left + picture.width - inward[2],
        top + picture.height - inward[3],
    )
    alpha = Image.new("L", size, 0)
    alpha.paste(255, kept)
    black = Image.new("L", size, 0)
    _write(Image.merge("RGBA", (black, black, black, alpha)), mask)
    return {"width": size[0], "height": size[1]}


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except UnidentifiedImageError as error:
        raise BadFile("This is not a picture.", code="kind") from error
    except (SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, Image.DecompressionBombError) as error:
        raise BadFile("This picture is damaged.", code="damaged") from error
    except OSError as error:
        if error.errno is not None:
            raise  # of the disk, not of the picture
        raise BadFile("This picture is damaged.", code="damaged") from error


def _opened(source: IO[bytes]) -> Image.Image:
    """Return a picture upright, with 8 bits and in a mode of the web's, whatever it came as."""
    Image.MAX_IMAGE_PIXELS = None  # the limit below has the better sentence
    with Image.open(source, formats=FORMATS) as picture:
        _require_size(picture.size, "This picture has")
        return settled(picture)[0]


def _require_size(size: tuple[int, int], subject: str) -> None:
    width, height = size
    if width * height > MOST_PIXELS or max(size) > LONGEST_SIDE or not width or not height:
        raise BadFile(
            f"{subject} {width:,} × {height:,} pixels; {MOST_PIXELS // 1_000_000} megapixels are the most for a mask.",
            code="pixels",
        )


def _coloured(picture: Image.Image) -> Image.Image:
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _free(mask: Image.Image) -> Image.Image:
    """Return what a mask leaves to be edited: 255 where it is clear. Raise `BadFile` where it is not clear at all."""
    if not mask.has_transparency_data:
        raise BadFile("This mask has no clear part. Make it clear where the picture is to be edited.", code="opaque")
    free = ImageChops.invert(mask.convert("RGBA").getchannel("A"))
    if not free.getbbox():
        raise BadFile("This mask is empty. Paint where the picture is to be edited.", code="opaque")
    return free


def _fitted(answer: Image.Image, size: tuple[int, int]) -> Image.Image:
    if answer.size == size:
        return answer
    proportion = (answer.width * size[1]) / (answer.height * size[0])
    if not 1 - ALIKE < proportion < 1 + ALIKE:
        raise BadFile(
            f"The model answered with {answer.width:,} × {answer.height:,} pixels, another shape than the picture’s "
            f"{size[0]:,} × {size[1]:,}, so it could not be laid over it.",
            code="shape",
        )
    return answer.resize(size, Image.Resampling.LANCZOS)


def _difference(before: Image.Image, after: Image.Image) -> Image.Image:
    """Return how much each pixel differs, by the channel in which it differs most."""
    first, *others = ImageChops.difference(before, after).split()
    for other in others:
        first = ImageChops.lighter(first, other)
    return first


def _fading(free: Image.Image, feather: int) -> Image.Image:
    """Return how much of the answer shows: all well inside the mask, nothing outside.

    A blur is at one half on an edge; what is above it, stretched, fades from the edge inwards. Where a mask is thinner
    than that, nothing of it would remain: then it fades over less.
    """
    while feather >= 1:
        blurred = free.filter(ImageFilter.GaussianBlur(feather / 2.5))
        fading = ImageChops.darker(blurred.point(lambda value: max(0, 2 * value - 255)), free)
        if fading.getextrema()[1] == 255:
            return fading
        feather //= 2
    return free


def _heat(picture: Image.Image, changed: Image.Image) -> Image.Image:
    """Return the picture in grey and dim, with what was changed from amber to red."""
    seen = changed.point(lambda value: value if value > VISIBLE else 0)
    much = seen.resize(picture.size, Image.Resampling.BOX).point(lambda value: min(255, value * 4))
    ground = picture.convert("L").point(lambda value: round(value * DIMMED)).convert("RGB")
    amber, red = (Image.new("RGB", picture.size, colour) for colour in (AMBER, RED))
    colour = Image.composite(red, amber, much)
    return Image.composite(colour, ground, much.point(lambda value: min(255, value * 3)))


def _share(picture: Image.Image, counts: Callable[[int], bool]) -> float:
    histogram = picture.histogram()
    return sum(number for value, number in enumerate(histogram) if counts(value)) / (picture.width * picture.height)


def _small(picture: Image.Image) -> Image.Image:
    small = picture.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return small


def _write(picture: Image.Image, target: IO[bytes]) -> None:
    picture.save(target, "PNG", compress_level=3 if picture.width * picture.height > MANY_PIXELS else 6)
