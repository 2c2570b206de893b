"""Every address of the site, asked by everybody: the table says who gets in. An address without a row fails."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from conversations.actions import keys
from conversations.models import (
    AnswerSchema,
    Approval,
    Board,
    Branch,
    Conversation,
    Deletion,
    File,
    Folder,
    Invitation,
    Item,
    Membership,
    Notice,
    Response,
    User,
)
from conversations.models.approval import digest
from conversations.models.invitation import hashed
from conversations.site_settings import REQUIRE_FACTOR, change
from tests.conftest import PASSWORD
from tests.live import in_and_out
from tests.live.account_rows import ACCOUNT_ROWS, ACCOUNT_SENT
from tests.live.outcomes import (
    ALL,
    ASKER,
    LOGIN,
    MEMBERS,
    MEMBERS_PAGE,
    NONE,
    NOTE_OF_ALICE,
    OWNER,
    OWNERS_FORM,
    PEOPLE,
    SIGNED_IN,
    UPLOADERS,
    WRITERS,
)
from tests.live.picture_rows import PICTURE_ROWS
from tests.live.visitors import client_of, routes

AVATAR = "0" * 32 + ".webp"

Row = tuple[str, tuple[Any, ...]]
ROWS: dict[str, Row] = (
    {
        "home": ("GET", SIGNED_IN),
        "sidebar": ("GET", SIGNED_IN),
        "running": ("GET", SIGNED_IN),
        "setup": ("GET", NONE),
        "settings": ("GET", SIGNED_IN),
        "theme": ("POST", SIGNED_IN),
        "sign_out_everywhere": ("POST", SIGNED_IN),
        "guide": ("GET", SIGNED_IN),
        "keys": ("POST", SIGNED_IN),
        "key_revoke": ("POST", (LOGIN, 404, 404, 404, 200, LOGIN, 404)),
        "avatar": ("GET", SIGNED_IN),
        "files": ("POST", UPLOADERS),
        "file": ("GET", MEMBERS_PAGE),
        "file_preview": ("GET", MEMBERS_PAGE),
        "file_remove": ("POST", UPLOADERS),
        "file_canvas": ("POST", (401, 404, 400, 400, 400, 401, 404)),  # 400: let in, and its bytes are no picture
        "schemas": ("GET", SIGNED_IN),
        "schema_new": ("GET", SIGNED_IN),
        "schema": ("GET", SIGNED_IN),
        "schema_delete": ("POST", (LOGIN, 403, 403, 403, 200, LOGIN, 200)),
        "deleted": ("GET", SIGNED_IN),
        "restore": ("POST", (LOGIN, 404, 404, 404, 200, LOGIN, 404)),
        "search": ("GET", SIGNED_IN),
        "bookmarks": ("GET", SIGNED_IN),
        "folders": ("GET", SIGNED_IN),
        "folder_new": ("POST", SIGNED_IN),
        "folder": ("POST", (LOGIN, 403, 403, 403, 200, LOGIN, 200)),
        "folder_delete": ("POST", (LOGIN, 403, 403, 403, 200, LOGIN, 200)),
        "order": ("GET", MEMBERS_PAGE),
        "file_under": ("POST", WRITERS),
        "reactions": ("POST", WRITERS),
        "bookmark": ("POST", MEMBERS),
        "notes": ("POST", WRITERS),
        "note_delete": ("POST", NOTE_OF_ALICE),
        "lobby": ("GET", SIGNED_IN),
        "invitation": ("GET", (LOGIN, 200, 200, 200, 200, LOGIN, 200)),
        "join": ("POST", MEMBERS_PAGE),
        "people": ("GET", MEMBERS_PAGE),
        "people_named": ("GET", MEMBERS),
        "member_add": ("POST", OWNERS_FORM),
        "audience": ("POST", OWNERS_FORM),
        "invite": ("POST", OWNERS_FORM),
        "member_change": ("POST", OWNERS_FORM),
        "member_remove": ("POST", (LOGIN, 404, 200, 200, 200, LOGIN, 404)),
        "invitation_withdraw": ("POST", OWNERS_FORM),
        "conversations": ("POST", SIGNED_IN),
        "conversation": ("GET", MEMBERS_PAGE),
        "turns": ("GET", MEMBERS),
        "messages": ("POST", WRITERS),
        "conversation_update": ("POST", WRITERS),
        "branches": ("GET", MEMBERS_PAGE),
        "compare": ("GET", MEMBERS_PAGE),
        "branch": ("POST", WRITERS),
        "branch_main": ("POST", WRITERS),
        "mark_unread": ("POST", MEMBERS),
        "seen": ("GET", MEMBERS),
        "kept": ("GET", MEMBERS_PAGE),
        "reports": ("GET", SIGNED_IN),
        "own_usage": ("GET", SIGNED_IN),
        "own_data": ("GET", SIGNED_IN),
        "own_erasure": ("POST", SIGNED_IN),
        "report": ("GET", (LOGIN, 404, 404, 404, 404, LOGIN, 404)),
        "conversation_delete": ("POST", OWNER),
        "tools": ("POST", WRITERS),
        "approvals": ("GET", SIGNED_IN),
        "approval": ("POST", ASKER),
        "stop": ("POST", WRITERS),
        "regenerate": ("POST", WRITERS),
        "continue": ("POST", WRITERS),
        "inspector": ("GET", MEMBERS),
        "inspector_part": ("GET", MEMBERS),
        "inspector_snippet": ("GET", MEMBERS),
        "delete_at_provider": ("POST", WRITERS),
        "made_file": ("GET", (LOGIN, 404, 404, 404, 404, LOGIN, 404)),
        "readyz": ("GET", ALL),
        "metrics": ("GET", ALL),
    }
    | ACCOUNT_ROWS
    | PICTURE_ROWS
)
SENT: dict[str, dict[str, Any]] = {
    "file_canvas": {"sides": [16, 0, 0, 0]},
    "messages": {"text": "Hello"},
    "notes": {"text": "Hello, Bob"},
    "conversation_update": {"title": "Renamed"},
    "studio_make": {"prompt": "A lamp"},
    "studio_version": {"liked": True},
    "theme": {"theme": "dark"},
    "folder_new": {"name": "Launch", "shared": "1"},
    "folder": {"name": "Lamps"},
    "reactions": {"emoji": "👍", "on": True},
    "bookmark": {"on": True},
    "branch": {"name": "The green lamp"},
    "member_add": {"email": "bob@example.com", "role": "viewer"},
    "audience": {"audience": "team", "role": "viewer"},
    "invite": {"role": "viewer"},
    "member_change": {"role": "commenter"},
    "keys": {"name": "Notebook", "scopes": ["read", "write"]},
}
FORMS = {"theme", "folder_new", "folder", "sign_out_everywhere", "keys", "member_add", "audience", "invite"}
FORMS |= {"member_change"}
SECRET = "secret"
CANARY = "Heron"
OPEN_WITHOUT_FACTOR = {"theme", "account_login", "account_logout", "account_confirm_login_code", "mfa_reauthenticate"}
OPEN_WITHOUT_FACTOR |= {name for name in ACCOUNT_ROWS if name.startswith(("openid_", "socialaccount_", "mfa_reauth"))}
SETTING_ONE_UP = {name for name in ACCOUNT_ROWS if name.startswith(("mfa_", "account_reset_"))}
SETTING_ONE_UP |= {"account_reauthenticate", "account_change_password", "account_set_password"}
ROWS |= in_and_out.ROWS
SENT |= in_and_out.SENT | ACCOUNT_SENT
FORMS |= in_and_out.SENT.keys() | ACCOUNT_SENT.keys()
SENT |= {"approval": {"decision": "decline", "digest": digest("", "lamp", "{}")}}
GIVEN = {"name": AVATAR, "key": "key", "uidb36": "1", "app_label": "conversations", "url": "nothing", "id": 1}
GIVEN |= {"object_id": 1, "content_type_id": 1, "part": "chain", "form": "curl", "made_id": "cfile_1", "side": 320}
GIVEN |= {
    "rule_id": 1,
    "hold_id": 1,
    "position": 1,
    "reading_id": 1,
    "change_id": 1,
    "case_id": 1,
    "budget_id": 1,
    "request_id": 1,
}
ABOVE = {"mfa_edit_webauthn": ("pk",), "mfa_remove_webauthn": ("pk",)}
"""Parameters that stand in the part of an address which an `include` has taken."""
OPEN_IN_ADMINISTRATION = {"admin:login", "admin:logout"}


ADMINISTRATION = sorted({name for name, _ in routes() if name.startswith("admin:") and not name.endswith(":None")})


def test_every_address_has_a_row() -> None:
    names = {name for name, _ in routes() if not name.startswith("admin:")}
    assert names == set(ROWS)


@pytest.fixture
def given(db: None) -> dict[str, Any]:
    """The cast and a conversation of Alice's with one interrupted answer and one picture."""
    alice = User.objects.create_user("alice@example.com", PASSWORD, name="Alice")
    bob = User.objects.create_user("bob@example.com", PASSWORD, name="Bob")
    User.objects.create_user("charlie@example.com", PASSWORD, name="Charlie")
    User.objects.create_superuser("admin@example.com", PASSWORD, name="Admin")
    conversation = Conversation.objects.create(created_by=alice)
    branch = Branch.objects.create(conversation=conversation, created_by=alice)
    response = Response.objects.create(
        conversation=conversation,
        branch=branch,
        created_by=alice,
        status="incomplete",
        done_at=timezone.now(),
        parameters={"model": "demo"},
        provider_id="resp_1",
        provider_deleted_at=timezone.now(),
    )
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "A lamp"}]}
    Item.objects.create(
        conversation=conversation, response=response, direction="input", index=0, type="message", payload=message
    )
    Membership.objects.create(conversation=conversation, user=alice, role="owner")
    Membership.objects.create(conversation=conversation, user=bob, role="editor")
    file = File.objects.create(
        conversation=conversation,
        response=response,
        purpose="result",
        media_type="image/png",
        size=3,
        sha256="0" * 64,
    )
    for name in (file.storage_name, f"avatars/{AVATAR}"):
        if not default_storage.exists(name):
            default_storage.save(name, ContentFile(b"png"))
    approval = Approval.objects.create(
        conversation=conversation,
        response=response,
        request_id="mcpr_1",
        name="lamp",
        arguments="{}",
        digest=digest("", "lamp", "{}"),
        decides="asker",
        asked_by=alice,
    )
    deleted = Conversation.objects.create(created_by=alice, deleted_at=timezone.now())
    deletion = Deletion.objects.create(
        conversation_id=deleted.pk, owner=alice, cause=Deletion.Cause.PERSON, purge_after=timezone.now()
    )
    key, _ = keys.issue(alice)
    invitation = Invitation.objects.create(
        conversation=conversation,
        role="viewer",
        secret_hash=hashed(SECRET),
        created_by=alice,
        expires_at=timezone.now() + timedelta(days=1),
    )
    place = UserSession.objects.create(user=alice, ip="192.0.2.1", session_key="alices", user_agent="Firefox/1")
    notice = Notice.objects.create(user=alice, kind="mention", conversation=conversation, source="item:1")
    Group.objects.get_or_create(pk=1, defaults={"name": "Lamps"})
    note = Item.objects.create(
        conversation=conversation, direction="note", index=0, type="message", payload=message, author=alice
    )
    ids = {"response_id": response.pk, "file_id": file.pk, "deletion_id": deletion.pk, "key_id": key.pk}
    ids["schema_id"] = AnswerSchema.objects.create(name="lamps", schema={"type": "object"}, author=alice).pk
    ids |= {"user_id": bob.pk, "note_id": note.pk, "item_id": note.pk, "invitation_id": invitation.pk, "secret": SECRET}
    ids["board_id"] = Board.objects.create(name="Calendar", owner=alice).pk
    ids |= {"folder_id": Folder.objects.create(owner=alice, name="Team", shared=True).pk}
    ids |= {"approval_id": approval.pk, "branch_id": branch.pk}
    ids |= in_and_out.given(alice, response, SECRET)
    ids |= {"session_id": place.pk, "pk": 1, "notice_id": notice.pk, "token": "token", "group_id": 0}
    return {"conversation_id": conversation.pk} | ids | GIVEN


