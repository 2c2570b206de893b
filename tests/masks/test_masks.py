"""Masks: of the picture's size and with a clear part, or refused with a sentence; and canvases that grow."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from conversations import access
from conversations.actions import files, masks
from conversations.errors import Refused
from conversations.models import Conversation, File, User
from tests.intake import made
from tests.masks.conftest import HOLE, SIZE, mask_of, read, uploaded

pytestmark = pytest.mark.django_db


def edit(user: User, mask: File, picture: File | None = None) -> masks.Masked:
    picture = picture or uploaded(user, made.picture(size=SIZE))
    return masks.for_editing(user, picture.pk, mask.pk)


def refused(work: Any, *args: Any, **options: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        work(*args, **options)
    return caught.value


def test_a_mask_of_the_pictures_size_is_taken_with_the_share_that_it_leaves(alice: User) -> None:
    masked = edit(alice, uploaded(alice, mask_of()))
    assert masked.share == pytest.approx(60 * 60 / (160 * 120))
    assert read(masked.mask).getchannel("A").getpixel((HOLE[0], HOLE[1])) == 0


def test_a_mask_of_another_size_is_refused_with_both_sizes(alice: User) -> None:
    error = refused(edit, alice, uploaded(alice, mask_of((80, 60), (1, 1, 5, 5))))
    assert error.code == "mask_size"
    assert "80 × 60 pixels, and the picture 160 × 120" in error.sentence


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        pytest.param(Image.new("RGB", SIZE), "PNG", id="without alpha"),
        pytest.param(Image.new("CMYK", SIZE), "JPEG", id="of print"),
        pytest.param(Image.new("I;16", SIZE), "PNG", id="16 bits"),
        pytest.param(mask_of(hole=None), "PNG", id="nothing clear"),
    ],
)
def test_a_mask_that_leaves_nothing_to_be_edited_is_refused(alice: User, image: Image.Image, kind: str) -> None:
    assert refused(edit, alice, uploaded(alice, image, kind=kind)).code == "opaque"


def test_what_is_no_picture_or_far_too_large_is_no_mask(alice: User) -> None:
    note = files.store_upload(alice, io.BytesIO(b"words"), name="words.txt")
    assert refused(edit, alice, note).code == "kind"
    huge = uploaded(alice, Image.new("LA", (6000, 5000), (0, 0)))
    error = refused(edit, alice, huge, uploaded(alice, Image.new("L", (6000, 5000))))
    assert (error.code, "26 megapixels" in error.sentence) == ("pixels", True)


def test_a_mask_of_somebody_else_is_not_there(alice: User, charlie: User) -> None:
    assert refused(edit, charlie, uploaded(alice, mask_of())).code == "file_gone"


def test_a_picture_in_another_format_is_given_as_png_like_its_mask(alice: User) -> None:
    photo = uploaded(alice, made.picture("JPEG", SIZE), "lamp.jpg")
    masked = edit(alice, uploaded(alice, mask_of()), photo)
    assert (masked.picture.media_type, masked.picture.name) == ("image/png", "lamp.png")
    assert read(masked.picture).convert("RGB").tobytes() == read(photo).tobytes()


def test_picture_and_mask_become_the_conversations(alice: User, conversation: Conversation) -> None:
    masked = edit(alice, uploaded(alice, mask_of()))
    here = masked.brought_in(access.conversation_for(alice, conversation.pk))
    assert {here.picture.conversation_id, here.mask.conversation_id} == {conversation.pk}
    assert here.tool_part["image_url"]["$file"] == here.mask.pk


def test_a_canvas_grows_by_what_is_asked_and_the_mask_covers_just_that_and_the_overlap(alice: User) -> None:
    picture = uploaded(alice, Image.effect_noise(SIZE, 90).convert("RGB"))
    masked = masks.extended(alice, picture.pk, sides=(0, 16, 48, 0), blend=8)
    canvas, mask = read(masked.picture), read(masked.mask).getchannel("A")
    assert canvas.size == mask.size == (208, 136)
    assert canvas.crop((0, 16, 160, 136)).convert("RGB").tobytes() == read(picture).convert("RGB").tobytes()
    assert canvas.getpixel((200, 5)) == (0, 0, 0, 0)
    assert mask.point(lambda value: 255 - value).getbbox() == (0, 0, 208, 136)
    assert mask.getbbox() == (0, 24, 152, 136)
    assert set(mask.crop((0, 24, 152, 136)).tobytes()) == {255}
    edit(alice, masked.mask, masked.picture)


@pytest.mark.parametrize("sides", [(0, 0, 0, 0), (-1, 0, 0, 9), (0, 0, 9999, 0)])
def test_a_canvas_that_does_not_grow_or_grows_too_far_is_refused(alice: User, sides: tuple[int, ...]) -> None:
    picture = uploaded(alice, made.picture(size=SIZE))
    assert refused(masks.extended, alice, picture.pk, sides=sides, blend=8).code == "sides"


def test_a_canvas_of_too_many_pixels_is_refused(alice: User) -> None:
    picture = uploaded(alice, made.picture(size=SIZE))
    error = refused(masks.extended, alice, picture.pk, sides=(0, 0, 8000, 8000), blend=8)
    assert error.code == "pixels"
