"""Conversations with something in them, for what deletes."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from conversations.models import Branch, Conversation, Fact, File, Item, Membership, Response, StreamChunk, User

numbers = itertools.count(1)
Make = Callable[..., Conversation]


@pytest.fixture
def make(alice: User, bob: User) -> Make:
    """Make a conversation of Alice's and Bob's: `turns` answers, each with a tool call, a log and `content`'s bytes."""

    def made(
        *,
        owner: User | None = None,
        age: int = 0,
        turns: int = 1,
        canary: str = "what was said",
        content: bytes | None = None,
        endpoint: str = "",
        **columns: Any,
    ) -> Conversation:
        then = timezone.now() - dt.timedelta(days=age)
        owner = owner or alice
        conversation = Conversation.objects.create(
            created_by=owner,
            title=f"About {canary}",
            instructions=f"Mind {canary}",
            created_at=then,
            activity_at=then,
            **columns,
        )
        for user, role in ((owner, "owner"), (bob, "editor")):
            Membership.objects.get_or_create(
                conversation=conversation, user=user, defaults={"role": role, "activity_at": then}
            )
        branch = Branch.objects.create(conversation=conversation, created_by=owner)
        previous = None
        for _ in range(turns):
            previous = add_turn(conversation, branch, previous, owner, canary=canary, then=then, endpoint=endpoint)
            if content is not None:
                add_file(conversation, previous, content, name=f"{canary}.txt", then=then)
        branch.head = previous
        branch.save(update_fields=["head"])
        conversation.branch = branch
        conversation.save(update_fields=["branch"])
        return conversation

    return made


def add_turn(
    conversation: Conversation,
    branch: Branch,
    previous: Response | None,
    owner: User,
    *,
    canary: str,
    then: dt.datetime,
    endpoint: str,
) -> Response:
    number = next(numbers)
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": canary}]}
    call = {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "name": "look_up"}
    call |= {"arguments": f'{{"about": "{canary}"}}', "status": "completed"}
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": f"Yes, {canary}"}]}
    response = Response.objects.create(
        conversation=conversation,
        branch=branch,
        previous_response=previous,
        created_by=owner,
        status="completed",
        done_at=then,
        provider_id=f"resp_{number}",
        endpoint=endpoint,
        provider_expires_at=then + dt.timedelta(days=30),
        instructions=f"Mind {canary}",
        parameters={"instructions": canary},
        options={"text": {"name": canary}},
        final={"id": f"resp_{number}", "output": [call, said]},
        queued_at=then,
    )
    for index, (direction, payload) in enumerate((("input", message), ("output", call), ("output", said))):
        columns = {"author": owner} if direction == "input" else {}
        Item.from_payload(
            payload, response=response, direction=Item.Direction(direction), index=index, created_at=then, **columns
        ).save()
    StreamChunk.objects.create(
        response=response, epoch=1, sequence=0, count=1, events=[{"delta": canary}], created_at=then
    )
    conversation.position += 1
    conversation.save(update_fields=["position"])
    Fact.objects.create(
        conversation=conversation, position=conversation.position, kind="response.updated", response=response
    )
    return response


def add_file(
    conversation: Conversation,
    response: Response | None,
    content: bytes,
    *,
    name: str,
    then: dt.datetime,
    **columns: Any,
) -> File:
    file = File(
        conversation=conversation,
        response=response,
        purpose=File.Purpose.UPLOAD,
        name=name,
        media_type="text/plain",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        created_at=then,
        **columns,
    )
    if not default_storage.exists(file.storage_name):
        default_storage.save(file.storage_name, ContentFile(content))
    file.save()
    return file