def ask(person: str, method: str, name: str, given: dict[str, Any]) -> int | str:
    """Ask an address; return LOGIN, 200 for whatever lets in, or the status of a refusal."""
    client = client_of(person)
    answer = client.generic(method, address(name, given), **body_of(name))
    if answer.status_code == 302 and "/login/" in answer.headers["Location"]:
        return LOGIN
    return 200 if answer.status_code < 400 else answer.status_code


def body_of(name: str) -> dict[str, Any]:
    sent = SENT.get(name, {})
    if name == "file_under":
        sent = sent | {"folder": Folder.objects.get().pk}
    if name in {"reactions", "bookmark"}:
        sent = sent | {"response": Response.objects.get().pk}
    if name in FORMS:
        return {"data": urlencode(sent, doseq=True), "content_type": "application/x-www-form-urlencoded"}
    return {"data": json.dumps(sent), "content_type": "application/json"}


def address(name: str, given: dict[str, Any]) -> str:
    for entry_name, entry in routes():
        if entry_name == name:
            arguments = {key: given[key] for key in (*entry.pattern.regex.groupindex, *ABOVE.get(name, ()))}
            return reverse(name, kwargs=arguments)
    raise NoReverseMatch(name)


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("name", ROWS)
def test_an_address_lets_in_whom_the_table_says(name: str, person: str, given: dict[str, Any]) -> None:
    method, expected = ROWS[name]
    assert ask(person, method, name, given) == expected[PEOPLE.index(person)]


