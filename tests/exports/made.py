"""A conversation with something of everything: branches, a picture, notes, margins, a tag, a tool, an approval."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from conversations.models import (
    Approval,
    Branch,
    Conversation,
    Favourite,
    File,
    Item,
    Mention,
    PixelLock,
    Reaction,
    Response,
    Tag,
    ToolCall,
    User,
)

FINAL = {"id": "resp_1", "object": "response", "output": [], "tools": [], "temperature": 1.0, "b": 1, "a": {"x": None}}


def picture(color: str = "green", form: str = "PNG") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (12, 8), color).save(content, form)
    return content.getvalue()


def kept_file(conversation: Conversation, content: bytes, **columns: Any) -> File:
    digest = hashlib.sha256(content).hexdigest()
    columns = {"media_type": "image/png", "purpose": "upload", "name": "lamp.png"} | columns
    file = File.objects.create(conversation=conversation, size=len(content), sha256=digest, **columns)
    if not default_storage.exists(file.storage_name):
        default_storage.save(file.storage_name, ContentFile(content))
    return file


def said(text: str, *more: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}, *more]}


def answered(text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": content}


def turn(
    conversation: Conversation,
    author: User,
    question: dict[str, Any],
    *answer: dict[str, Any],
    previous: Response | None = None,
    branch: Branch | None = None,
    **columns: Any,
) -> Response:
    """Store a turn that has ended; return its response."""
    branch = branch or Branch.objects.create(conversation=conversation, created_by=author)
    now = timezone.now()
    columns = {"status": "completed", "model": "demo", "endpoint": "local", "done_at": now, "final": FINAL} | columns
    columns = {"queued_at": now - timedelta(seconds=2), "usage": {"total_tokens": 7}} | columns
    response = Response.objects.create(
        conversation=conversation, branch=branch, previous_response=previous, created_by=author, **columns
    )
    Item.from_payload(question, response=response, direction=Item.Direction.INPUT, index=0, author=author).save()
    for index, payload in enumerate(answer):
        Item.from_payload(payload, response=response, direction=Item.Direction.OUTPUT, index=index).save()
    branch.head = response
    branch.save()
    conversation.branch = branch
    conversation.position += 1
    conversation.save()
    return response


def everything(conversation: Conversation, alice: User, bob: User) -> list[Response]:
    """Fill the conversation; return its responses in order."""
    file = kept_file(conversation, picture(), width=12, height=8)
    kept_file(conversation, picture("green", "WEBP"), purpose="preview", preview_of=file, media_type="image/webp")
    shown = {
        "type": "input_image",
        "image_url": file.reference | {"prefix": "data:image/png;base64,"},
        "detail": "auto",
    }
    first = turn(
        conversation,
        alice,
        said("Which *lamp*?", shown),
        answered("## The green one\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
        provider_id="resp_1",
        parameters={"model": "demo", "tools": [{"type": "mcp", "headers": {"X": "a secret word"}}]},
        making={"parent": file.pk, "maker": "demo", "partial_images": 3},
    )
    call = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "light", "arguments": '{"on":true}'}
    second = turn(conversation, bob, said("Turn it on"), call, previous=first, branch=first.branch, calls=1)
    row = ToolCall.objects.create(
        conversation=conversation,
        response=second,
        call_id="call_1",
        name="light",
        arguments='{"on":true}',
        state="done",
    )
    Approval.objects.create(
        conversation=conversation,
        response=second,
        call=row,
        request_id="call_1",
        name="light",
        arguments='{"on":true}',
        digest="0" * 64,
        decides="asker",
        state="approved",
        asked_by=bob,
        decided_by=alice,
        decided_at=timezone.now(),
    )
    third = turn(conversation, alice, said("Or the red one?"), answered("Better not."), previous=first)
    again = turn(conversation, alice, said("unused"), answered("Never."), previous=first, input_from=third)
    Item.objects.filter(response=again, direction="input").delete()
    for after, index in ((None, 0), (second, 0)):
        Item.from_payload(
            said("Between us <b>only</b>"),
            response=after,
            direction=Item.Direction.NOTE,
            index=index,
            author=bob,
            **({} if after else {"conversation_id": conversation.pk}),
        ).save()
    asked = Item.objects.get(response=first, direction="input")
    for index, margin in enumerate(({"about": asked}, {"about_answer": first})):
        note = Item.from_payload(
            said("In the margin"), response=first, direction=Item.Direction.NOTE, index=index, author=bob, **margin
        )
        note.save()
    Tag.objects.create(conversation=conversation, name="lamp")
    return [first, second, third, again]


def put_on(answer: Response, alice: User, bob: User) -> None:
    """Put on the first turn of `everything` what people can put there, and a lock on a picture that came of it."""
    conversation = answer.conversation
    asked = Item.objects.get(response=answer, direction="input")
    original = conversation.files.get(previews__isnull=False)
    for user, emoji, place in ((alice, "👍", {"response": answer}), (bob, "🎉", {"item": asked})):
        Reaction.objects.create(conversation=conversation, user=user, emoji=emoji, **place)
    Reaction.objects.create(conversation=conversation, user=bob, emoji="👀", response=answer, removed_at=timezone.now())
    Mention.objects.create(item=asked, user=bob, name="Bob")
    kinds = {"result": "red", "locked": "blue", "heat": "black"}
    made = {
        kind: kept_file(conversation, picture(color), purpose=kind, response=answer, width=12, height=8)
        for kind, color in kinds.items()
    }
    File.objects.filter(pk=made["result"].pk).update(number=1)
    Favourite.objects.create(file=made["result"], user=bob)
    PixelLock.objects.create(
        response=answer,
        original=original,
        mask=kept_file(conversation, picture("white"), width=12, height=8),
        feather=3,
        state="done",
        made=made["result"],
        locked=made["locked"],
        heat=made["heat"],
        changed=0.25,
    )
