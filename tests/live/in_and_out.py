"""Who gets in at the addresses of exports, imports, links and the library: a part of the matrix."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from conversations.actions import library
from conversations.models import Branch, Conversation, Import, Response, Share, User
from conversations.models.invitation import hashed
from tests.live.outcomes import LOGIN, MEMBERS_PAGE, NONE, OWNERS_FORM, SIGNED_IN

OF_PEOPLE = (401, 200, 200, 200, 200, 401, 200)
OWN = (LOGIN, 404, 404, 404, 200, LOGIN, 404)
"""What Alice shares with nobody."""
ROWS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "export": ("GET", MEMBERS_PAGE),
    "imports": ("GET", SIGNED_IN),
    "import_remove": ("POST", (LOGIN, 404, 404, 404, 200, LOGIN, 404)),
    "shares": ("GET", OWNERS_FORM),
    "share_create": ("POST", OWNERS_FORM),
    "share_revoke": ("POST", OWNERS_FORM),
    "prompts": ("GET", SIGNED_IN),
    "prompt_new": ("GET", SIGNED_IN),
    "prompts_offered": ("GET", OF_PEOPLE),
    "prompt": ("GET", OWN),
    "prompt_delete": ("POST", OWN),
    "personas": ("GET", SIGNED_IN),
    "persona_new": ("GET", SIGNED_IN),
    "persona": ("GET", SIGNED_IN),
    "persona_delete": ("POST", (LOGIN, 403, 403, 403, 200, LOGIN, 200)),
    "persona_begin": ("POST", SIGNED_IN),
    "shared": ("GET", (200, 200, 200, 200, 200, 404, 200)),
    "shared_file": ("GET", NONE),
}
SENT: dict[str, dict[str, Any]] = {"share_create": {"days": "7"}}
"""Forms of a page."""


def given(alice: User, response: Response, secret: str) -> dict[str, Any]:
    """Make what the addresses name; return the ids."""
    Branch.objects.filter(pk=response.branch_id).update(head=response)
    Conversation.objects.filter(pk=response.conversation_id).update(branch=response.branch_id)
    share = Share.objects.create(
        conversation=response.conversation,
        head=response,
        secret_hash=hashed(secret),
        with_names=True,
        created_by=alice,
        expires_at=timezone.now() + timedelta(days=1),
    )
    brought = Import.objects.create(owner=alice, name="chats.json", size=2)
    prompt = library.save_prompt(alice, None, title="Lamps", text="About {{ lamp }}", shared=False)
    values = dict.fromkeys(("description", "instructions", "model", "opening", "suggestions"), "") | {"tools": []}
    persona = library.save_persona(alice, None, title="Lamplighter", shared=True, values=values)
    ids = {"prompt_id": prompt.pk, "persona_id": persona.pk}
    return ids | {"share_id": share.pk, "mark": "forged", "import_id": brought.pk}
