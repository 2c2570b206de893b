"""The only way from a person and an id to an object. Unknown and forbidden are the same `NotFound`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from conversations.errors import NotFound, Refused
from conversations.models import (
    AnswerSchema,
    Board,
    Branch,
    Conversation,
    Deletion,
    File,
    Folder,
    Import,
    Invitation,
    Item,
    Key,
    Membership,
    Persona,
    Prompt,
    Response,
    User,
)
from conversations.models.fields import plain
from conversations.models.invitation import hashed
from conversations.prepared import Given, Select
from conversations.site_settings import SHARE_LINKS

MOST_ID = 2**63
_membership = Select(
    lambda: Membership.objects.select_related("conversation").filter(
        user=Given("user"),
        conversation=Given("conversation"),
        conversation__deleted_at=None,
        user__is_active=True,
    )
)


@dataclass(frozen=True)
class Access:
    """A conversation as one member may use it."""

    user: User
    conversation: Conversation
    membership: Membership

    def require_writer(self) -> None:
        """Raise `Refused` unless this member may write."""
        if not self.membership.may_write:
            raise Refused("You can read this conversation, but not write in it.", code="read_only", status=403)

    def require_noter(self) -> None:
        """Raise `Refused` unless this member may write to the people here."""
        if not self.membership.may_note:
            raise Refused("You can read this conversation, but not write in it.", code="read_only", status=403)

    def require_owner(self) -> None:
        """Raise `Refused` unless this member owns the conversation."""
        if not self.membership.is_owner:
            raise Refused("Only the owner of this conversation can do that.", code="owner_only", status=403)


def conversation_for(user: User, conversation_id: str) -> Access:
    """Return the conversation and the membership of `user`, in one query; raise `NotFound`."""
    _require_storable(conversation_id)
    membership = _membership.first(user=user.pk, conversation=conversation_id)
    if membership is None:
        raise NotFound
    return Access(user, membership.conversation, membership)


def response_in(conversation: Conversation, response_id: int) -> Response:
    """Return a response of this conversation; one of another conversation is not found."""
    response = Response.objects.filter(conversation=conversation, pk=response_id).first()
    if response is None:
        raise NotFound
    return response


def response_for(user: User, provider_id: str) -> tuple[Access, Response]:
    """Return the response that the provider calls so, and its conversation as `user` may use it; raise `NotFound`.

    Of several, which only another provider can have named alike, it is the newest.
    """
    _require_storable(provider_id)
    visible = Conversation.objects.visible_to(user)
    found = Response.objects.filter(provider_id=provider_id, conversation__in=visible).exclude(provider_id="")
    response = found.select_related("previous_response").order_by("-id").first()
    if response is None:
        raise NotFound
    access = conversation_for(user, response.conversation_id)
    response.conversation = access.conversation
    return access, response


def note_in(conversation: Conversation, note_id: int) -> Item:
    """Return a note of this conversation; one of another conversation is not found."""
    notes = Item.objects.present().filter(conversation=conversation, direction=Item.Direction.NOTE)
    note = notes.filter(pk=note_id).first() if note_id < MOST_ID else None
    if note is None:
        raise NotFound
    return note


@dataclass(frozen=True)
class Place:
    """A message or an answer, for people to mark: an answer is the response, without an item or with one in it."""

    response: Response | None
    item: Item | None = None

    @property
    def is_message(self) -> bool:
        return self.item is not None and self.item.direction != Item.Direction.OUTPUT

    @property
    def mark(self) -> dict[str, Any]:
        """The columns of a mark on it."""
        return {"item": self.item, "response": None} if self.is_message else {"item": None, "response": self.response}


def place_in(conversation: Conversation, *, response_id: int | None, item_id: int | None, output: str = "") -> Place:
    """Return a message of this conversation by its item, or an answer by its response; raise `NotFound`.

    `output` is the provider's id of something in the answer.
    """
    items = Item.objects.present().filter(conversation=conversation).select_related("response")
    if item_id is not None:
        said = items.filter(direction__in=[Item.Direction.INPUT, Item.Direction.NOTE], about=None, about_answer=None)
        item = said.filter(pk=item_id).first()
        if item is None or (item.response is not None and item.response.deleted_at is not None):
            raise NotFound
        return Place(item.response, item)
    response = response_in(conversation, response_id) if response_id is not None else None
    if response is None or response.deleted_at is not None:
        raise NotFound
    if not output:
        return Place(response)
    made = items.filter(response=response, direction=Item.Direction.OUTPUT, provider_id=plain(output)[:200]).first()
    if made is None:
        raise NotFound
    return Place(response, made)


def item_in(conversation: Conversation, item_id: int) -> Item:
    """Return a message, a note or a part of an ended answer of this conversation; raise `NotFound`."""
    items = Item.objects.present().filter(conversation=conversation).select_related("response", "author")
    found = items.filter(pk=item_id).first() if item_id < MOST_ID else None
    if found is None:
        raise NotFound
    return found


def branch_in(conversation: Conversation, branch_id: int) -> Branch:
    """Return a branch of this conversation; one of another conversation is not found."""
    branch = Branch.objects.filter(conversation=conversation, pk=branch_id).first()
    if branch is None:
        raise NotFound
    return branch


def file_for(user: User, file_id: str) -> File:
    """Return a file of a conversation that `user` may see, or an upload of theirs; raise `NotFound`."""
    _require_storable(file_id)
    theirs = Q(conversation=None, owner=user) | Q(conversation__in=Conversation.objects.visible_to(user))
    file = File.objects.unexpired().filter(theirs, pk=file_id, purged_at=None, hidden_at=None).first()
    if file is None:
        raise NotFound
    return file


def pictures_for(user: User, file_ids: Sequence[str]) -> list[File]:
    """Return those of these files that are pictures in conversations of `user`'s, in the order in which they are named.

    What is not theirs is left out, as if it were not there.
    """
    ids = list(dict.fromkeys(file_id for file_id in file_ids if file_id == plain(file_id)))
    files = File.objects.filter(
        conversation__in=Conversation.objects.visible_to(user), purged_at=None, hidden_at=None, pk__in=ids
    ).in_bulk()
    return [files[file_id] for file_id in ids if file_id in files and files[file_id].is_picture]


def board_for(user: User, board_id: int) -> Board:
    """Return a board of `user`'s or of the team's; raise `NotFound`."""
    found = Board.objects.visible_to(user).filter(pk=board_id).first() if board_id < MOST_ID else None
    if found is None:
        raise NotFound
    return found


def deletion_for(user: User, deletion_id: int) -> Deletion:
    """Return what `user` owned and can still bring back; raise `NotFound`."""
    found = (
        Deletion.objects.pending().filter(pk=deletion_id, owner=user, parts="").first()
        if deletion_id < MOST_ID
        else None
    )
    if found is None:
        raise NotFound
    return found


def joinable_by(user: User, conversation_id: str) -> Conversation:
    """Return a conversation that `user` may join, or is in already; raise `NotFound`."""
    _require_storable(conversation_id)
    for visible in (Conversation.objects.open_to(user), Conversation.objects.visible_to(user)):
        if (found := visible.filter(pk=conversation_id).first()) is not None:
            return found
    raise NotFound


def invitation_for(secret: str) -> Invitation:
    """Return the open invitation of a secret; raise `NotFound`. Who has the secret may see it."""
    if not SHARE_LINKS.value:
        raise NotFound
    open_ones = Invitation.objects.open().filter(conversation__deleted_at=None)
    found = open_ones.select_related("conversation", "created_by").filter(secret_hash=hashed(secret)).first()
    if found is None:
        raise NotFound
    return found


def folder_for(user: User, folder_id: int) -> Folder:
    """Return a folder of `user`, or one that the team shares; raise `NotFound`."""
    folder = Folder.objects.visible_to(user).filter(pk=folder_id).first() if folder_id < MOST_ID else None
    if folder is None:
        raise NotFound
    return folder


def key_of(user: User, key_id: int) -> Key:
    """Return a key of `user`; raise `NotFound`."""
    key = Key.objects.filter(pk=key_id, user=user).first() if key_id < 2**63 else None
    if key is None:
        raise NotFound
    return key


def prompt_for(user: User, prompt_id: int) -> Prompt:
    """Return a prompt of the library that `user` may use; raise `NotFound`."""
    found = Prompt.objects.visible_to(user).filter(pk=prompt_id).first() if prompt_id < MOST_ID else None
    if found is None:
        raise NotFound
    return found


def persona_for(user: User, persona_id: int) -> Persona:
    """Return a persona of the library that `user` may use; raise `NotFound`."""
    found = Persona.objects.visible_to(user).filter(pk=persona_id).first() if persona_id < MOST_ID else None
    if found is None:
        raise NotFound
    return found


def import_of(user: User, import_id: int) -> Import:
    """Return an import of `user`; raise `NotFound`."""
    found = Import.objects.filter(pk=import_id, owner=user).first() if import_id < MOST_ID else None
    if found is None:
        raise NotFound
    return found


def schema(schema_id: int) -> AnswerSchema:
    """Return a schema of the team's, which everybody may see; raise `NotFound`."""
    found = AnswerSchema.objects.filter(pk=schema_id).first() if schema_id < 2**63 else None
    if found is None:
        raise NotFound
    return found


def _require_storable(given: str) -> None:
    if given != plain(given):
        raise NotFound  # PostgreSQL refuses the very question
