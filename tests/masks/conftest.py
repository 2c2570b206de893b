"""Pictures with masks, and answers of models that were to change them."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image, ImageDraw

from conversations import contents
from conversations.actions import files, pixel_locks
from conversations.actions.masks import Masked
from conversations.models import Branch, Conversation, File, Item, PixelLock, Response, User
from conversations.turns import blobs
from tests.intake import made

SIZE = (160, 120)
HOLE = (40, 30, 99, 89)
"""Where the masks of the tests are clear, the last column and row included."""


def mask_of(size: tuple[int, int] = SIZE, hole: tuple[int, int, int, int] | None = HOLE) -> Image.Image:
    mask = Image.new("RGBA", size, (0, 0, 0, 255))
    if hole:
        ImageDraw.Draw(mask).rectangle(hole, fill=(0, 0, 0, 0))
    return mask


def uploaded(user: User, image: Image.Image | bytes, name: str = "lamp.png", kind: str = "PNG") -> File:
    content = image if isinstance(image, bytes) else made.encoded(image, kind)
    return files.store_upload(user, io.BytesIO(content), name=name)


def read(file: File | None) -> Image.Image:
    assert file is not None
    return made.opened(contents.read(file))


class Answers:
    """Responses of a conversation that have ended, each with a picture that is locked to its original."""

    def __init__(self, conversation: Conversation, user: User) -> None:
        self.conversation, self.user = conversation, user
        self.original = Image.effect_noise(SIZE, 90).convert("RGB")

    def lock(
        self,
        answer: Image.Image | bytes | None,
        *,
        mask: Image.Image | None = None,
        feather: int = 8,
        kind: str = "PNG",
    ) -> PixelLock:
        """Have the answer locked, as a runner does when it has come; return how that went."""
        branch = Branch.objects.create(conversation=self.conversation, created_by=self.user)
        response = Response.objects.create(
            conversation=self.conversation,
            branch=branch,
            created_by=self.user,
            status=Response.Status.COMPLETED,
            done_at=timezone.now(),
        )
        if answer is not None:
            content = answer if isinstance(answer, bytes) else made.encoded(answer, kind)
            reference = blobs.store(content, response, File.Purpose.RESULT)
            payload: dict[str, Any] = {"type": "image_generation_call", "status": "completed", "result": reference}
            Item.from_payload(payload, response=response, direction=Item.Direction.OUTPUT, index=0).save()
        masked = Masked(uploaded(self.user, self.original), uploaded(self.user, mask or mask_of()), 0.2)
        lock = pixel_locks.plan(response, masked, feather=feather)
        assert pixel_locks.due() == [lock.pk]
        pixel_locks.settle(lock.pk)
        lock.refresh_from_db()
        return lock


@pytest.fixture
def answers(conversation: Conversation, alice: User) -> Answers:
    return Answers(conversation, alice)
