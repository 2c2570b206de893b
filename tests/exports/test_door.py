"""Who may take a conversation along, and what is noted of it."""

from __future__ import annotations

import io
import zipfile

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from conversations.models import AuditEntry, Conversation, User
from tests.exports import made

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("database_threads")]
FORMS = ("json", "markdown", "html", "pdf")


@pytest.fixture
def filled(conversation: Conversation, alice: User, bob: User) -> Conversation:
    made.everything(conversation, alice, bob)
    return conversation


async def content(client: Client, conversation: Conversation, form: str) -> bytes:
    answer = await sync_to_async(client.post)(f"/export/{conversation.pk}/", {"form": form})
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment;")
    return b"".join([piece async for piece in answer.streaming_content])


@pytest.mark.parametrize("form", FORMS)
async def test_a_member_takes_it_in_every_form(form: str, filled: Conversation, as_bob: Client) -> None:
    assert await content(as_bob, filled, form)


async def test_it_is_noted_who_took_it_and_how(filled: Conversation, as_bob: Client, bob: User) -> None:
    await content(as_bob, filled, "html")
    entry = await AuditEntry.objects.aget(action="conversation.export")
    assert (entry.actor_id, entry.object_id, entry.details) == (str(bob.pk), filled.pk, {"format": "html"})


async def test_the_archive_that_is_sent_is_whole(filled: Conversation, as_alice: Client) -> None:
    archived = zipfile.ZipFile(io.BytesIO(await content(as_alice, filled, "json")))
    assert archived.testzip() is None


def test_a_stranger_finds_nothing(filled: Conversation, as_charlie: Client) -> None:
    assert as_charlie.get(f"/export/{filled.pk}/").status_code == 404
    assert as_charlie.post(f"/export/{filled.pk}/", {"form": "json"}).status_code == 404
    assert not AuditEntry.objects.filter(action="conversation.export").exists()


@pytest.mark.parametrize("sent", [{}, {"form": "exe"}, {"form": "json\x00"}])
def test_another_form_is_refused_in_a_sentence(sent: dict[str, str], filled: Conversation, as_bob: Client) -> None:
    answer = as_bob.post(f"/export/{filled.pk}/", sent)
    assert answer.status_code == 400
    assert b"Choose JSON, Markdown, HTML or PDF." in answer.content


@pytest.mark.parametrize("branch", ["0", "x", "9" * 30, "\x00"])
def test_an_unknown_branch_is_not_found(branch: str, filled: Conversation, as_bob: Client) -> None:
    assert as_bob.post(f"/export/{filled.pk}/", {"form": "html", "branch": branch}).status_code == 404