@pytest.mark.parametrize("has_one", [False, True], ids=["has none", "has one"])
@pytest.mark.parametrize("name", [*ROWS, *ADMINISTRATION])
def test_who_has_not_shown_a_required_second_factor_sees_no_content(
    name: str, has_one: bool, given: dict[str, Any]
) -> None:
    person = "admin" if name in ADMINISTRATION else "alice"
    user = User.objects.get(name=person.capitalize())
    Conversation.objects.update(title=CANARY)
    Membership.objects.get_or_create(conversation_id=given["conversation_id"], user=user, defaults={"role": "editor"})
    if has_one:
        Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})
    change(REQUIRE_FACTOR, "all", actor=user)
    client = client_of(person)
    for accept in ("text/html", "application/json"):
        method = ROWS[name][0] if name in ROWS else "GET"
        answer = client.generic(method, address(name, given), headers={"Accept": accept}, **body_of(name))
        assert CANARY not in answer.getvalue().decode("latin-1")
        if name not in OPEN_WITHOUT_FACTOR | (set() if has_one else SETTING_ONE_UP):
            assert answer.status_code == (302 if accept == "text/html" else 403)
            assert answer.get("Location", "/accounts/2fa/").startswith("/accounts/2fa/")


@pytest.mark.parametrize("name", [name for name, (method, _) in ROWS.items() if method == "POST"])
def test_an_address_that_changes_something_is_no_link(name: str, given: dict[str, Any]) -> None:
    assert ask("alice", "GET", name, given) == 405


@pytest.mark.parametrize("person", PEOPLE[:-1])
@pytest.mark.parametrize("name", ADMINISTRATION)
def test_the_administration_lets_in_administrators_only(name: str, person: str, given: dict[str, Any]) -> None:
    for method in ("GET", "POST"):
        assert ask(person, method, name, given) == LOGIN or name in OPEN_IN_ADMINISTRATION


@pytest.mark.parametrize("name", ADMINISTRATION)
def test_the_administration_works_for_an_administrator(name: str, given: dict[str, Any]) -> None:
    answer = ask("admin", "GET", name, given)
    assert answer != LOGIN
    assert isinstance(answer, int)
    assert answer < 500
