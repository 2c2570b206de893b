"""What people do with the library: keep prompts and personas, change them in versions, begin with a persona."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import events
from conversations.actions import conversations
from conversations.actions.conversations import MOST_INSTRUCTIONS
from conversations.errors import Refused
from conversations.models import (
    Conversation,
    Fact,
    Membership,
    Persona,
    PersonaVersion,
    Prompt,
    PromptVersion,
    User,
)
from conversations.models.fields import plain
from conversations.models.library import Shelved
from conversations.prompts import BadPrompt, pieces

MOST_SHARED = 500
MOST_OWN = 200
MOST_TEXT = 50_000
MOST_OPENING = 2_000
MOST_SUGGESTIONS = 6
LONGEST_SUGGESTION = 300


def save_prompt(user: User, prompt: Prompt | None, *, title: str, text: str, shared: bool) -> Prompt:
    """Save a new prompt, or another version of `prompt`; return it. Raise `Refused`, whose code names the field."""
    title, text = _title(title), plain(text).strip()
    if not text or len(text) > MOST_TEXT:
        raise Refused(_("A prompt has between 1 and 50,000 characters."), code="text")
    try:
        pieces(text)
    except BadPrompt as error:
        raise Refused(error.sentence, code="text") from error
    with transaction.atomic():
        row: Prompt = _shelved(user, Prompt, prompt, title=title, shared=shared)
        PromptVersion.objects.create(prompt=row, number=row.number, title=title, text=text, author=user)
    return row


def save_persona(
    user: User, persona: Persona | None, *, title: str, shared: bool, values: Mapping[str, Any]
) -> Persona:
    """Save a new persona, or another version of one; return it. Raise `Refused`, whose code names the field."""
    title = _title(title)
    instructions, opening = plain(values["instructions"]).strip(), plain(values["opening"]).strip()
    suggestions = [line.strip() for line in plain(values["suggestions"]).splitlines() if line.strip()]
    if len(instructions) > MOST_INSTRUCTIONS:
        raise Refused(_("These instructions are too long."), code="instructions", status=413)
    if len(opening) > MOST_OPENING:
        raise Refused(_("An opening has at most 2,000 characters."), code="opening")
    if len(suggestions) > MOST_SUGGESTIONS or any(len(line) > LONGEST_SUGGESTION for line in suggestions):
        raise Refused(_("At most six suggestions, of 300 characters each."), code="suggestions")
    if values["model"] and values["model"] not in settings.SALON_MODELS:
        raise Refused(_("This model is not offered here. Choose another one."), code="model")
    with transaction.atomic():
        row: Persona = _shelved(user, Persona, persona, title=title, shared=shared)
        PersonaVersion.objects.create(
            persona=row,
            number=row.number,
            title=title,
            description=plain(values["description"]).strip()[:200],
            instructions=instructions,
            model=values["model"],
            tools=list(values["tools"]),
            opening=opening,
            suggestions=suggestions,
            author=user,
        )
    return row


def retire(user: User, row: Prompt | Persona) -> None:
    """Take something out of the library. What was made with it stays."""
    if not row.may_be_changed_by(user):
        raise not_yours()
    row.retired_at = timezone.now()
    row.save(update_fields=["retired_at"])


def begin_with(user: User, persona: Persona, offered: Iterable[str]) -> Conversation:
    """Return a new conversation with the persona's instructions, model and tools, in the version of now.

    `offered` are the tools that the person may use, as `kind:key`; others of the persona's are left out.
    """
    version = persona.versions.get(number=persona.number)
    access = conversations.create(user)
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        conversation.persona, conversation.instructions = version, version.instructions
        conversation.model = version.model if version.model in settings.SALON_MODELS else ""
        conversation.offered = _switched_on(set(offered).intersection(version.tools))
        changed = ["persona", "instructions", "model", "offered"]
        events.record(conversation, Fact.Kind.CONVERSATION_UPDATED, changed=changed)
        Membership.objects.filter(conversation=conversation).update(activity_at=conversation.activity_at)
    return conversation


def _switched_on(tools: Iterable[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for tool in sorted(tools):
        kind, _, key = tool.partition(":")
        found.setdefault(kind, []).append(int(key) if kind in {"servers", "stores"} else key)
    return found


def _title(given: str) -> str:
    title = " ".join(plain(given).split())
    if not 0 < len(title) <= 80:
        raise Refused(_("A title has between 1 and 80 characters."), code="title")
    return title


def _shelved(user: User, kind: type[Any], row: Shelved | None, *, title: str, shared: bool) -> Any:
    """Return the row with its next number, locked against another change at the same time."""
    if row is None:
        if kind.objects.filter(owner=user, retired_at=None).count() >= MOST_OWN:
            raise Refused(_("You have too many of them. Delete some that nobody uses."), code="title")
        if shared and kind.objects.filter(shared=True, retired_at=None).count() >= MOST_SHARED:
            raise Refused(_("The library is full. Delete something that nobody uses."), code="title")
        return kind.objects.create(owner=user, title=title, shared=shared)
    if not row.may_be_changed_by(user):
        raise not_yours()
    locked = kind.objects.select_for_update().get(pk=row.pk)
    locked.title, locked.shared, locked.updated_at = title, shared, timezone.now()
    locked.number += 1
    locked.save(update_fields=["title", "shared", "updated_at", "number"])
    return locked


def not_yours() -> Refused:
    return Refused(_("Only its owner and administrators can change this."), code="not_yours", status=403)
