"""Files that a message carries: whose they are before and after, and what is no attachment."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from conversations.actions import files
from conversations.models import Conversation, File, Membership, User
from tests.intake import made
from tests.intake.test_uploads import stored

pytestmark = pytest.mark.django_db


def send(client: Client, conversation: Conversation, attachments: list[Any], **fields: Any) -> Any:
    body = {"text": "What is this?", "attachments": attachments, **fields}
    return client.post(
        f"/conversations/{conversation.pk}/messages/", data=json.dumps(body), content_type="application/json"
    )


def test_an_upload_is_its_uploaders_until_a_message_carries_it(
    as_alice: Client, as_bob: Client, as_charlie: Client, as_admin: Client, conversation: Conversation
) -> None:
    file, _ = stored(as_alice, made.noise())
    for other in (as_bob, as_charlie, as_admin):
        assert other.get(file["url"]).status_code == 404
        assert other.get(f"{file['url']}preview/").status_code == 404
        other.post(f"/files/{file['id']}/remove/", content_type="application/json")
        refused = send(other, conversation, [{"file": file["id"]}])
        assert refused.status_code == 404
    assert File.objects.filter(pk=file["id"], conversation=None).exists()
    refused = send(as_alice, conversation, [{"file": file["id"]}])
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "no_vision")
    assert File.objects.filter(pk=file["id"], conversation=None).exists()
    Conversation.objects.filter(pk=conversation.pk).update(model="demo")
    assert send(as_alice, conversation, [{"file": file["id"]}]).status_code == 201
    assert as_bob.get(file["url"]).status_code == 200
    assert as_bob.get(f"{file['url']}preview/").status_code == 200
    assert as_charlie.get(file["url"]).status_code == 404
    Membership.objects.filter(user__name="Bob").delete()
    assert as_bob.get(file["url"]).status_code == 404


def test_uploads_that_nobody_sends_are_swept_after_a_day(as_alice: Client, conversation: Conversation) -> None:
    sent, waiting, old = (stored(as_alice, made.pdf(number))[0]["id"] for number in (1, 2, 3))
    picture = stored(as_alice, made.noise(size=(1300, 900)))[0]["id"]
    send(as_alice, conversation, [{"file": sent}])
    a_day_ago = timezone.now() - timedelta(hours=25)
    File.objects.filter(pk__in=[sent, old, picture]).update(created_at=a_day_ago)
    gone = [file.storage_name for file in File.objects.filter(pk__in=[old, picture])]
    assert files.sweep_unattached() == 2
    assert set(File.objects.values_list("pk", flat=True)) == {sent, waiting}
    assert not [name for name in gone if default_storage.exists(name)]


BAD_ATTACHMENTS: list[Any] = [
    "file",
    {},
    {"file": "file_1"},
    {"file": None},
    {"file": ["file_1"]},
    {"file": {"$file": "x"}},
    {"file": "../../etc/passwd"},
    {"file": "file_1", "url": "https://a.example/b.png"},
    {"path": "/proc/self/environ"},
    {"url": "/proc/self/environ"},
    {"url": "file:///etc/passwd"},
    {"url": "javascript:alert(1)"},
    {"url": "http://ok.example\\@127.0.0.1/"},
    {"url": "https://user:secret@pictures.example/a.png"},
    {"url": "https://" + "a" * 5000},
    {"url": 7},
    {"url": "https://pictures.example/a.png", "detail": "huge"},
]


@pytest.mark.parametrize("attachment", BAD_ATTACHMENTS, ids=str)
def test_what_is_no_attachment_is_refused_with_a_sentence(
    as_alice: Client, conversation: Conversation, attachment: Any
) -> None:
    answer = send(as_alice, conversation, [attachment])
    assert answer.status_code in {400, 404}
    assert answer.json()["error"]["message"].endswith(".")
    assert not conversation.responses.exists()


def test_a_message_carries_so_many_and_no_more(as_alice: Client, conversation: Conversation) -> None:
    url = {"url": "https://papers.example/a.pdf"}
    assert send(as_alice, conversation, [url] * 21).json()["error"]["code"] == "attached"
    assert send(as_alice, conversation, [url] * 20, text="").status_code == 201
    assert send(as_alice, conversation, "https://papers.example/a.pdf").status_code == 400  # type: ignore[arg-type]


def test_a_file_that_is_seen_elsewhere_can_be_shared_and_no_other(
    as_alice: Client, as_bob: Client, alice: User, conversation: Conversation
) -> None:
    """Alice shows Bob, here, a file of a conversation of her own; the file there stays hers."""
    private = Conversation.objects.create(created_by=alice)
    Membership.objects.create(conversation=private, user=alice, role="owner")
    pdf = stored(as_alice, made.pdf(), "plan.pdf")[0]
    send(as_alice, private, [{"file": pdf["id"]}])
    assert send(as_bob, conversation, [{"file": pdf["id"]}]).status_code == 404
    turn = send(as_alice, conversation, [{"file": pdf["id"]}]).json()["turn"]
    shared = turn["input"][0]["payload"]["content"][1]["file_data"]["url"]
    assert as_bob.get(shared).status_code == 200
    assert as_bob.get(pdf["url"]).status_code == 404
    assert len({file.sha256 for file in File.objects.all()}) == 1
