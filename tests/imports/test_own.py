"""Our own export, imported again, is an equal conversation; one that somebody has changed is taken for a stranger's."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest

from conversations.access import conversation_for
from conversations.actions import turns as turn_actions
from conversations.exports.archive import archive
from conversations.imports import job
from conversations.models import (
    Conversation,
    Deletion,
    Favourite,
    File,
    Import,
    Item,
    Mention,
    Notice,
    PixelLock,
    ProviderDeletion,
    Reaction,
    Response,
    User,
)
from conversations.moderation import deletion, purging
from conversations.turns import context
from tests.exports import made
from tests.imports.brought import bring, left, only


@pytest.fixture
def exported(conversation: Conversation, alice: User, bob: User) -> bytes:
    made.put_on(made.everything(conversation, alice, bob)[0], alice, bob)
    return export(conversation)


def export(conversation: Conversation) -> bytes:
    return b"".join(archive(conversation))


def records(content: bytes) -> list[dict[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        return [json.loads(line) for line in pack.read("conversation.jsonl").decode().splitlines()]


def comparable(content: bytes) -> list[Any]:
    """Return the records with every id replaced by its place, which is all that an import may change.

    Files stand in the order of their ids, which is none, and are known by their bytes.
    """
    found = records(content)
    places = {(row["record"], row["id"]): number for number, row in enumerate(found)}
    names = {"previous": "response", "input_from": "response", "answers": "response", "head": "response"}
    names |= {
        "about": "item",
        "about_answer": "response",
        "response": "response",
        "branch": "branch",
        "call": "tool_call",
        "item": "item",
    }

    def mapped(row: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps({name: value for name, value in row.items() if name != "id"})
        for old in found:
            if old["record"] == "file":
                text = text.replace(old["id"], old["sha256"])
        value = json.loads(text)
        own = {name: places.get((kind, row[name])) for name, kind in names.items() if name in row}
        return value | own

    rows = [mapped(row) for row in found]
    pictures = [row for row in rows if row["record"] == "file"]
    return sorted(pictures, key=lambda row: row["sha256"]) + [row for row in rows if row["record"] != "file"]


def changed(content: bytes, change: Any) -> bytes:
    """Return the export with its records as `change` makes them; the manifest stays."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(result, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            if name == "conversation.jsonl":
                rows = [change(json.loads(line)) for line in body.decode().splitlines()]
                body = "\n".join(json.dumps(row) for row in rows if row is not None).encode()
            new.writestr(name, body)
    return result.getvalue()


def test_an_export_imported_again_is_equal(exported: bytes, alice: User) -> None:
    again = only(bring(alice, exported))
    assert comparable(export(again)) == comparable(exported)


def test_the_export_has_what_people_put_on_it(exported: bytes) -> None:
    kinds = [row["record"] for row in records(exported)]
    counts = {kind: kinds.count(kind) for kind in ("reaction", "mention", "vote", "pixel_lock")}
    assert counts == {"reaction": 2, "mention": 1, "vote": 1, "pixel_lock": 1}


def test_what_people_put_on_it_tells_nobody_once_more(exported: bytes, alice: User) -> None:
    only(bring(alice, exported))
    assert not Notice.objects.exists()


def test_without_the_seal_nobody_has_put_anything_there(exported: bytes, alice: User, bob: User) -> None:
    brought = bring(alice, changed(exported, lambda row: row))
    again = only(brought)
    assert not Reaction.objects.filter(conversation=again).exists()
    assert not Mention.objects.filter(item__conversation=again).exists()
    assert not Favourite.objects.filter(file__conversation=again).exists()
    assert left(brought)["A reaction"] == "Nobody here is known to have put it there."


def test_a_lock_that_waited_is_not_made_here(exported: bytes, alice: User) -> None:
    def wait(row: dict[str, Any]) -> dict[str, Any]:
        return row | {"state": "waiting"} if row["record"] == "pixel_lock" else row

    again = only(bring(alice, changed(exported, wait)))
    (lock,) = PixelLock.objects.filter(response__conversation=again)
    assert (lock.state, lock.problem) == ("failed", "It was not made when this was exported.")


