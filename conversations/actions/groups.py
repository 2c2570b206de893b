"""Groups of people in conversations. Who joins a group is in its conversations at once, and out when they leave it.

What somebody has in their own name, or was given by name, no group changes. Of several groups the highest role counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, pre_delete
from django.dispatch import receiver
from django.utils.translation import gettext as _

from conversations import events
from conversations.access import Access
from conversations.actions.members import GIVEN, MOST_MEMBERS, given_role
from conversations.errors import NotFound, Refused
from conversations.models import Conversation, Fact, GroupAccess, Membership, User
from conversations.models.audit import record
from conversations.notices import telling

MOST_GROUPS = 50
ONE_BY_ONE = 50
"""Changes of members that are told one by one; more of them at once are one piece of news, and no notices."""


def add(access: Access, *, group_id: str, role: str) -> Group:
    """Let a group of the team in; one that is in already gets the role. Raise `Refused` or `NotFound`."""
    access.require_owner()
    role = given_role(role)
    group = Group.objects.filter(pk=int(group_id)).first() if group_id.isascii() and group_id.isdigit() else None
    if group is None or len(group_id) > 18:
        raise Refused(_("Choose a group of the list."), code="group")
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        known = conversation.groups.filter(group=group)
        if not known.update(role=role):
            if conversation.groups.count() >= MOST_GROUPS:
                raise Refused(_("There are too many groups in this conversation."), code="groups", status=409)
            GroupAccess.objects.create(conversation=conversation, group=group, role=role, added_by=access.user)
        if len(_wanted(conversation)) + conversation.memberships.filter(by_group=False).count() > MOST_MEMBERS:
            sentence = _("With this group more than %(most)s people would be in this conversation.")
            raise Refused(sentence % {"most": f"{MOST_MEMBERS:,}"}, code="full", status=409)
        _settle(conversation, by=access.user)
        record("group.let_in", actor=access.user, object=conversation, details={"group": group.pk, "role": role})
    return group


def remove(access: Access, group_id: int) -> None:
    """Take a group out; who is in only by it is out too."""
    access.require_owner()
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        rows = conversation.groups.filter(group=group_id) if group_id < 2**63 else conversation.groups.none()
        if not rows.delete()[0]:
            raise NotFound
        _settle(conversation)
        record("group.take_out", actor=access.user, object=conversation, details={"group": group_id})


def _wanted(conversation: Conversation) -> dict[int, str]:
    """Return who is in by a group, with the highest of their roles."""
    rows = conversation.groups.filter(group__user__isnull=False).values_list("group__user", "role")
    wanted: dict[int, str] = {}
    for user, role in rows:
        if user not in wanted or GIVEN.index(Membership.Role(role)) < GIVEN.index(Membership.Role(wanted[user])):
            wanted[user] = role
    return wanted


def _settle(conversation: Conversation, *, by: User | None = None) -> None:
    """Make the memberships of a locked conversation what its groups say."""
    wanted = _wanted(conversation)
    has = {membership.user_id: membership for membership in conversation.memberships.all()}
    gone = [row for row in has.values() if row.by_group and row.user_id not in wanted]
    other = [row for row in has.values() if row.by_group and wanted.get(row.user_id, row.role) != row.role]
    new = [
        Membership(
            conversation=conversation,
            user_id=user,
            role=role,
            by_group=True,
            activity_at=conversation.activity_at,
        )
        for user, role in wanted.items()
        if user not in has
    ]
    for row in other:
        row.role = wanted[row.user_id]
    Membership.objects.filter(pk__in=[row.pk for row in gone]).delete()
    Membership.objects.bulk_update(other, ["role"])
    Membership.objects.bulk_create(new)
    changed = [row.user_id for row in (*gone, *other, *new)]
    if len(changed) > ONE_BY_ONE:
        events.record(conversation, Fact.Kind.MEMBERS_UPDATED)
        return
    for person in User.objects.filter(pk__in=changed):
        events.record(conversation, Fact.Kind.MEMBERS_UPDATED, person=person)
    if by is not None:
        for row in new:
            telling.let_in(row, by=by)


def follow(conversations: Iterable[str]) -> None:
    """Let conversations follow their groups, which have other people now."""
    for conversation_id in sorted(set(conversations)):
        with transaction.atomic():
            conversation = events.lock(conversation_id)
            if conversation.deleted_at is None:
                _settle(conversation)


@receiver(m2m_changed, sender=User.groups.through)
def people_have_changed(sender: Any, instance: Any, action: str, pk_set: set[int] | None, **_: Any) -> None:
    """Whichever door changed a group: the administration, the company's provider, a program of the operator's."""
    if action not in {"post_add", "post_remove", "post_clear"}:
        return
    if isinstance(instance, Group):
        follow(_of_groups([instance.pk]))
    elif pk_set is not None:
        follow(_of_groups(pk_set))
    else:
        follow(Membership.objects.filter(user=instance, by_group=True).values_list("conversation_id", flat=True))


@receiver(pre_delete, sender=Group)
def a_group_goes(sender: Any, instance: Any, **_: Any) -> None:
    instance.was_in = list(_of_groups([instance.pk]))


@receiver(post_delete, sender=Group)
def a_group_is_gone(sender: Any, instance: Any, **_: Any) -> None:
    follow(instance.was_in)


def _of_groups(groups: Iterable[int]) -> Iterable[str]:
    return GroupAccess.objects.filter(group__in=list(groups)).values_list("conversation_id", flat=True)
