"""Roles apart: each may do its own, and an administrator reads no private conversation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from conversations.models import AuditEntry, CatalogEntry, Deletion, LegalHold, RetentionRule, User
from conversations.models.audit import record
from conversations.moderation import deletion, holds, purging, rules
from tests.conftest import PASSWORD, confirmed, signed_in
from tests.moderation.conftest import Make

READ = ("audit", "retention", "holds", "deletions", "provider", "readings", "settings")
PAGES: dict[str, set[str]] = {
    "Operator": {"deletions", "provider", "settings"},
    "Compliance officer": set(READ) - {"settings"},
    "Moderator": {"deletions", "readings"},
    "Auditor": set(READ),
}
As = Callable[[str], Client]


@pytest.fixture
def as_role(roles: None) -> As:
    """Return a client of somebody who has one role and no other power."""

    def made(role: str) -> Client:
        email = f"{role.split()[0].lower()}@example.com"
        person = User.objects.filter(email=email).first() or User.objects.create_user(
            email, PASSWORD, name=role, is_staff=True
        )
        person.groups.add(Group.objects.get(name=role))
        return confirmed(signed_in(person))

    return made


@pytest.mark.parametrize("role", PAGES)
def test_each_role_opens_its_own_pages(as_role: As, role: str) -> None:
    client = as_role(role)
    opened = {page for page in READ if client.get(f"/admin/{page}/").status_code == 200}
    assert opened == PAGES[role]
    assert all(client.get(f"/admin/{page}/").status_code == 403 for page in set(READ) - PAGES[role])


def test_an_auditor_changes_nothing(as_role: As, make: Make, admin: User) -> None:
    conversation = make()
    hidden = deletion.hide(conversation.pk, cause=Deletion.Cause.PERSON, actor=admin)
    hold = holds.place(actor=admin, name="Customs", reason="An inquiry", conversations=[conversation.pk])
    rule = rules.propose(
        rules.draft(actor=admin, scope="site", kinds=["messages"], days=30), actor=admin, reason="Shorter"
    )
    auditor = as_role("Auditor")
    auditor.post("/admin/holds/", {"name": "Mine", "reason": "No", "conversations": conversation.pk})
    assert auditor.post(f"/admin/holds/{hold.pk}/release/").status_code == 403
    assert auditor.post("/admin/retention/new/", {"scope": "site", "kinds": "messages"}).status_code == 403
    assert auditor.post(f"/admin/retention/{rule.pk}/decide/", {"verb": "confirm"}).status_code == 404
    assert auditor.post(f"/admin/retention/{rule.pk}/decide/", {"verb": "stop"}).status_code == 404
    assert auditor.post(f"/admin/deletions/{hidden.pk}/restore/").status_code == 403
    assert auditor.post("/admin/deletions/new/", {"conversation": conversation.pk}).status_code == 403
    assert auditor.post("/admin/provider/retry/").status_code == 403

    assert LegalHold.objects.get().released_at is None
    rule.refresh_from_db()
    assert rule.status == RetentionRule.Status.PROPOSED
    assert Deletion.objects.get().state == Deletion.State.HIDDEN


def test_no_page_of_the_administration_shows_what_was_said(as_admin: Client, make: Make, admin: User) -> None:
    conversation, other = make(canary="kanarienvogel", content=b"x"), make(canary="kanarienvogel")
    deletion.hide(conversation.pk, cause=Deletion.Cause.ADMINISTRATOR, actor=admin)
    holds.place(actor=admin, name="Customs", reason="An inquiry", conversations=[other.pk])
    for page in READ:
        shown = as_admin.get(f"/admin/{page}/").content.decode()
        assert "kanarienvogel" not in shown
    assert as_admin.get(f"/conversations/{other.pk}/").status_code == 404
    assert as_admin.get(f"/files/{conversation.files.get().pk}/").status_code == 404


def test_an_operator_cannot_become_somebody_with_other_powers(as_role: As, admin: User) -> None:
    operator = as_role("Operator")
    as_role("Compliance officer")
    officer = User.objects.get(name="Compliance officer")
    new = {"usable_password": "true", "password1": "a quite new password", "password2": "a quite new password"}
    for person in (officer, admin):
        assert operator.post(f"/admin/conversations/user/{person.pk}/password/", new).status_code == 403
    User.objects.filter(pk=admin.pk).update(is_active=False)
    assert operator.post(f"/admin/conversations/user/{admin.pk}/password/", new).status_code == 403
    own = User.objects.get(name="Operator")
    roles = {"email": own.email, "name": own.name, "is_active": "on", "groups": [officer.groups.get().pk]}
    operator.post(f"/admin/conversations/user/{own.pk}/change/", roles)
    assert list(own.groups.values_list("name", flat=True)) == ["Operator"]


def test_a_certificate_is_downloaded_and_checked(as_role: As, make: Make, admin: User) -> None:
    conversation = make(age=40)
    deletion.hide(conversation.pk, cause=Deletion.Cause.ADMINISTRATOR, actor=admin)
    purging.purge_due(timezone.now(), ignore_grace=True)
    auditor = as_role("Auditor")
    document = auditor.get("/admin/certificates/1/").content
    for content, said in ((document, "holds: issued here"), (document.replace(b"3", b"4", 1), "does not hold")):
        sent = {"file": SimpleUploadedFile("certificate.json", content)}
        assert said in auditor.post("/admin/certificates/verify/", sent, follow=True).content.decode()


@pytest.mark.usefixtures("database_threads")
def test_the_export_has_one_ocsf_event_a_line_and_is_recorded(as_admin: Client, alice: User) -> None:
    for number in range(1200):
        record("key.create", actor=alice, object=("key", str(number)), details={"scopes": ["read"]})
    answer = as_admin.post("/admin/audit/export/", {"action": "key"})

    async def lines() -> list[bytes]:
        return b"".join([part async for part in answer.streaming_content]).splitlines()

    events = [json.loads(line) for line in asyncio.run(lines())]
    assert len(events) == 1200
    assert [event["metadata"]["sequence"] for event in events] == sorted(
        event["metadata"]["sequence"] for event in events
    )
    assert events[0]["class_uid"] == 6003
    assert events[0]["type_uid"] == 600301
    assert events[0]["actor"]["user"]["uid"] == str(alice.pk)
    assert events[0]["resources"] == [{"type": "key", "uid": "0"}]
    assert AuditEntry.objects.filter(action="audit.export").exists()


def test_the_log_is_read_page_by_page_and_by_filters(as_admin: Client, alice: User, bob: User) -> None:
    for _ in range(60):
        record("key.create", actor=alice, object=("key", "1"))
    record("key.revoke", actor=bob, object=("key", "2"), outcome="failure")
    first = as_admin.get("/admin/audit/?action=key").content.decode()
    assert first.count("<tr>") == 51
    assert "before=" in first
    by_person = as_admin.get("/admin/audit/?person=BOB@example.com").content.decode()
    assert "key.revoke" in by_person
    assert "key.create" not in by_person
    assert as_admin.get("/admin/audit/?outcome=failure&since=2020-01-01&thing=2").content.decode().count("<tr>") == 2
    for bad in ("before=x", "since=yesterday", "outcome=perhaps"):
        assert as_admin.get(f"/admin/audit/?{bad}").status_code == 400


def test_changed_settings_are_recorded_by_their_fields(as_admin: Client) -> None:
    entry = CatalogEntry.objects.create(name="lamp-*")
    address = f"/admin/conversations/catalogentry/{entry.pk}/"
    as_admin.post(f"{address}delete/", {"post": "yes"})
    (recorded,) = AuditEntry.objects.filter(object_type="catalogentry")
    assert (recorded.action, recorded.object_id) == ("catalogentry.delete", str(entry.pk))
