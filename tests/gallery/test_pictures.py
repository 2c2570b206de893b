"""One picture, and several taken along: what made them, the bytes, and the one way in which they are deleted."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from conversations import contents
from conversations.models import Conversation, File, Item, User
from conversations.moderation.items import purge_items
from tests.gallery.conftest import Paint
from tests.gallery.test_wall import titles

pytestmark = pytest.mark.django_db


def content_of(answer: Any) -> bytes:
    async def all_of() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return async_to_sync(all_of)()


def zipped(client: Client, *files: File) -> zipfile.ZipFile:
    answer = client.post("/gallery/download/", {"picture": [file.pk for file in files]})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    return zipfile.ZipFile(io.BytesIO(content_of(answer)))


def manifest(archive: zipfile.ZipFile) -> list[dict[str, Any]]:
    pictures: list[dict[str, Any]] = json.loads(archive.read("manifest.json"))["pictures"]
    return pictures


def test_a_picture_shows_what_made_it(paint: Paint, as_bob: Client) -> None:
    file = paint("A lamp", revised="A green lamp")
    page = as_bob.get(f"/gallery/{file.pk}/").content.decode()
    for words in ("A lamp", "A green lamp", "64 × 48", "high", "demo", "Alice"):
        assert words in page
    assert f"/conversations/{file.conversation_id}/?branch=" in page


def test_nobody_else_sees_that_it_is_there(paint: Paint, as_charlie: Client) -> None:
    assert as_charlie.get(f"/gallery/{paint('A lamp').pk}/").status_code == 404
    assert as_charlie.get("/gallery/file_unknown/").status_code == 404


def test_a_zip_holds_the_bytes_and_a_manifest_that_says_what_made_them(paint: Paint, as_alice: Client) -> None:
    lamp, bowls = paint("A lamp / on: walnut", revised="A green lamp"), paint("Three bowls")
    archive = zipped(as_alice, lamp, bowls)
    assert archive.testzip() is None
    assert archive.namelist() == ["001-A green lamp.png", "002-Three bowls.png", "manifest.json"]
    first, second = manifest(archive)
    assert hashlib.sha256(archive.read(first["name"])).hexdigest() == first["sha256"] == lamp.sha256
    assert first | second != first
    assert {name: first[name] for name in ("prompt", "revised_prompt", "model", "parameters", "author")} == {
        "prompt": "A lamp / on: walnut",
        "revised_prompt": "A green lamp",
        "model": "demo",
        "parameters": {"size": "64x48", "quality": "high"},
        "author": "Alice",
    }


def test_pictures_of_others_are_not_in_a_zip(paint: Paint, as_alice: Client, as_charlie: Client) -> None:
    lamp = paint("A lamp")
    assert as_charlie.post("/gallery/download/", {"picture": lamp.pk}).status_code == 302
    assert as_alice.post("/gallery/download/", {}).status_code == 302


def test_bytes_that_are_gone_are_said_in_the_manifest(paint: Paint, as_alice: Client) -> None:
    lamp, bowls = paint("A lamp"), paint("Three bowls")
    default_storage.delete(lamp.storage_name)
    archive = zipped(as_alice, lamp, bowls)
    assert [entry.get("missing", False) for entry in manifest(archive)] == [True, False]
    assert archive.namelist() == ["002-Three bowls.png", "manifest.json"]


def test_two_hundred_pictures_are_the_most(paint: Paint, as_alice: Client, conversation: Conversation) -> None:
    files = File.objects.bulk_create(
        [
            File(conversation=conversation, purpose="result", media_type="image/png", size=1, sha256="0" * 64)
            for _ in range(201)
        ]
    )
    answer = as_alice.post("/gallery/download/", {"picture": [file.pk for file in files]}, follow=True)
    assert "A zip takes at most 200 pictures." in answer.content.decode()


def test_a_deleted_picture_is_gone_from_the_wall_and_the_conversation_and_then_from_the_disk(
    paint: Paint, as_alice: Client, as_bob: Client, conversation: Conversation
) -> None:
    lamp = paint("A lamp")
    assert as_alice.post(f"/gallery/{lamp.pk}/delete/").status_code == 302
    assert titles(as_bob) == []
    assert as_bob.get(f"/files/{lamp.pk}/").status_code == as_bob.get(f"/gallery/{lamp.pk}/").status_code == 404
    assert lamp.pk not in as_bob.get(f"/conversations/{conversation.pk}/").content.decode()
    assert default_storage.exists(lamp.storage_name)
    assert purge_items(timezone.now(), ignore_grace=True) == 1
    assert not default_storage.exists(lamp.storage_name)


def test_who_did_not_ask_for_a_picture_deletes_it_only_as_the_owner(
    paint: Paint, as_alice: Client, as_bob: Client, as_charlie: Client, bob: User
) -> None:
    of_alice, of_bob = paint("A lamp"), paint("Three bowls", by=bob)
    assert as_charlie.post(f"/gallery/{of_alice.pk}/delete/").status_code == 404
    answer = as_bob.post(f"/gallery/{of_alice.pk}/delete/", follow=True)
    assert "You can delete what you wrote or asked for." in answer.content.decode()
    as_alice.post(f"/gallery/{of_bob.pk}/delete/")
    assert titles(as_bob) == ["A lamp"]


def test_a_picture_that_another_message_still_shows_stays(
    paint: Paint, as_alice: Client, conversation: Conversation
) -> None:
    lamp = paint("A lamp")
    part = {"type": "input_image", "image_url": lamp.reference}
    Item.from_payload(
        {"type": "message", "role": "user", "content": [part]},
        response=lamp.response,
        direction=Item.Direction.INPUT,
        index=1,
    ).save()
    call = Item.objects.get(type="image_generation_call")
    from conversations.access import conversation_for
    from conversations.actions.items import delete

    delete(conversation_for(conversation.created_by, conversation.pk), call)
    assert contents.read(lamp)
    assert as_alice.get(f"/files/{lamp.pk}/").status_code == 200


def test_a_prompt_is_used_again_in_a_new_conversation_in_which_pictures_are_on(
    paint: Paint, as_bob: Client, as_charlie: Client, bob: User
) -> None:
    lamp = paint("A lamp <on> walnut")
    answer = as_bob.post(f"/gallery/{lamp.pk}/recall/", follow=True)
    assert "A lamp &lt;on&gt; walnut</textarea>" in answer.content.decode()
    begun = Conversation.objects.get(created_by=bob)
    assert begun.offered["hosted"] == ["image_generation"]
    mine = as_charlie.post("/conversations/", follow=True).redirect_chain[-1][0]
    assert "A lamp" not in as_charlie.get(f"{mine}?recall={lamp.pk}").content.decode()


@pytest.mark.parametrize(
    ("what", "filled"),
    [
        ("all", {"prompt": "A lamp", "maker": "", "values": {"size": "64x48", "quality": "high"}, "references": []}),
        ("prompt", {"prompt": "A lamp", "values": {}, "references": []}),
        ("size", {"values": {"size": "64x48"}, "references": []}),
        ("reference", None),
    ],
)
def test_the_studio_takes_all_the_prompt_the_size_or_the_picture(
    paint: Paint, as_bob: Client, as_charlie: Client, what: str, filled: dict[str, Any] | None
) -> None:
    lamp = paint("A lamp")
    answer = as_bob.post(f"/gallery/{lamp.pk}/recall/", {"what": what}, follow=True)
    address = answer.redirect_chain[-1][0]
    assert address.startswith("/studio/")
    assert address.endswith(f"?{what}={lamp.pk}")
    assert answer.context["state"]["recalled"] == filled
    theirs = as_charlie.post("/studio/new/", follow=True).redirect_chain[-1][0]
    assert as_charlie.get(f"{theirs}?{what}={lamp.pk}").context["state"]["recalled"] is None


def test_everything_includes_the_pictures_that_were_given_along(
    paint: Paint, as_bob: Client, conversation: Conversation
) -> None:
    given, gone, lamp = paint("A bowl"), paint("A jug"), paint("A lamp")
    message = Item.objects.get(response=lamp.response, direction=Item.Direction.INPUT)
    pictures = [{"type": "input_image", "image_url": file.reference} for file in (given, gone)]
    message.payload = {**message.payload, "content": [*message.payload["content"], *pictures]}
    message.save()
    File.objects.filter(pk=gone.pk).update(purged_at=timezone.now())
    for what, expected in (("all", [given.pk]), ("prompt", []), ("size", [])):
        answer = as_bob.post(f"/gallery/{lamp.pk}/recall/", {"what": what}, follow=True)
        assert answer.context["state"]["recalled"]["references"] == expected
