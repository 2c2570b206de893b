"""The export of all: nothing is lost, nothing that is gone or secret goes along."""

from __future__ import annotations

import hashlib
import io
import json
import tracemalloc
import zipfile
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from conversations.exports.archive import archive
from conversations.models import Branch, Conversation, Item, Response, User
from tests.exports import made


def opened(conversation: Conversation) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(archive(conversation))))


def records(conversation: Conversation) -> list[dict[str, Any]]:
    lines = opened(conversation).read("conversation.jsonl").decode().splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture
def responses(conversation: Conversation, alice: User, bob: User) -> list[Response]:
    return made.everything(conversation, alice, bob)


def test_the_first_record_says_what_it_is(conversation: Conversation, responses: list[Response]) -> None:
    first = records(conversation)[0]
    assert (first["record"], first["format"], first["version"]) == ("conversation", "salon.conversation", 1)
    assert first["title"] == conversation.title


def test_every_branch_response_and_item_is_in_it(conversation: Conversation, responses: list[Response]) -> None:
    found = records(conversation)
    kinds = {kind: [row["id"] for row in found if row["record"] == kind] for kind in ("branch", "response", "item")}
    assert len(kinds["branch"]) == Branch.objects.filter(conversation=conversation).count()
    assert kinds["response"] == [response.pk for response in responses]
    assert len(kinds["item"]) == Item.objects.filter(conversation=conversation).count()


def test_the_final_response_is_there_to_the_letter(conversation: Conversation, responses: list[Response]) -> None:
    lines = opened(conversation).read("conversation.jsonl").decode()
    assert json.dumps(made.FINAL, separators=(",", ":")) in lines


def test_files_lie_beside_the_records_under_their_hashes(conversation: Conversation, responses: list[Response]) -> None:
    archived = opened(conversation)
    names = [name for name in archived.namelist() if name.startswith("files/")]
    assert len(names) == 2
    for name in names:
        assert hashlib.sha256(archived.read(name)).hexdigest() == name.removeprefix("files/")


def test_the_manifest_has_the_hash_of_the_records(conversation: Conversation, responses: list[Response]) -> None:
    archived = opened(conversation)
    manifest = json.loads(archived.read("manifest.json"))
    assert manifest["sha256"] == hashlib.sha256(archived.read("conversation.jsonl")).hexdigest()


def test_a_file_whose_bytes_are_gone_is_named_as_missing(conversation: Conversation, responses: list[Response]) -> None:
    gone = conversation.files.get(media_type="image/png")
    default_storage.delete(gone.storage_name)
    assert json.loads(opened(conversation).read("manifest.json"))["missing_files"] == [gone.sha256]


def test_no_secret_of_a_tool_goes_along(conversation: Conversation, responses: list[Response]) -> None:
    assert b"a secret word" not in opened(conversation).read("conversation.jsonl")


def test_a_deleted_message_leaves_no_word_and_no_picture(conversation: Conversation, responses: list[Response]) -> None:
    Item.objects.filter(text__contains="lamp").update(deleted_at=timezone.now())
    archived = opened(conversation)
    assert b"Which *lamp*?" not in archived.read("conversation.jsonl")
    assert [name for name in archived.namelist() if name.startswith("files/")] == []


def test_a_hidden_answer_is_not_told_by_the_final_response_either(
    conversation: Conversation, responses: list[Response]
) -> None:
    final = made.FINAL | {"output": [made.answered("Better not.")]}
    Response.objects.filter(pk=responses[2].pk).update(final=final)
    Item.objects.filter(text="Better not.").update(hidden_at=timezone.now())
    assert b"Better not." not in opened(conversation).read("conversation.jsonl")


def test_a_deleted_response_leaves_its_place_only(conversation: Conversation, responses: list[Response]) -> None:
    Response.objects.filter(pk=responses[2].pk).update(deleted_at=timezone.now(), instructions="Speak of lamps")
    found = records(conversation)
    row = next(row for row in found if row["record"] == "response" and row["id"] == responses[2].pk)
    assert row["deleted"]
    assert row["final"] is None
    assert "Better not." not in json.dumps(found)
    assert "Speak of lamps" not in json.dumps(found)


def test_a_long_conversation_needs_no_more_memory_than_a_short_one(conversation: Conversation, alice: User) -> None:
    response = made.turn(conversation, alice, made.said("Begin"), made.answered("Yes"))
    words = "lamp " * 400
    rows = [
        Item.from_payload(made.said(words), response=response, direction=Item.Direction.NOTE, index=index)
        for index in range(5_000)
    ]
    Item.objects.bulk_create(rows, batch_size=500)
    del rows
    tracemalloc.start()
    for _ in archive(conversation):
        pass
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 5_000_000  # its records are ten megabytes
