"""Personal data: taken along whole, with hashes; erased with a second person, and nobody else's history with it."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.files.storage import default_storage
from django.db import models
from django.test import Client
from django.utils import timezone

from conversations.actions import keys, order
from conversations.errors import Refused
from conversations.exports.person import person_archive
from conversations.models import AuditEntry, Conversation, DataRequest, Deletion, Folder, Item, Key, Membership, User
from conversations.moderation import erasure, holds, purging
from tests.conftest import PASSWORD, confirmed, signed_in
from tests.moderation.conftest import Make, add_file

SECRET = b"the bytes of a file"


@pytest.fixture
def life(make: Make, alice: User, bob: User) -> dict[str, Conversation]:
    """Alice owns one conversation alone and one with Bob, and has written in one of Bob's."""
    alone, shared, bobs = make(canary="alone", content=SECRET), make(canary="shared"), make(owner=bob, canary="bobs")
    Membership.objects.filter(conversation=alone, user=bob).delete()
    Membership.objects.create(conversation=bobs, user=alice, role="editor")
    note = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Alice was here"}]}
    Item.objects.create(
        conversation=bobs, direction="note", index=0, type="message", payload=note, author=alice, text="Alice was here"
    )
    add_file(alone, None, b"an upload", name="own.txt", then=timezone.now(), owner=alice)
    alone.files.filter(name="own.txt").update(conversation=None)
    keys.issue(alice, name="Notebook")
    EmailAddress.objects.create(user=alice, email="alice@example.com", primary=True)
    return {"alone": alone, "shared": shared, "bobs": bobs}


def taken(user: User) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(person_archive(user))))


def erased(alice: User, admin: User, other: User) -> DataRequest:
    asked = erasure.request(alice, kind="erase", actor=other, reason="She left")
    erasure.approve(asked, actor=admin)
    asked.refresh_from_db()
    return asked


def test_the_archive_has_all_of_a_person_with_hashes(life: dict[str, Conversation], alice: User) -> None:
    order.make_folder(alice, name="Mine", shared=False)
    archive = taken(alice)
    manifest = json.loads(archive.read("manifest.json"))
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256(archive.read(name)).hexdigest() == digest
    account = json.loads(archive.read("person.json"))
    assert account["account"]["email"] == "alice@example.com"
    assert [key["name"] for key in account["keys"]] == ["Notebook"]
    assert [folder["name"] for folder in account["folders"]] == ["Mine"]
    written = [json.loads(line) for line in archive.read("written.jsonl").splitlines()]
    assert [line["conversation"] for line in written] == [life["bobs"].pk]
    folders = {name.split("/")[1] for name in archive.namelist() if name.startswith("conversations/")}
    assert folders == {life["alone"].pk, life["shared"].pk}
    assert archive.read(f"files/{hashlib.sha256(b'an upload').hexdigest()}") == b"an upload"
    content = hashlib.sha256(SECRET).hexdigest()
    assert archive.read(f"conversations/{life['alone'].pk}/files/{content}") == SECRET


def test_the_archive_has_nothing_that_others_wrote_in_their_conversations(
    life: dict[str, Conversation], alice: User
) -> None:
    assert b"Yes, bobs" not in b"".join(taken(alice).read(name) for name in taken(alice).namelist())


def test_an_erasure_takes_what_was_hers_alone_and_leaves_what_others_have(
    life: dict[str, Conversation], alice: User, bob: User, admin: User
) -> None:
    upload = f"blobs/{hashlib.sha256(b'an upload').hexdigest()[:2]}/{hashlib.sha256(b'an upload').hexdigest()}"
    asked = erased(alice, admin, bob)
    assert asked.counts == {"deleted": 1, "handed_over": 1, "left": 1, "files": 1}
    assert not default_storage.exists(upload)
    assert Deletion.objects.get().conversation_id == life["alone"].pk
    assert Membership.objects.get(conversation=life["shared"], user=bob).role == "owner"
    alice.refresh_from_db()
    assert (alice.name, alice.email, alice.is_active) == ("Former member", f"erased-{alice.pk}@invalid", False)
    page = signed_in(bob).get(f"/conversations/{life['bobs'].pk}/").content.decode()
    assert "Alice was here" in page
    assert "Former member" in page
    assert purging.purge_due(timezone.now(), ignore_grace=True).purged == 1


def test_the_folders_of_the_team_stay_and_her_own_go(
    life: dict[str, Conversation], alice: User, bob: User, admin: User
) -> None:
    team = order.make_folder(alice, name="Launch", shared=True)
    order.make_folder(alice, name="Mine", shared=False)
    Conversation.objects.filter(pk=life["bobs"].pk).update(folder=team)
    erased(alice, admin, bob)
    assert [(folder.name, folder.owner) for folder in Folder.objects.all()] == [("Launch", admin)]
    life["bobs"].refresh_from_db()
    assert life["bobs"].folder == team


