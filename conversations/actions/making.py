"""What people do in the studio: have pictures made, choose among versions, name and like them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import access as accesses
from conversations import events, image_options
from conversations.access import Access
from conversations.actions import conversations, files, masks, pixel_locks, turns
from conversations.actions.masks import Masked
from conversations.errors import NotFound, Refused
from conversations.image_options import TOOL, Maker
from conversations.models import Branch, Conversation, Fact, Favourite, File, Response, User
from conversations.models.fields import plain
from conversations.pictures import as_locked, made_in

MOST_RESULTS = 8
"""Pictures that are asked for at once."""
LONGEST_PROMPT = 32_000
"""Characters, as the API has it."""
LONGEST_NAME = 120


@dataclass(frozen=True)
class Wish:
    """What one press of the button asks for. Pictures are named by the ids of their files.

    `parent` is the picture to change; `canvas` stands for it where that is larger. What is outside `mask` is kept by a
    pixel lock, of which the edge fades over `feather` pixels; None: by no lock. `options` are those of the tool, by the
    API's names.
    """

    prompt: str
    maker: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    results: int = 1
    parent: str = ""
    references: Sequence[Any] = ()
    mask: str = ""
    canvas: str = ""
    feather: int | None = None
    client_id: str = ""


def begin(user: User) -> Conversation:
    """Return a new work that `user` owns; one that they began and never used is used first.

    Its chat draws too: the tool is switched on there, and the model is one that takes it.
    """
    maker = image_options.maker("")
    work = conversations.begin(user, kind=Conversation.Kind.WORK)
    if not work.model:
        work.model, work.offered = maker.model, {"functions": [], "servers": [], "hosted": [TOOL]}
        work.save(update_fields=["model", "offered"])
    return work


def make(access: Access, wish: Wish) -> list[Response]:
    """Queue the responses that make the pictures, each on a branch of its own beside the others; return them.

    With a parent they go on from the response that made it, so that the model knows what was said before; without one
    they begin. Raise `Refused`.
    """
    access.require_writer()
    prompt = plain(wish.prompt).strip()
    if not prompt:
        raise Refused(_("Say what the picture is to show."), code="empty")
    if len(prompt) > LONGEST_PROMPT:
        sentence = _("A prompt has at most %(most)s characters. Shorten it.") % {"most": f"{LONGEST_PROMPT:,}"}
        raise Refused(sentence, code="too_long", status=413)
    if not 1 <= wish.results <= MOST_RESULTS:
        raise Refused(_("Ask for one to %(most)s pictures at once.") % {"most": MOST_RESULTS}, code="results")
    maker = image_options.maker(wish.maker)
    tool = image_options.read(wish.options, maker)
    masked = _masked(access, wish)
    with transaction.atomic():
        events.lock_undeleted(access.conversation.pk)
        parent = _picture(access, wish.parent) if wish.parent else None
        previous = _chained(parent, wish) if parent is not None else None
        masked = masked.brought_in(access) if masked is not None else None
        given = _given(access, wish, maker, first=_first(parent, previous, masked))
        content = [{"type": "input_text", "text": prompt}, *given]
        making: dict[str, Any] = {"maker": maker.name, "image_model": maker.image_model or maker.label}
        making["partial_images"] = tool.get("partial_images", 0)
        if parent is not None:
            making["parent"] = parent.pk
        if masked is not None:
            tool["input_image_mask"], making["mask"] = masked.tool_part, masked.mask.pk
            making["lock"] = wish.feather is not None
        asked = [
            turns.ask(
                access,
                [{"type": "message", "role": "user", "content": content}],
                options={"tools": [tool], "tool_choice": {"type": TOOL}},
                model=maker.model,
                client_id=f"{wish.client_id[:60]}-{number}" if wish.client_id else "",
                after_id=previous.pk if previous is not None else None,
                begins=previous is None,
                making=making,
                title=prompt,
            )
            for number in range(wish.results)
        ]
        if masked is not None and wish.feather is not None:
            for response, is_new in asked:
                if is_new:
                    pixel_locks.plan(response, masked, feather=wish.feather)
        return [response for response, _is_new in asked]


def _masked(access: Access, wish: Wish) -> Masked | None:
    """Return the picture and its mask as a provider takes them. They are opened, so it is done before all else."""
    if not wish.mask:
        return None
    if not wish.parent:
        raise Refused(_("A mask is for changing a picture. Choose the picture."), code="mask")
    pixel_locks.feather_of(wish.feather)
    picture = wish.canvas or as_locked(_picture(access, wish.parent)).pk
    return masks.for_editing(access.user, picture, wish.mask)


def _first(parent: File | None, previous: Response | None, masked: Masked | None) -> str:
    """Return the id of the picture that is given before all others: the one to change, where the chain alone does not
    say which, or has another state of it; "" where it does.
    """
    if parent is None:
        return ""
    if masked is not None:
        return masked.picture.pk
    shown = as_locked(parent).pk
    said = previous is not None and _made(previous) == [shown]
    return "" if said else shown


def _picture(access: Access, file_id: str) -> File:
    """Return a picture of this conversation, or an upload of the person's own; raise `NotFound`."""
    file = accesses.file_for(access.user, file_id)
    here = file.conversation_id in (None, access.conversation.pk)
    if not here or not file.media_type.startswith("image/"):
        raise NotFound
    return file


