"""Pictures as models make them in conversations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from conversations.models import Branch, Conversation, File, Item, Response, User
from conversations.turns import blobs
from tests.intake import made

Paint = Callable[..., File]


@pytest.fixture
def paint(conversation: Conversation, alice: User) -> Paint:
    """Have a model make a picture: `paint("A lamp on walnut", by=bob)`."""
    colours = iter(range(1, 1000))

    def paint(
        prompt: str,
        *,
        by: User = alice,
        here: Conversation = conversation,
        at: datetime | None = None,
        model: str = "demo",
        revised: str = "",
        **asked: Any,
    ) -> File:
        branch = here.branch or Branch.objects.create(conversation=here, created_by=by)
        tool = {"type": "image_generation", "size": "64x48", "quality": "high", **asked}
        response = Response.objects.create(
            conversation=here,
            branch=branch,
            created_by=by,
            model=model,
            status="completed",
            done_at=timezone.now(),
            provider_id=f"resp_{next(colours)}",
            parameters={"model": model, "tools": [tool]},
        )
        content = made.picture(size=(64, 48), colour=f"#{next(colours):06x}")
        reference = blobs.store(content, response, File.Purpose.RESULT)
        message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": prompt}]}
        call = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": reference}
        call |= {"revised_prompt": revised} if revised else {}
        for payload, direction in ((message, Item.Direction.INPUT), (call, Item.Direction.OUTPUT)):
            author = {"author": by} if direction == Item.Direction.INPUT else {}
            Item.from_payload(payload, response=response, direction=direction, index=0, **author).save()
        file = File.objects.get(pk=reference["$file"])
        if at is not None:
            file.created_at = at
            file.save(update_fields=["created_at"])
        return file

    return paint
