"""Deeds are recorded where they happen, the chain shows what was tampered with, and nobody can act unrecorded."""

import json
import threading
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client

from conversations.models import AuditEntry, Chain, Conversation, User
from conversations.models.audit import first_broken, record
from tests.conftest import PASSWORD, signed_in


def entries(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("position"))


def tamper(statement: str, *values: Any) -> None:
    """Change the log as somebody would who holds the database and takes its triggers away first."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute("DROP TRIGGER IF EXISTS audit_entries_stay ON conversations_auditentry")
        cursor.execute(statement, values)


def verify() -> str:
    out = StringIO()
    call_command("verifyaudit", stdout=out, stderr=StringIO())
    return out.getvalue()


def test_signing_in_and_out_and_failing_to_are_recorded(client: Client, alice: User) -> None:
    asked = {"login": alice.email, "password": "my old secret"}
    client.post("/accounts/login/", asked, headers={"X-Request-ID": "req_of_alice"}, REMOTE_ADDR="198.51.100.7")
    client.post("/accounts/login/", asked | {"password": PASSWORD})
    client.post("/accounts/logout/")

    failed, signed = entries("auth.sign_in")
    assert (failed.outcome, failed.actor_type, failed.object_id) == ("failure", "system", str(alice.pk))
    assert (failed.request_id, failed.address) == ("req_of_alice", "198.51.100.7")
    assert (signed.outcome, signed.actor_id) == ("success", str(alice.pk))
    assert [entry.actor_id for entry in entries("auth.sign_out")] == [str(alice.pk)]


def test_what_a_stranger_typed_is_not_kept(client: Client, db: None) -> None:
    client.post("/accounts/login/", {"login": "typed-my-password@example.com", "password": "and again"})
    (failed,) = entries("auth.sign_in")
    assert failed.object_id == ""
    assert "typed" not in json.dumps(failed.content())


def test_a_new_password_is_recorded_by_whichever_door(as_alice: Client, as_admin: Client, alice: User) -> None:
    new = "a quite new password"
    as_alice.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    other = {"usable_password": "true", "password1": f"{new} 2", "password2": f"{new} 2"}
    as_admin.post(f"/admin/conversations/user/{alice.pk}/password/", other)
    as_admin.post(f"/admin/conversations/user/{alice.pk}/password/", other | {"password2": "a typing error"})

    own, given = entries("user.password_change")
    assert own.actor_id == own.object_id == str(alice.pk)
    assert given.actor_id != given.object_id == str(alice.pk)
    assert new not in json.dumps([own.content(), given.content()])


def test_changes_of_people_name_the_fields_and_not_their_values(as_admin: Client, charlie: User) -> None:
    as_admin.post(f"/admin/conversations/user/{charlie.pk}/change/", {"email": charlie.email, "name": "Charlotte"})
    (entry,) = entries("user.update")
    assert entry.details == {"changed": ["is_active", "name"]}


def test_deleting_a_conversation_is_recorded_without_its_title(as_alice: Client, conversation: Conversation) -> None:
    as_alice.post(f"/conversations/{conversation.pk}/delete/", content_type="application/json")
    (entry,) = entries("conversation.delete")
    assert (entry.object_type, entry.object_id) == ("conversation", conversation.pk)
    assert "lamp" not in json.dumps(entry.content())


def test_content_is_refused_as_a_detail(alice: User) -> None:
    for details in ({"role": "a whole sentence"}, {"text": "word"}, {"changed": ["title", "what was said"]}):
        with pytest.raises(ValueError, match=r"detail|content"):
            record("key.create", actor=alice, details=details)
    assert not AuditEntry.objects.exists()


def test_a_deed_that_cannot_be_recorded_is_not_done(conversation: Conversation, alice: User) -> None:
    client = signed_in(alice)
    client.raise_request_exception = False
    with connection.cursor() as cursor:  # as when the disk is full, or the log was taken away
        cursor.execute("ALTER TABLE conversations_auditentry RENAME TO taken")
    try:
        answer = client.post(f"/conversations/{conversation.pk}/delete/", content_type="application/json")
        assert answer.status_code >= 500
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE taken RENAME TO conversations_auditentry")
    conversation.refresh_from_db()
    assert conversation.deleted_at is None


def test_the_database_itself_refuses_changes(alice: User) -> None:
    entry = record("key.create", actor=alice)
    for statement in (
        "UPDATE conversations_auditentry SET action = 'key.revoke'",
        "DELETE FROM conversations_auditentry",
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(TypeError):
        entry.save()
    with pytest.raises(TypeError):
        AuditEntry.objects.all().delete()


def test_an_unbroken_chain_is_proven(alice: User) -> None:
    for _ in range(5):
        record("key.create", actor=alice, object=("key", "k1"), details={"scopes": ["responses", "files"]})
    assert "holds: 5 entries" in verify()
    assert first_broken(chunk=2) is None


@pytest.mark.parametrize(
    ("statement", "values", "position"),
    [
        ("UPDATE conversations_auditentry SET action = %s WHERE position = 3", ["key.revoke"], 3),
        ("UPDATE conversations_auditentry SET at = %s WHERE position = 2", ["2020-01-01 00:00:00+00:00"], 2),
        ("UPDATE conversations_auditentry SET details = %s WHERE position = 4", ['{"count":2}'], 4),
        ("UPDATE conversations_auditentry SET address = %s WHERE position = 1", ["192.0.2.1"], 1),
        ("DELETE FROM conversations_auditentry WHERE position = %s", [3], 3),
        ("DELETE FROM conversations_auditentry WHERE position >= %s", [4], 4),
        ("UPDATE conversations_chain SET position = %s WHERE name = 'audit'", [4], 5),
    ],
)
def test_the_first_broken_position_is_named(alice: User, statement: str, values: list[Any], position: int) -> None:
    for _ in range(5):
        record("key.create", actor=alice, object=("key", "k1"), details={"count": 1})
    tamper(statement, *values)
    with pytest.raises(CommandError, match=f"broken at position {position}:"):
        verify()


@pytest.mark.django_db(transaction=True)
def test_positions_have_no_gaps_whoever_writes_at_once() -> None:
    together = threading.Barrier(6)

    def write() -> None:
        try:
            together.wait(10)
            for number in range(5):
                try:
                    with transaction.atomic():
                        record("key.create", actor=None, details={"count": number})
                        if number == 3:
                            raise LookupError
                except LookupError:
                    pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(AuditEntry.objects.order_by("position").values_list("position", flat=True)) == list(range(1, 25))
    assert Chain.objects.get(pk="audit").position == 24
    assert first_broken() is None
