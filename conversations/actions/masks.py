"""Masks for editing a picture, and larger canvases with theirs. The API takes picture and mask as PNGs of one size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Any

from conversations import access as accesses
from conversations import contents
from conversations.access import Access
from conversations.actions import files
from conversations.errors import NotFound, Refused
from conversations.intake.kinds import BadFile
from conversations.intake.workshop import Busy, workshop
from conversations.models import File, User

SECONDS = 30.0
SIDES = ("left", "top", "right", "bottom")
MOST_ADDED = 8192
MOST_BLEND = 256


@dataclass(frozen=True)
class Masked:
    """A picture to be edited with its mask, both PNGs of one size. `share` of it is to be edited."""

    picture: File
    mask: File
    share: float

    def brought_in(self, access: Access) -> Masked:
        """Return them as this conversation has them; to be called in the transaction that stores the request."""
        return Masked(files.brought_in(access, self.picture), files.brought_in(access, self.mask), self.share)

    @property
    def tool_part(self) -> dict[str, Any]:
        """What `input_image_mask` of the image generation tool is, until the request is sent."""
        return {"image_url": self.mask.reference | {"prefix": f"data:{self.mask.media_type};base64,"}}


def for_editing(user: User, picture_id: str, mask_id: str) -> Masked:
    """Return picture and mask as a provider takes them. Of a picture in another format a PNG is made.

    Raise `Refused` for what is not there, for a mask of another size, and for one that leaves nothing to be edited.
    """
    picture, mask = _found(user, picture_id, "picture"), _found(user, mask_id, "mask")
    if (picture.width, picture.height) != (mask.width, mask.height):
        raise Refused(
            f"The mask has {mask.width:,} × {mask.height:,} pixels, and the picture {picture.width:,} × "
            f"{picture.height:,}. Scale the mask, or paint another one.",
            code="mask_size",
        )
    with opened(mask) as content, refusing():
        facts = workshop.do("mask", [content], seconds=SECONDS)
    if picture.media_type != "image/png":
        picture = _as_png(user, picture)
    return Masked(picture, mask, facts["share"])


def extended(user: User, picture_id: str, *, sides: Sequence[int], blend: int) -> Masked:
    """Return a picture on a larger canvas, and the mask of what is new: uploads of the person's own, not yet sent.

    `sides` are pixels to add at the left, top, right and bottom; the mask reaches `blend` pixels into the picture.
    Raise `Refused`.
    """
    if any(not 0 <= side <= MOST_ADDED for side in sides) or not any(sides):
        raise Refused(f"Add from 1 to {MOST_ADDED:,} pixels at one side at least.", code="sides")
    if not 0 <= blend <= MOST_BLEND:
        raise Refused(f"The overlap is from 0 to {MOST_BLEND} pixels.", code="blend")
    picture = _found(user, picture_id, "picture")
    with ExitStack() as stack, contents.disk_troubles(), refusing():
        source = stack.enter_context(opened(picture))
        canvas, mask = stack.enter_context(files.unnamed()), stack.enter_context(files.unnamed())
        size = workshop.do("extend", [source, canvas, mask], seconds=SECONDS, sides=list(sides), blend=blend)
        larger = _upload(canvas, user, name=_named(picture, "extended"), size=size)
        around = _upload(mask, user, name=_named(picture, "mask"), size=size)
        share = workshop.do("mask", [mask], seconds=SECONDS)["share"]
        contents.keep([(larger, canvas), (around, mask)])
    return Masked(larger, around, share)


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what is wrong with a picture, or with the time that it takes, into `Refused`."""
    try:
        yield
    except BadFile as error:
        raise Refused(error.sentence, code=error.code) from error
    except Busy as error:
        raise Refused(
            "Too many files are being opened at the moment. Try again in a moment.", code="busy", status=503
        ) from error


def _found(user: User, file_id: str, what: str) -> File:
    try:
        file = accesses.file_for(user, file_id)
    except NotFound:
        raise Refused(f"This {what} is not here any more. Choose another one.", code="file_gone", status=404) from None
    if not file.media_type.startswith("image/") or not file.width or not file.height:
        raise Refused(f"This is not a picture, so it cannot be a {what}.", code="kind")
    return file


@contextmanager
def opened(file: File) -> Iterator[IO[bytes]]:
    """Yield a temporary copy: the child gets a file of this machine's, wherever the storage is."""
    with files.unnamed() as copy, contents.disk_troubles():
        try:
            content = contents.opened(file)
        except FileNotFoundError:
            raise Refused("This picture is not kept here any more.", code="file_gone", status=404) from None
        with content:
            for piece in iter(lambda: content.read(files.PIECE), b""):
                copy.write(piece)
        yield copy


def _as_png(user: User, picture: File) -> File:
    with ExitStack() as stack, contents.disk_troubles(), refusing():
        source, target = stack.enter_context(opened(picture)), stack.enter_context(files.unnamed())
        size = workshop.do("png", [source, target], seconds=SECONDS)
        file = _upload(target, user, name=_named(picture, ""), size=size)
        contents.keep([(file, target)])
    return file


def _upload(content: IO[bytes], user: User, *, name: str, size: dict[str, Any]) -> File:
    file = files.row_of(content, user, name=name, media_type="image/png")
    file.width, file.height = size["width"], size["height"]
    return file


def _named(picture: File, what: str) -> str:
    stem = picture.name.rpartition(".")[0] or picture.name or "picture"
    return f"{stem[:200]}{f' {what}' if what else ''}.png"
