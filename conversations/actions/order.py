"""How people order conversations: folders of their own, folders of the team, tags."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from conversations import events
from conversations.access import Access
from conversations.errors import Refused
from conversations.models import Conversation, Folder, Membership, Tag, User
from conversations.models.fields import plain
from conversations.models.order import LONGEST_NAME

MOST_FOLDERS = 50
"""Of one person, and as many that the team shares."""
MOST_TAGS = 10
LONGEST_TAG = 40


def make_folder(user: User, *, name: str, shared: bool) -> Folder:
    """Make a folder of the person's own, or one for the team. Raise `Refused`."""
    name = _name(name)
    alike = Folder.objects.filter(shared=True) if shared else Folder.objects.filter(owner=user, shared=False)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if alike.count() >= MOST_FOLDERS:
            raise Refused(f"There are {MOST_FOLDERS} folders already. Delete one first.", code="folders", status=409)
        if alike.filter(name__iexact=name).exists():
            raise Refused("There is a folder of this name already.", code="name", status=409)
        return Folder.objects.create(owner=user, name=name, shared=shared)


def rename_folder(user: User, folder: Folder, name: str) -> None:
    """Give a folder another name. Who made it may, and of the team's any administrator."""
    _require_owner(user, folder)
    folder.name = _name(name)
    folder.save(update_fields=["name"])


def delete_folder(user: User, folder: Folder) -> None:
    """Delete a folder. What lies in it stays where else it is listed."""
    _require_owner(user, folder)
    with transaction.atomic():
        Conversation.objects.filter(folder=folder).update(folder=None)
        Membership.objects.filter(folder=folder).update(folder=None)
        folder.delete()


def file_under(access: Access, folder: Folder) -> None:
    """Put the conversation in a folder: the team's for everybody, which takes a writer, or the member's own."""
    _file(access, folder, shared=folder.shared)


def take_out(access: Access, *, shared: bool) -> None:
    """Take the conversation out of the team's folder, or out of the member's own."""
    _file(access, None, shared=shared)


def _file(access: Access, folder: Folder | None, *, shared: bool) -> None:
    if not shared:
        Membership.objects.filter(pk=access.membership.pk).update(folder=folder)
        return
    if access.conversation.folder_id == (folder.pk if folder else None):
        return
    access.require_writer()
    with transaction.atomic():
        events.lock_undeleted(access.conversation.pk)
        Conversation.objects.filter(pk=access.conversation.pk).update(folder=folder)


def tag(access: Access, names: Iterable[str]) -> list[str]:
    """Give the conversation these tags in the place of those that it has; return them. Raise `Refused`."""
    wanted = sorted({word for name in names if (word := " ".join(plain(name).lower().split()))})
    if any(len(name) > LONGEST_TAG for name in wanted):
        raise Refused(f"A tag has at most {LONGEST_TAG} characters.", code="tags")
    if len(wanted) > MOST_TAGS:
        raise Refused(f"A conversation has at most {MOST_TAGS} tags.", code="tags")
    if wanted == sorted(access.conversation.tags.values_list("name", flat=True)):
        return wanted
    access.require_writer()
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        conversation.tags.exclude(name__in=wanted).delete()
        known = set(conversation.tags.values_list("name", flat=True))
        Tag.objects.bulk_create(Tag(conversation=conversation, name=name) for name in wanted if name not in known)
    return wanted


def _name(name: str) -> str:
    name = " ".join(plain(name).split())
    if not name:
        raise Refused("A folder needs a name.", code="name")
    if len(name) > LONGEST_NAME:
        raise Refused(f"A name of a folder has at most {LONGEST_NAME} characters.", code="name")
    return name


def _require_owner(user: User, folder: Folder) -> None:
    if folder.owner_id != user.pk and not (folder.shared and user.is_staff):
        raise Refused("Who made this folder can change it, and an administrator.", code="owner_only", status=403)
