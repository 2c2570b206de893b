"""Bytes are stored once, and whole."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from conversations.models import Branch, Conversation, File, Response, User
from conversations.turns import blobs

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
