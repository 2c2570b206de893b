"""Pictures that people sent: where they are used, and how they are deleted with their messages."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from conversations.models import Conversation, File, HoldTarget, Item, LegalHold, PixelLock, Response, User
from conversations.moderation.items import purge_items
from tests.gallery.conftest import Paint
from tests.gallery.test_wall import titles
from tests.intake import made

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sees(conversation: Conversation) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(model="demo")


def sent(client: Client, conversation: Conversation, text: str, file: str = "") -> File:
    """Have a person send a picture with a message: a new one, or one that is here."""
    if not file:
        headers = {"X-File-Name": "Sketch.png"}
        answer = client.post("/files/", made.picture(), content_type="application/octet-stream", headers=headers)
        file = answer.json()["file"]["id"]
    body = {"text": text, "attachments": [{"file": file}]}
    answer = client.post(f"/conversations/{conversation.pk}/messages/", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    [carried] = File.objects.filter(conversation=conversation, purpose="upload")
    return carried


def page(client: Client, file: File) -> str:
    return client.get(f"/gallery/{file.pk}/").content.decode()


def delete(client: Client, file: File) -> Any:
    return client.post(f"/gallery/{file.pk}/delete/", follow=True)


def test_a_picture_says_where_it_is_used_and_goes_with_its_message(
    as_alice: Client, as_bob: Client, as_charlie: Client, conversation: Conversation
) -> None:
    file = sent(as_alice, conversation, "Look at this sketch")
    assert "Look at this sketch" in page(as_bob, file)
    assert "is deleted with it" in page(as_alice, file)
    assert delete(as_charlie, file).status_code == 404
    assert "with the messages that it was sent in" in delete(as_alice, file).content.decode()
    assert titles(as_bob, "?kind=uploaded") == []
    assert as_bob.get(f"/files/{file.pk}/").status_code == 404
    assert "Look at this sketch" not in as_bob.get(f"/conversations/{conversation.pk}/").content.decode()
    assert default_storage.exists(file.storage_name)
    assert purge_items(timezone.now()) == 0
    assert purge_items(timezone.now(), ignore_grace=True) == 1
    assert not default_storage.exists(file.storage_name)


def test_what_is_held_is_hidden_and_kept(as_alice: Client, conversation: Conversation, admin: User) -> None:
    file = sent(as_alice, conversation, "Look at this sketch")
    matter = LegalHold.objects.create(name="Case", placed_by=admin)
    HoldTarget.objects.create(hold=matter, conversation_id=conversation.pk)
    delete(as_alice, file)
    assert titles(as_alice, "?kind=uploaded") == []
    assert purge_items(timezone.now(), ignore_grace=True) == 0
    assert default_storage.exists(file.storage_name)


def test_all_messages_with_it_go_and_somebody_elses_only_by_an_owner(
    as_alice: Client, as_bob: Client, conversation: Conversation
) -> None:
    file = sent(as_bob, conversation, "Look at this sketch")
    sent(as_alice, conversation, "And once more", file.pk)
    assert "Somebody else sent it too" in page(as_bob, file)
    assert "see where it is used" in delete(as_bob, file).content.decode()
    assert titles(as_bob, "?kind=uploaded") == ["Sketch.png"]
    assert "The 2 messages that it was sent in are deleted with it" in page(as_alice, file)
    delete(as_alice, file)
    assert Item.objects.present().filter(direction="input", role="user").count() == 0
    assert titles(as_bob, "?kind=uploaded") == []


def test_what_a_picture_is_locked_to_stays_as_long_as_that(
    as_alice: Client, conversation: Conversation, paint: Paint
) -> None:
    file, painted = sent(as_alice, conversation, "Look at this sketch"), paint("A lamp")
    assert painted.response is not None
    lock = PixelLock.objects.create(response=painted.response, original=file, mask=file, feather=4)
    assert f'href="/gallery/{painted.pk}/"' in page(as_alice, file)
    assert "see where it is used" in delete(as_alice, file).content.decode()
    delete(as_alice, painted)
    assert "cannot be deleted" not in page(as_alice, file)
    delete(as_alice, file)
    assert titles(as_alice, "?kind=uploaded") == []
    assert PixelLock.objects.filter(pk=lock.pk).exists()


def test_a_mask_belongs_to_what_was_made_with_it(as_alice: Client, conversation: Conversation) -> None:
    file = sent(as_alice, conversation, "Look at this sketch")
    Item.objects.filter(payload__contains=file.pk).delete()
    assert "goes with its conversation" in page(as_alice, file)
    assert "see where it is used" in delete(as_alice, file).content.decode()
    assert Response.objects.filter(conversation=conversation).exists()
