"""Bytes are stored once, and whole."""

import base64

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from conversations.models import Branch, Conversation, File, Response, User
from conversations.shown import shown_item
from conversations.turns import blobs
from tests.intake import made

pytestmark = pytest.mark.django_db


def test_what_a_crash_left_of_a_file_is_written_anew(conversation: Conversation, alice: User) -> None:
    branch = Branch.objects.create(conversation=conversation, created_by=alice)
    response = Response.objects.create(conversation=conversation, branch=branch, created_by=alice)
    content = b"of a picture" * 1000
    reference = blobs.store(content, response, File.Purpose.RESULT)
    file = File.objects.get(pk=reference["$file"])
    default_storage.delete(file.storage_name)
    default_storage.save(file.storage_name, ContentFile(content[:100]))
    assert blobs.store(content, response, File.Purpose.RESULT) == reference
    assert default_storage.open(file.storage_name).read() == content


def test_a_small_picture_is_stored_as_a_large_one_is(conversation: Conversation, alice: User) -> None:
    branch = Branch.objects.create(conversation=conversation, created_by=alice)
    response = Response.objects.create(conversation=conversation, branch=branch, created_by=alice)
    small = base64.b64encode(made.picture(size=(64, 32))).decode()
    for given in (
        {"type": "response.image_generation_call.partial_image", "partial_image_b64": small},
        {"output": [{"type": "image_generation_call", "result": small}]},
    ):
        assert blobs.has_large(given)
        kept = blobs.replace_blobs(given, response, File.Purpose.RESULT)
        assert small not in str(kept)
        assert blobs.restore_blobs(kept) == given
    assert File.objects.get().width == 64


def test_what_a_provider_calls_a_picture_and_is_none_is_shown_to_nobody(conversation: Conversation) -> None:
    item = {"type": "image_generation_call", "status": "completed", "result": "no base64"}
    assert shown_item(item) == {"type": "image_generation_call", "status": "completed"}