def test_a_work_of_the_studio_comes_back_as_one(conversation: Conversation, alice: User) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(kind=Conversation.Kind.WORK)
    conversation.refresh_from_db()
    assert only(bring(alice, export(conversation))).kind == Conversation.Kind.WORK


def test_nobody_but_who_imports_is_in_it(exported: bytes, bob: User) -> None:
    again = only(bring(bob, exported))
    assert [(row.user, row.role) for row in again.memberships.all()] == [(bob, "owner")]


def test_with_the_seal_of_this_server_its_people_are_accounts(exported: bytes, alice: User, bob: User) -> None:
    again = only(bring(alice, exported))
    assert set(again.items.filter(direction="input").values_list("author", flat=True)) == {alice.pk, bob.pk}


def test_words_put_into_anothers_mouth_are_a_name_only(exported: bytes, alice: User, bob: User) -> None:
    def forge(row: dict[str, Any]) -> dict[str, Any]:
        return json.loads(json.dumps(row).replace("Turn it on", "I resign"))

    again = only(bring(alice, changed(exported, forge)))
    forged = again.items.get(text="I resign")
    assert (forged.author, forged.author_label) == (None, "Bob")
    assert not again.responses.filter(created_by=bob).exists()


def test_the_same_file_again_brings_nothing_twice(exported: bytes, alice: User) -> None:
    bring(alice, exported)
    second = bring(alice, exported)
    assert second.taken == {"known": 1}
    assert Conversation.objects.filter(created_by=alice).count() == 2


def test_what_was_imported_and_deleted_can_be_imported_again(exported: bytes, alice: User) -> None:
    first = only(bring(alice, exported))
    deletion.hide(first.pk, cause=Deletion.Cause.PERSON, actor=alice)
    assert only(bring(alice, exported)).pk != first.pk


def test_a_crash_in_the_middle_leaves_nothing_twice(
    exported: bytes, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("conversations.imports.own.finish", crash)
        broken = bring(alice, exported)
    assert broken.done_at is None
    assert Conversation.objects.visible_to(alice).count() == 1
    Import.objects.update(lease_until=None)
    job.run(broken.pk)
    assert Conversation.objects.visible_to(alice).count() == 2
    assert Conversation.objects.filter(created_by=alice).count() == 2


def test_no_request_names_what_another_provider_called_a_response(exported: bytes, alice: User) -> None:
    again = only(bring(alice, exported))
    response, _ = turn_actions.send_message(conversation_for(alice, again.pk), text="Go on")
    body = context.build(response).body
    assert "previous_response_id" not in body
    assert "Which *lamp*?" in json.dumps(body["input"])


def test_deleting_an_import_deletes_nothing_at_the_provider(exported: bytes, alice: User) -> None:
    again = only(bring(alice, exported))
    gone = deletion.hide(again.pk, cause=Deletion.Cause.PERSON, actor=alice)
    while purging.batch(gone.pk, 100, purging.Report().counts) is None:
        pass
    assert not ProviderDeletion.objects.exists()


def test_a_file_of_another_conversation_cannot_be_named(
    exported: bytes, alice: User, charlie: User, conversation: Conversation
) -> None:
    secret = conversation.files.get(previews__purpose="preview")

    def steal(row: dict[str, Any]) -> dict[str, Any] | None:
        if row["record"] == "file":
            return None
        return row

    again = only(bring(charlie, changed(exported, steal)))
    assert secret.pk not in json.dumps([item.payload for item in again.items.all()])
    assert not again.files.exists()


def test_bytes_that_are_not_what_the_record_says_are_not_kept(exported: bytes, alice: User) -> None:
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(exported)) as old, zipfile.ZipFile(result, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"<svg onload=alert(1)>" if name.startswith("files/") else old.read(name))
    brought = bring(alice, result.getvalue())
    assert left(brought)["lamp.png"].startswith("Its bytes are not")
    assert not File.objects.filter(conversation=only(brought), purged_at=None).exists()


