"""What people do with conversations: begin, rename, choose a model, pin, archive, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from conversations import catalog, events, parameters
from conversations.access import Access
from conversations.errors import Refused
from conversations.models import Conversation, Deletion, Fact, Membership, User
from conversations.models.audit import record
from conversations.models.fields import plain
from conversations.moderation import deletion

MOST_INSTRUCTIONS = 100_000


def begin(user: User, *, kind: Conversation.Kind = Conversation.Kind.CHAT) -> Conversation:
    """Return a new conversation that `user` owns; one that they began and never used is used first."""
    unused = Membership.objects.filter(
        user=user,
        role=Membership.Role.OWNER,
        archived_at=None,
        conversation__position=0,
        conversation__deleted_at=None,
        conversation__created_by=user,
        conversation__kind=kind,
    ).select_related("conversation")
    if membership := unused.order_by("-activity_at").first():
        return membership.conversation
    return create(user, kind=kind).conversation


def create(user: User, *, kind: Conversation.Kind = Conversation.Kind.CHAT) -> Access:
    """Return a new conversation, as its owner `user` may use it."""
    with transaction.atomic():
        conversation = Conversation.objects.create(created_by=user, kind=kind)
        membership = Membership.objects.create(conversation=conversation, user=user, role=Membership.Role.OWNER)
    return Access(user, conversation, membership)


def note(access: Access, metadata: dict[str, str]) -> None:
    """Keep what a program notes of the conversation, in the place of what was noted before."""
    access.require_writer()
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        conversation.metadata = access.conversation.metadata = metadata
        events.record(conversation, Fact.Kind.CONVERSATION_UPDATED, changed=["metadata"])


def update(access: Access, changes: dict[str, Any]) -> Conversation:
    """Change what `changes` names: title, model, instructions, state, options for everybody; pinned, archived and muted
    for the member.

    `options` are values by their paths (`parameters.read`). A new model drops the options that it does not take:
    `left_out` of the conversation says which. Unknown names are ignored: a client cannot set what is not its own.
    Raise `Refused` for bad values.
    """
    _update_membership(access, changes)
    names = ("title", "model", "instructions", "state")
    shared: dict[str, Any] = {name: changes[name] for name in names if name in changes}
    if not shared and "options" not in changes:
        return access.conversation
    access.require_writer()
    for name, value in shared.items():
        if not isinstance(value, str):
            raise Refused(f"{name} must be text.", code=name)
        shared[name] = plain(value).strip()
    _validate(shared, access.conversation)
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        for name, value in shared.items():
            setattr(conversation, name, value)
        known = catalog.capabilities(conversation.model or settings.SALON_MODELS[0])
        if "model" in shared:
            conversation.options, conversation.left_out = parameters.fitting(conversation.options, known)
        if "options" in changes:
            asked = parameters.read(changes["options"], known)
            conversation.options = parameters.changed(conversation.options, asked)
        if "title" in shared:
            conversation.title_by_person = bool(shared["title"])
        events.record(conversation, Fact.Kind.CONVERSATION_UPDATED, changed=[*shared, "options", "title_by_person"])
    return conversation


def switch_tools(
    access: Access,
    *,
    functions: Mapping[str, bool],
    servers: Mapping[int, bool],
    hosted: Mapping[str, bool],
    stores: Mapping[int, bool],
) -> Conversation:
    """Switch tools on or off for everybody here: functions and the provider's own by name, servers and stores by id."""
    access.require_writer()
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        on = conversation.offered
        conversation.offered = {
            "functions": _switched(on.get("functions", []), functions),
            "servers": _switched(on.get("servers", []), servers),
            "hosted": _switched(on.get("hosted", []), hosted),
            "stores": _switched(on.get("stores", []), stores),
        }
        events.record(conversation, Fact.Kind.CONVERSATION_UPDATED, changed=["offered"])
    return conversation


def _switched(on: Sequence[Any], switches: Mapping[Any, bool]) -> list[Any]:
    kept = [key for key in on if switches.get(key, True)]
    return kept + [key for key, wanted in switches.items() if wanted and key not in kept]


def _update_membership(access: Access, changes: dict[str, Any]) -> None:
    fields = []
    for name, field in (("pinned", "pinned_at"), ("archived", "archived_at"), ("muted", "muted_at")):
        if name in changes:
            if not isinstance(changes[name], bool):
                raise Refused(f"{name} must be true or false.", code=name)
            setattr(access.membership, field, timezone.now() if changes[name] else None)
            fields.append(field)
    if fields:
        access.membership.save(update_fields=fields)


def _validate(shared: dict[str, str], conversation: Conversation) -> None:
    if len(shared.get("title", "")) > 200:
        raise Refused("A title has at most 200 characters.", code="title")
    if len(shared.get("instructions", "")) > MOST_INSTRUCTIONS:
        raise Refused(f"Instructions have at most {MOST_INSTRUCTIONS:,} characters.", code="instructions", status=413)
    if shared.get("model") and shared["model"] not in settings.SALON_MODELS:
        raise Refused("This model is not offered here. Choose another one.", code="model")
    if shared.get("state", "") not in Conversation.State.values:
        raise Refused("state is “stored”, “manual”, “stateless” or empty.", code="state")
    if settings.SALON_STATE_LOCKED and shared.get("state", "") not in ("", conversation.state):
        raise Refused(
            "Where conversations are kept is the same for all here. An administrator can change it.",
            code="state",
            status=403,
        )


def set_title(conversation_id: str, title: str) -> None:
    """Give the conversation a title that a model wrote, unless a person has given one."""
    with transaction.atomic():
        conversation = events.lock(conversation_id)
        if conversation.title_by_person or conversation.deleted_at is not None or not title:
            return
        conversation.title = plain(title)[:200]
        events.record(conversation, Fact.Kind.CONVERSATION_UPDATED, changed=["title"])


def set_temporary(access: Access, temporary: bool) -> None:
    """Have the rule for temporary conversations decide about this one, or no more. Only its owner may."""
    access.require_owner()
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        conversation.temporary = temporary
        conversation.save(update_fields=["temporary"])
        record("conversation.update", actor=access.user, object=conversation, details={"changed": ["temporary"]})


def delete(access: Access) -> None:
    """Hide the conversation from everybody, until its grace is over. Only its owner may; what runs in it is stopped."""
    access.require_owner()
    deletion.hide(access.conversation.pk, cause=Deletion.Cause.PERSON, actor=access.user)