def _chained(parent: File, wish: Wish) -> Response | None:
    """Return the response to go on from: the one that made the parent, if that has ended well.

    A partial image is what its own response did not end with, so it is given as a picture instead.
    """
    made = parent.response
    ended_well = made is not None and made.status == Response.Status.COMPLETED and made.deleted_at is None
    return made if ended_well and parent.purpose == File.Purpose.RESULT else None


def _given(access: Access, wish: Wish, maker: Maker, *, first: str) -> list[dict[str, Any]]:
    """Return the parts of the message that carry pictures."""
    ids = [*([first] if first else []), *(file_id for file_id in wish.references if file_id != first)]
    parts = files.attach(access, [{"file": file_id} for file_id in ids], model=maker.model)
    if any(part["type"] != "input_image" for part in parts):
        raise Refused(_("A reference is a picture. Remove the other files."), code="references")
    return parts


def _made(response: Response) -> list[str]:
    return made_in(item.payload for item in response.items.filter(direction="output").order_by("index"))


def restore(access: Access, file_id: str) -> Branch:
    """Make the version the conversation's main one: what is said next, here and in the chat, goes on from it."""
    access.require_writer()
    file = _version(access, file_id)
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        branch = Branch.objects.filter(conversation=conversation, head=file.response).order_by("-id").first()
        if branch is None:
            branch = Branch.objects.create(conversation=conversation, head=file.response, created_by=access.user)
        conversation.branch, conversation.activity_at = branch, timezone.now()
        events.record(conversation, Fact.Kind.CONVERSATION_UPDATED, changed=["branch", "activity_at"])
    return branch


def name(access: Access, file_id: str, given: str) -> None:
    """Give a version a name; an empty one takes it away."""
    access.require_writer()
    file = _version(access, file_id)
    given = " ".join(plain(given).split())
    if len(given) > LONGEST_NAME:
        raise Refused(_("A name has at most %(most)s characters.") % {"most": LONGEST_NAME}, code="name")
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        File.objects.filter(pk=file.pk).update(name=given)
        events.record(conversation, Fact.Kind.RESPONSE_UPDATED, response=file.response)


def like(access: Access, file_id: str, liked: bool) -> None:
    """Note that the person likes a version, or does not any more. Everybody who sees it may."""
    file = _version(access, file_id)
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        if liked:
            Favourite.objects.get_or_create(file=file, user=access.user)
        else:
            Favourite.objects.filter(file=file, user=access.user).delete()
        events.record(conversation, Fact.Kind.RESPONSE_UPDATED, response=file.response)


def _version(access: Access, file_id: str) -> File:
    """Return a picture that a response of this conversation made; raise `NotFound`."""
    file = _picture(access, file_id)
    if file.response is None or file.purpose != File.Purpose.RESULT:
        raise NotFound
    return file