def test_a_strangers_export_names_nothing_at_the_provider(exported: bytes, alice: User, as_alice: Any) -> None:
    named = {"type": "input_file", "file_id": "file-heron"}
    tools = [
        {"type": "file_search", "vector_store_ids": ["vs_heron"]},
        {"type": "code_interpreter", "container": "cntr_heron"},
        {"type": "image_generation", "input_image_mask": {"file_id": "file-heron"}},
    ]
    cites = {"type": "container_file_citation", "container_id": "cntr_heron", "file_id": "cfile_1", "filename": "a"}

    def name(row: dict[str, Any]) -> dict[str, Any]:
        if row["record"] == "response":
            row["options"] |= {"tools": tools}
        if row["record"] == "item" and row["direction"] == "input":
            row["payload"]["content"].append(named)
        if row["record"] == "item" and row["direction"] == "output" and row["payload"].get("content"):
            row["payload"]["content"][0]["annotations"] = [cites]
        return row

    again = only(bring(alice, changed(exported, name)))
    assert "heron" not in json.dumps(list(again.responses.values_list("options", flat=True)))
    assert "file-heron" not in json.dumps(list(again.items.values_list("payload", flat=True)))
    response = again.responses.order_by("pk")[0]
    assert as_alice.get(f"/conversations/{again.pk}/responses/{response.pk}/made/cfile_1/").status_code == 404


def test_a_call_that_was_running_is_history(exported: bytes, alice: User) -> None:
    def run(row: dict[str, Any]) -> dict[str, Any]:
        if row["record"] == "tool_call":
            row["state"] = "ready"
        if row["record"] == "approval":
            row["state"] = "pending"
        if row["record"] == "response":
            row |= {"status": "queued", "done_at": None}
        return row

    again = only(bring(alice, changed(exported, run)))
    assert not Response.objects.running().filter(conversation=again).exists()
    assert {row.state for row in again.approvals.all()} == {"lapsed"}


def test_a_newer_version_is_refused_in_a_sentence(exported: bytes, alice: User) -> None:
    brought = bring(alice, changed(exported, lambda row: row | {"version": 2} if "version" in row else row))
    assert (brought.state, brought.problem[:11]) == ("failed", "This export")


BAD: list[Any] = [None, 7, "x", [], {}, [[]], {"a": "b"}, -1, 2**70, True, "\x00", 1.5]


@pytest.mark.parametrize("value", BAD, ids=repr)
def test_any_field_may_be_anything(value: Any, exported: bytes, alice: User, as_alice: Any) -> None:
    """Every field of one record of each kind in turn would be thousands of imports: here all fields of each kind."""
    first = records(exported)[0]
    keep = {"record", "format", "version", "id", "branch", "response", "direction", "index"}

    def spoil(row: dict[str, Any]) -> dict[str, Any]:
        return {name: inner if name in keep else value for name, inner in row.items()}

    brought = bring(alice, changed(exported, spoil))
    assert brought.state == "done"
    page = as_alice.get(f"/conversations/{only(brought).pk}/")
    assert page.status_code == 200
    assert first["record"] == "conversation"


@pytest.mark.parametrize("value", BAD, ids=repr)
def test_any_id_may_be_anything(value: Any, exported: bytes, alice: User) -> None:
    names = {"id", "branch", "response", "previous", "input_from", "answers", "head", "preview_of", "call", "index"}

    def spoil(row: dict[str, Any]) -> dict[str, Any]:
        if row["record"] == "conversation":
            return row
        return {name: value if name in names else inner for name, inner in row.items()}

    assert bring(alice, changed(exported, spoil)).state == "done"


def test_search_finds_what_was_imported(exported: bytes, alice: User) -> None:
    again = only(bring(alice, exported))
    assert Item.objects.filter(conversation=again, text__contains="lamp").exists()
    assert re.fullmatch(r"conv_[0-9a-f]{32}", again.pk)
