"""What a test does behind the doors: asks and changes a server's database, in a process with that server's settings.

One request a line of standard input, `[verb, arguments]`; one answer a line of standard output.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from typing import Any

import django

django.setup()


from django.contrib.auth.models import Permission  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db.models import Sum  # noqa: E402

from conversations import site_settings  # noqa: E402
from conversations.actions import keys  # noqa: E402
from conversations.models import (  # noqa: E402
    Budget,
    Case,
    Conversation,
    Fact,
    File,
    Item,
    Key,
    Membership,
    Response,
    Spending,
    StreamChunk,
    Usage,
    User,
)
from conversations.moderation import decisions, sanctions  # noqa: E402
from conversations.turns.blobs import restore_blobs  # noqa: E402


def migrate() -> None:
    call_command("migrate", "--no-input", verbosity=0)


def add_person(*, name: str, password: str, admin: bool = False) -> None:
    make = User.objects.create_superuser if admin else User.objects.create_user
    make(f"{name.lower()}@example.com", password, name=name)


def issue_key(*, name: str, scopes: list[str] | None = None) -> str:
    """Return the secret of a new key of a person's."""
    return keys.issue(User.objects.get(name=name), scopes=scopes or Key.Scope.values)[1]


def revoke_keys(*, name: str) -> None:
    """Revoke every key of a person."""
    for key in Key.objects.filter(user__name=name):
        keys.revoke(key)


def invite(*, conversation: str, name: str, role: str) -> None:
    Membership.objects.create(conversation_id=conversation, user=User.objects.get(name=name), role=role)


def remove(*, conversation: str, name: str) -> None:
    Membership.objects.filter(conversation=conversation, user__name=name).delete()


def set_active(*, name: str, active: bool) -> None:
    User.objects.filter(name=name).update(is_active=active)


def suspend(*, name: str) -> None:
    """Close an account as a moderator or an administrator does."""
    sanctions.suspend(User.objects.get(name=name), actor=User.objects.get(name="Admin"), days=1)


def require_factor(*, of: str) -> None:
    """Ask people for a second factor, as an administrator does."""
    site_settings.change(site_settings.REQUIRE_FACTOR, of, actor=User.objects.get(name="Admin"))


def change_password(*, name: str, password: str) -> None:
    person = User.objects.get(name=name)
    person.set_password(password)
    person.save()


def sign_out_everywhere(*, name: str) -> None:
    User.objects.get(name=name).sign_out_everywhere()


def mirror(*, response: int) -> dict[str, Any]:
    """Return a response as the mirror has it, with the bytes that it stores apart put back, and its log's words."""
    row = Response.objects.get(pk=response)
    items = Item.objects.filter(response=row, direction=Item.Direction.OUTPUT).order_by("index")
    chunks = StreamChunk.objects.filter(response=row).order_by("epoch", "sequence")
    logged = [event for chunk in chunks for event in chunk.events]
    return {
        "status": row.status,
        "provider_id": row.provider_id,
        "final": restore_blobs(row.final),
        "items": [restore_blobs(item.payload) for item in items],
        "logged_deltas": [event["delta"] for event in logged if event["type"] == "response.output_text.delta"],
        "item_statuses": [item.status for item in items],
        "background": row.background,
        "epoch": row.epoch,
        "remarks": row.remarks,
    }


def history(*, conversation: str) -> dict[str, Any]:
    """Return the order of a conversation as its rows tell it, nothing left out."""
    facts = Fact.objects.filter(conversation=conversation).order_by("position")
    said = Item.objects.filter(conversation=conversation).exclude(client_id="").order_by("id")
    turns = Response.objects.filter(conversation=conversation).order_by("id")
    return {
        "positions": [fact.position for fact in facts],
        "begun": [fact.response_id for fact in facts if fact.kind == Fact.Kind.RESPONSE_CREATED],
        "noted": [fact.note_id for fact in facts if fact.kind == Fact.Kind.NOTE_CREATED],
        "said": [[item.client_id, item.direction, item.response_id, item.text] for item in said],
        "turns": [
            [turn.pk, turn.previous_response_id, turn.status, turn.first_token_at, turn.done_at] for turn in turns
        ],
        "answers": {
            item.response_id: item.text
            for item in Item.objects.filter(conversation=conversation, direction=Item.Direction.OUTPUT)
        },
    }


def permit(*, name: str, permission: str) -> None:
    User.objects.get(name=name).user_permissions.add(Permission.objects.get(codename=permission))


def inputs(*, response: str) -> list[Any]:
    """Return the input items of a response, by its provider's id, as they are kept."""
    items = Item.objects.filter(response__provider_id=response, direction=Item.Direction.INPUT)
    return [item.payload for item in items.order_by("index")]


def running() -> list[int]:
    """Return the responses that are queued or in progress."""
    return list(Response.objects.running().values_list("pk", flat=True))


def add_file(*, conversation: str) -> str:
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    file = File(conversation=Conversation.objects.get(pk=conversation), media_type="image/png", size=3, sha256="0" * 64)
    file.save()
    if not default_storage.exists(file.storage_name):
        default_storage.save(file.storage_name, ContentFile(b"png"))
    return file.pk


def decide_cases(*, words: str) -> None:
    """Have the administrator write a note to every open case, hide what it is about, and keep it."""
    admin = User.objects.get(name="Admin")
    for case in Case.objects.filter(closed_at=None):
        decisions.note(case, actor=admin, text=words)
        decisions.hide(case, actor=admin)
        decisions.decide(case, actor=admin, decision="keep", words=words)


def add_budget(**columns: Any) -> None:
    Budget.objects.create(created_by=User.objects.get(name="Admin"), **columns)


def used() -> dict[str, int]:
    """Return what is spent and reserved of all budgets, and what was counted by day."""
    spent = Spending.objects.aggregate(used=Sum("used"), reserved=Sum("reserved"))
    counted = Usage.objects.aggregate(requests=Sum("requests"), tokens=Sum("output_tokens"))
    return {name: number or 0 for name, number in (spent | counted).items()}


VERBS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        migrate,
        add_person,
        issue_key,
        revoke_keys,
        invite,
        remove,
        set_active,
        suspend,
        require_factor,
        change_password,
        sign_out_everywhere,
        mirror,
        history,
        permit,
        inputs,
        running,
        add_file,
        decide_cases,
        add_budget,
        used,
    )
}


def main() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # a log line must not stand between the answers
    for line in sys.stdin:
        verb, arguments = json.loads(line)
        try:
            answer = {"result": VERBS[verb](**arguments)}
        except Exception:
            answer = {"failed": traceback.format_exc()}
        answers.write(json.dumps(answer, default=str) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