def test_nothing_that_belonged_to_the_account_is_left(
    life: dict[str, Conversation], alice: User, bob: User, admin: User
) -> None:
    signed_in(alice)
    erased(alice, admin, bob)
    purging.purge_due(timezone.now(), ignore_grace=True)
    for relation in alice._meta.related_objects:
        own: Any = relation.related_model
        if relation.on_delete is models.CASCADE and own is not Key:
            assert not own._default_manager.filter(**{relation.field.name: alice}).exists(), own
    (key,) = Key.objects.filter(user=alice)
    assert (key.name, key.revoked_at is not None) == ("", True)
    assert not EmailAddress.objects.exists()
    assert not Client().login(email="alice@example.com", password=PASSWORD)


def test_it_takes_a_second_person_who_is_not_the_one_concerned(
    life: dict[str, Conversation], alice: User, bob: User, admin: User
) -> None:
    asked = erasure.request(alice, kind="erase", actor=admin, reason="She left")
    for person, code in ((admin, "second_person"), (alice, "second_person")):
        with pytest.raises(Refused) as refused:
            erasure.approve(asked, actor=person)
        assert refused.value.code == code
    with pytest.raises(Refused):
        erasure.request(alice, kind="erase", actor=bob, reason="Again")
    alice.refresh_from_db()
    assert alice.is_active


def test_a_matter_that_holds_the_person_stands_against_it(
    life: dict[str, Conversation], alice: User, bob: User, admin: User
) -> None:
    asked = erasure.request(alice, kind="erase", actor=bob, reason="She left")
    hold = holds.place(actor=admin, name="Customs", reason="An inquiry", people=[alice])
    with pytest.raises(Refused) as refused:
        erasure.approve(asked, actor=admin)
    assert refused.value.code == "held"
    holds.release(hold, actor=admin)
    erasure.approve(asked, actor=admin)
    assert DataRequest.objects.get().done_at is not None


def test_what_a_matter_holds_by_itself_is_hidden_and_not_purged(
    life: dict[str, Conversation], alice: User, bob: User, admin: User
) -> None:
    holds.place(actor=admin, name="Customs", reason="An inquiry", conversations=[life["alone"].pk])
    erased(alice, admin, bob)
    assert purging.purge_due(timezone.now(), ignore_grace=True).held == 1
    assert Item.objects.filter(conversation=life["alone"]).exists()


def test_an_erasure_that_was_interrupted_is_done_by_doing_it_again(
    life: dict[str, Conversation], alice: User, bob: User, admin: User
) -> None:
    asked = erased(alice, admin, bob)
    erasure.carry_out(asked, actor=admin)
    assert Deletion.objects.count() == 1


@pytest.mark.usefixtures("database_threads")
def test_officers_ask_agree_and_fetch_and_each_step_is_recorded(
    life: dict[str, Conversation], as_admin: Client, admin: User
) -> None:
    dora = User.objects.create_superuser("dora@example.com", PASSWORD, name="Dora")
    second = confirmed(signed_in(dora))
    form = {"person": "alice@example.com", "kind": "export", "reason": "She asked for it"}
    assert as_admin.post("/admin/personal-data/", form).status_code == 302
    asked = DataRequest.objects.get()
    address = f"/admin/personal-data/{asked.pk}"
    assert as_admin.post(f"{address}/export/").status_code == 404
    as_admin.post(f"{address}/decide/", {"verb": "approve"})
    assert as_admin.post(f"{address}/export/").status_code == 404
    second.post(f"{address}/decide/", {"verb": "approve"})
    assert second.post(f"{address}/export/").status_code == 404
    answer = as_admin.post(f"{address}/export/")

    async def read() -> bytes:
        return b"".join([part async for part in answer.streaming_content])

    assert "manifest.json" in zipfile.ZipFile(io.BytesIO(asyncio.run(read()))).namelist()
    steps = AuditEntry.objects.filter(action__startswith="data.").order_by("pk")
    assert [entry.action for entry in steps] == ["data.request", "data.approve", "data.export"]


@pytest.mark.parametrize(
    "wrong", [{"person": "nobody@example.com"}, {"kind": "sell"}, {"reason": ""}, {"reason": "x" * 301}]
)
def test_a_request_that_says_too_little_is_refused(as_admin: Client, alice: User, wrong: dict[str, str]) -> None:
    form = {"person": "alice@example.com", "kind": "export", "reason": "She asked"} | wrong
    assert as_admin.post("/admin/personal-data/", form).status_code == 400
    assert not DataRequest.objects.exists()


def test_ones_own_data_asks_for_the_password_first(as_alice: Client) -> None:
    for method in (as_alice.get, as_alice.post):
        assert "/reauthenticate/" in method("/settings/data/").headers["Location"]
    assert "/reauthenticate/" in as_alice.post("/settings/data/erase/").headers["Location"]
