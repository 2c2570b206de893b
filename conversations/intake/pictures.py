"""Pictures, decoded and written anew: nothing but their pixels survives. Runs in the child alone."""

from __future__ import annotations

import io
from typing import IO, Any

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from conversations.intake.kinds import BadFile
from conversations.intake.recipes import read

MOST_PIXELS = 50_000_000
LONGEST_SIDE = 16_000
PREVIEW_SIDE = 1024
"""Pixels. What a page shows; the whole picture is opened by a click."""
SMALL = 300_000
"""Bytes. A picture that is small in every way is its own preview."""
MANY_PIXELS = 12_000_000
"""From here on PNG is packed less well and much faster."""
DAMAGED = "This picture is damaged. Choose another one."


def rework(source: IO[bytes], target: IO[bytes], preview: IO[bytes], *, kind: str) -> dict[str, Any]:
    """Write the picture anew to `target`, and a smaller one to `preview` where it is worth it.

    It keeps its format and stands upright, in sRGB with 8 bits, without metadata. Of a moving picture the first frame
    is kept. Return media type, width, height, `moving`, the `preview`'s size or None, and the `recipe` that its
    metadata claims or None. Raise `BadFile`.
    """
    recipe = read(source, kind)
    source.seek(0)
    Image.MAX_IMAGE_PIXELS = None  # the limit below has the better sentence
    try:
        with Image.open(source, formats=[kind]) as picture:
            check_size(picture)
            # MPO: what many phones write, with depth or a second exposure behind the JPEG
            moving = picture.format != "MPO" and bool(getattr(picture, "is_animated", False))
            lossless = kind == "WEBP" and _is_lossless(source)
            upright, untouched = settled(picture)
            width, height = upright.size
            _write(upright, target, kind=kind, keep=untouched and picture.format == "JPEG", lossless=lossless)
            small = _write_preview(upright, preview, size=target.tell())
    except UnidentifiedImageError as error:
        raise BadFile(DAMAGED, code="damaged") from error
    except (SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, Image.DecompressionBombError) as error:
        raise BadFile(DAMAGED, code="damaged") from error
    except OSError as error:
        if error.errno is not None:
            raise  # of the disk, not of the picture
        raise BadFile(DAMAGED, code="damaged") from error
    return {
        "media_type": f"image/{kind.lower()}",
        "width": width,
        "height": height,
        "moving": moving,
        "preview": small,
        "recipe": recipe,
    }


def check_size(picture: Image.Image) -> None:
    """Raise `BadFile` for a picture that is too large by what its header says, before a pixel is decoded."""
    width, height = picture.size
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise BadFile(
            f"This picture has {width:,} × {height:,} pixels; {MOST_PIXELS // 1_000_000} megapixels are the most. "
            "Make it smaller, and attach that.",
            code="pixels",
        )
    if not width or not height:
        raise BadFile(DAMAGED, code="damaged")


def _is_lossless(source: IO[bytes]) -> bool:
    source.seek(0)
    return b"VP8L" in source.read(64)


def settled(picture: Image.Image) -> tuple[Image.Image, bool]:
    """Return the picture upright, in a mode that its format and the web know; and whether no pixel was changed."""
    profile = picture.info.get("icc_profile")
    picture.load()
    turned = picture.getexif().get(0x0112, 1) not in {0, 1}
    image: Image.Image = ImageOps.exif_transpose(picture) if turned else picture
    before = image
    if image.mode in {"I;16", "I;16B", "I;16L", "I;16N", "I"}:
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if profile:
        image = _in_srgb(image, profile)
    if image.mode == "P" and picture.format in {"GIF", "PNG"}:
        image.info = {name: value for name, value in image.info.items() if name == "transparency"}
        return image, False
    if "transparency" in image.info or image.mode in {"LA", "PA", "La", "RGBa"}:
        image = image.convert("RGBA")
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode not in {"L", "RGB", "RGBA"}:
        image = image.convert("RGB")
    image.info = {}  # the writers would put comments and profiles back from here
    return image, not turned and image is before


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Return the image in sRGB. A profile that is broken, or of another kind of colour, is as good as none."""
    kinds = {"RGB": "RGB", "RGBA": "RGB", "CMYK": "CMYK"}
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != kinds.get(image.mode):
            return image
        if "sRGB" in ImageCms.getProfileDescription(source):
            return image
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        changed = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return changed if changed is not None else image


def _write(image: Image.Image, target: IO[bytes], *, kind: str, keep: bool, lossless: bool) -> None:
    if kind == "PNG":
        image.save(target, "PNG", compress_level=3 if image.width * image.height > MANY_PIXELS else 6)
    elif kind == "GIF":
        image.save(target, "GIF")
    elif kind == "WEBP":
        image.save(target, "WEBP", lossless=lossless, quality=40 if lossless else 92, method=2)
    elif keep:
        image.save(target, "JPEG", quality="keep")
    else:
        flat = image.convert("RGB") if image.mode == "RGBA" else image
        flat.save(target, "JPEG", quality=92)


def _write_preview(image: Image.Image, preview: IO[bytes], *, size: int) -> list[int] | None:
    if max(image.size) <= PREVIEW_SIDE and size <= SMALL:
        return None
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    image.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    image.save(preview, "WEBP", quality=82, method=2)
    return list(image.size)
