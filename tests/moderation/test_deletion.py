"""One way out: hidden, then purged, whoever asked. And back while there is time."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from io import StringIO

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from conversations.access import conversation_for
from conversations.actions import items as item_actions
from conversations.actions import program_files, turns
from conversations.errors import Refused
from conversations.models import (
    AuditEntry,
    Certificate,
    Conversation,
    Deletion,
    File,
    Item,
    ProviderDeletion,
    Response,
    User,
)
from conversations.models.audit import first_broken
from conversations.moderation import certificates, deletion, holds, items, purging, responses, tombstones
from tests.conftest import signed_in
from tests.moderation.conftest import Make
from tests.moderation.rules import rule

BLOB = b"the same bytes in two conversations"
STORED = f"blobs/{hashlib.sha256(BLOB).hexdigest()[:2]}/{hashlib.sha256(BLOB).hexdigest()}"


def delete(client: Client, conversation: Conversation) -> None:
    assert client.post(f"/conversations/{conversation.pk}/delete/", content_type="application/json").status_code == 200


def purge(*arguments: str) -> str:
    out = StringIO()
    call_command("purge", *arguments, stdout=out)
    return out.getvalue()


def purge_now() -> purging.Report:
    return purging.purge_due(timezone.now(), ignore_grace=True)


def test_what_was_deleted_stays_for_its_grace_and_then_goes(as_alice: Client, make: Make) -> None:
    conversation = make(turns=3, content=b"bytes")
    delete(as_alice, conversation)

    now = timezone.now()
    assert purging.purge_due(now + dt.timedelta(days=29)).purged == 0
    assert Item.objects.filter(conversation=conversation).count() == 9
    assert purging.purge_due(now + dt.timedelta(days=31)).purged == 1
    assert certificates.remains(conversation.pk) == []
    assert not default_storage.exists(
        f"blobs/{hashlib.sha256(b'bytes').hexdigest()[:2]}/{hashlib.sha256(b'bytes').hexdigest()}"
    )


def test_its_owner_brings_it_back_meanwhile(as_alice: Client, as_bob: Client, make: Make) -> None:
    conversation = make()
    delete(as_alice, conversation)
    assert "About what was said" in as_alice.get("/deleted/").content.decode()
    assert "About what was said" not in as_bob.get("/deleted/").content.decode()

    pending = Deletion.objects.get()
    assert as_bob.post(f"/deleted/{pending.pk}/restore/").status_code == 404
    assert as_alice.post(f"/deleted/{pending.pk}/restore/").status_code == 302
    assert as_bob.get(f"/conversations/{conversation.pk}/").status_code == 200
    assert purge_now().purged == 0
    assert [entry.action for entry in AuditEntry.objects.filter(object_id=conversation.pk).order_by("position")] == [
        "conversation.delete",
        "conversation.restore",
    ]


def test_what_is_being_purged_cannot_come_back(as_alice: Client, make: Make, alice: User) -> None:
    conversation = make(turns=2)
    delete(as_alice, conversation)
    pending = Deletion.objects.get()
    assert purging.batch(pending.pk, 1, Counter()) is None
    with pytest.raises(Refused, match="for good"):
        deletion.restore(pending, actor=alice)
    assert as_alice.post(f"/deleted/{pending.pk}/restore/", follow=True).status_code == 200


def test_two_conversations_share_bytes_and_the_last_one_takes_them_along(as_alice: Client, make: Make) -> None:
    one, two = make(content=BLOB), make(content=BLOB)
    delete(as_alice, one)
    purge_now()
    file = File.objects.get(conversation=two)
    assert b"".join(as_alice.get(f"/files/{file.pk}/").streaming_content) == BLOB  # type: ignore[arg-type]

    delete(as_alice, two)
    purge_now()
    assert not default_storage.exists(STORED)


def test_a_purge_killed_at_any_step_ends_the_same_when_run_again(as_alice: Client, make: Make) -> None:
    """Each batch is one step; between two of them, and inside each before its commit, the process may die."""
    ends = []
    for interrupted in (False, True):
        conversation = make(turns=4, content=BLOB, endpoint="local")
        delete(as_alice, conversation)
        pending = Deletion.objects.get(conversation_id=conversation.pk)
        while (outcome := purging.batch(pending.pk, 2, Counter())) is None:
            if interrupted:
                die_in_a_batch(pending)
        assert outcome == "purged"
        pending.refresh_from_db()
        ends.append((pending.counts, pending.state, pending.at_provider.count(), certificates.remains(conversation.pk)))
    assert ends[0] == ends[1]
    assert ends[0][0] == {
        "stream_chunks": 4, "facts": 5, "items": 12, "files": 4, "responses": 4, "branches": 1, "memberships": 2,
        "conversations": 1,
    }  # fmt: skip
    assert not default_storage.exists(STORED)


def die_in_a_batch(pending: Deletion) -> None:
    class Killed(BaseException):
        pass

    def half() -> None:
        with transaction.atomic():
            purging.batch(pending.pk, 2, Counter())
            raise Killed

    with pytest.raises(Killed):
        half()


def test_a_hold_placed_while_the_purge_runs_stops_it(as_alice: Client, make: Make, admin: User) -> None:
    conversation = make(turns=5)
    delete(as_alice, conversation)
    pending = Deletion.objects.get()
    purging.batch(pending.pk, 1, Counter())
    before = {kind: derived_count(conversation, kind) for kind in ("items", "responses")}
    hold = holds.place(actor=admin, name="Customs", reason="An inquiry", conversations=[conversation.pk])

    assert purge_now().held == 1
    assert {kind: derived_count(conversation, kind) for kind in before} == before
    holds.release(hold, actor=admin)
    assert purge_now().purged == 1


def derived_count(conversation: Conversation, kind: str) -> int:
    rows = {"items": Item, "responses": Response}[kind].objects
    return rows.filter(conversation=conversation).count()


def test_a_running_answer_is_let_end_first(as_alice: Client, make: Make) -> None:
    conversation = make()
    soon = timezone.now() + dt.timedelta(seconds=15)
    Response.objects.update(status="in_progress", done_at=None, lease_until=soon)
    delete(as_alice, conversation)
    assert purge_now().running == 1
    assert Response.objects.get().cancel_requested_at is not None
    Response.objects.update(lease_until=None)
    assert purge_now().purged == 1


def test_the_certificate_proves_it_and_an_altered_one_does_not(as_alice: Client, make: Make) -> None:
    conversation = make(turns=2, age=40, canary="kanarienvogel", content=b"kanarienvogel")
    delete(as_alice, conversation)
    purge_now()

    document = Deletion.objects.get().certificates.get().document
    assert certificates.problem_of(document) is None
    assert certificates.problem_of(document + "\n") is None
    assert certificates.first_broken() is None
    for secret in ("kanarienvogel", conversation.pk, "Alice", "alice@"):
        assert secret not in document
    for place in range(len(document)):
        altered = document[:place] + chr(ord(document[place]) ^ 1) + document[place + 1 :]
        assert certificates.problem_of(altered) is not None
    assert certificates.problem_of(document.replace(",", ", ")) is not None
    assert certificates.problem_of("[]") is not None


def test_a_certificate_of_what_is_still_here_is_not_believed(as_alice: Client, make: Make, alice: User) -> None:
    conversation = make(age=40)
    delete(as_alice, conversation)
    purge_now()
    Conversation.objects.create(pk=conversation.pk, created_by=alice)
    assert certificates.problem_of(Deletion.objects.get().certificates.get().document) == (
        "what it says is gone is here: conversations"
    )


@pytest.mark.usefixtures("database_threads")
def test_a_restored_backup_does_not_bring_it_back(as_alice: Client, make: Make, alice: User) -> None:
    conversation = make(age=40)
    delete(as_alice, conversation)
    purge_now()
    # Yesterday's database: the conversation is there, and it knows of no deletion
    Certificate.objects.all().delete()
    Deletion.objects.all().delete()
    Conversation.objects.create(pk=conversation.pk, created_by=alice, title="From the backup")

    assert "1 conversations came back" in purge("--replay-tombstones")
    assert not Conversation.objects.filter(pk=conversation.pk).exists()
    assert conversation.pk in set(tombstones.read(tombstones.path()))


@pytest.mark.usefixtures("database_threads")
def test_the_command_says_what_it_would_do_and_does_it(as_alice: Client, make: Make) -> None:
    conversation = make(age=40)
    delete(as_alice, conversation)
    assert "Would purge: 0 hidden" in purge("--dry-run")
    assert "Would purge: 1 hidden" in purge("--dry-run", "--now")
    assert Conversation.objects.exists()
    assert "Purged: 0" in purge()
    assert "Purged: 1" in purge("--now")
    assert not Conversation.objects.exists()
    assert first_broken() is None


def test_what_a_floor_keeps_is_hidden_and_stays_as_long(make: Make, alice: User, admin: User) -> None:
    rule(admin, scope="site", messages=True, days=None, floor_days=90)
    conversation = make(age=10)
    delete(signed_in(alice), conversation)
    purge_after = Deletion.objects.get().purge_after
    assert dt.timedelta(days=79) < purge_after - timezone.now() < dt.timedelta(days=81)


def test_a_single_response_that_was_deleted_goes_after_its_grace(make: Make, alice: User, admin: User) -> None:
    conversation = make(turns=2, content=b"of one answer", canary="kanarienvogel")
    first, second = conversation.responses.order_by("pk")
    access = conversation_for(alice, conversation.pk)
    again = turns.regenerate(access, first)
    Response.objects.filter(pk=again.pk).update(status="completed", done_at=timezone.now())
    turns.delete(access, first)
    turns.delete(access, second)
    now = timezone.now()
    hold = holds.place(actor=admin, name="Customs", reason="An inquiry", conversations=[conversation.pk])
    assert responses.purge_responses(now + dt.timedelta(days=31)) == 0
    holds.release(hold, actor=admin)

    assert responses.purge_responses(now + dt.timedelta(days=29)) == 0
    assert responses.purge_responses(now + dt.timedelta(days=31)) == 2
    assert responses.purge_responses(now + dt.timedelta(days=31)) == 0
    assert Item.objects.get().response == first  # the question, which was asked once more
    first.refresh_from_db()
    assert "kanarienvogel" not in str((first.final, first.instructions, first.parameters, first.options))
    assert not File.objects.exists()
    assert {row.provider_id for row in ProviderDeletion.objects.all()} == {first.provider_id, second.provider_id}


def test_a_person_who_is_held_keeps_their_own_files(alice: User, admin: User) -> None:
    file = File.objects.create(
        owner=alice, purpose=File.Purpose.PROGRAM, media_type="text/plain", size=1, sha256="0" * 64
    )
    hold = holds.place(actor=admin, name="Customs", reason="An inquiry", people=[alice])
    with pytest.raises(Refused, match="legal hold"):
        program_files.delete(alice, file.pk)
    File.objects.update(expires_at=timezone.now())
    assert program_files.sweep_expired() == 0
    holds.release(hold, actor=admin)
    assert program_files.sweep_expired() == 1


def test_a_single_message_that_was_deleted_goes_after_its_grace_with_its_file(
    make: Make, alice: User, admin: User
) -> None:
    conversation = make(turns=2, content=b"of both turns")
    said = conversation.items.filter(direction="input").order_by("pk").first()
    assert said is not None
    file, other = File.objects.order_by("created_at", "pk")
    said.payload = {**said.payload, "content": [{"type": "input_file", "file_data": {"$file": file.pk}}]}
    said.save()
    item_actions.delete(conversation_for(alice, conversation.pk), said)
    now = timezone.now()
    assert items.purge_items(now + dt.timedelta(days=29)) == 0
    hold = holds.place(actor=admin, name="Customs", reason="An inquiry", conversations=[conversation.pk])
    assert items.purge_items(now + dt.timedelta(days=31)) == 0
    holds.release(hold, actor=admin)
    assert items.purge_items(now + dt.timedelta(days=31)) == 1
    assert not Item.objects.filter(pk=said.pk).exists()
    assert list(File.objects.all()) == [other]
    assert default_storage.exists(other.storage_name)
    # The provider has it in the answer to it and in all that were told of it, though we name none of them any more
    assert ProviderDeletion.objects.count() == 2
    assert Deletion.objects.get().parts == "items"
