"""Who is in a conversation: invite, join, change a role, remove, leave, hand over. Shared by every door.

Whoever is taken out loses pages and files with the row, and open sockets within seconds (`watch`).
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import events
from conversations.access import Access
from conversations.errors import NotFound, Refused
from conversations.models import Conversation, Fact, Invitation, Membership, User
from conversations.models.audit import record
from conversations.models.fields import plain
from conversations.models.invitation import hashed, secret
from conversations.notices import telling
from conversations.site_settings import SHARE_LINKS

Role = Membership.Role
GIVEN = (Role.EDITOR, Role.COMMENTER, Role.VIEWER)
"""Roles that can be given. There is one owner, and only the owner hands that over."""
LASTS = timedelta(days=7)
MOST_MEMBERS = 1000
MOST_OPEN_INVITATIONS = 100


def add(access: Access, *, email: str, role: str) -> Membership:
    """Let a person of the team in, named by their address. Raise `Refused`; who is in already keeps their role."""
    access.require_owner()
    role = given_role(role)
    user = User.objects.filter(email__iexact=plain(email).strip(), is_active=True).first()
    if user is None:
        raise Refused("Nobody in the team has this address. An administrator can make an account first.", code="email")
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        return _enter(conversation, user, role, actor=access.user)


def invite(access: Access, *, role: str) -> tuple[Invitation, str]:
    """Return an invitation and its secret, for a link that lets one person of the team in, once, within a week."""
    access.require_owner()
    if not SHARE_LINKS.value:
        raise Refused("Links are switched off here. Add people by their address.", code="share_links", status=403)
    role = given_role(role)
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        if conversation.invitations.open().count() >= MOST_OPEN_INVITATIONS:
            raise Refused("There are too many open invitations. Withdraw some first.", code="invitations", status=429)
        given = secret()
        invitation = Invitation.objects.create(
            conversation=conversation,
            role=role,
            secret_hash=hashed(given),
            created_by=access.user,
            expires_at=timezone.now() + LASTS,
        )
        record("invitation.create", actor=access.user, object=conversation, details={"role": role})
    return invitation, given


def withdraw(access: Access, invitation_id: int) -> None:
    """Let an invitation open nothing any more. Withdrawing what is used or withdrawn does nothing."""
    access.require_owner()
    invitation = access.conversation.invitations.filter(pk=invitation_id).first() if invitation_id < 2**63 else None
    if invitation is None:
        raise NotFound
    with transaction.atomic():
        if Invitation.objects.open().filter(pk=invitation.pk).update(revoked_at=timezone.now()):
            record("invitation.withdraw", actor=access.user, object=access.conversation)


def accept(user: User, given: str) -> Conversation:
    """Let `user` in by an invitation; raise `NotFound` for one that is unknown, used, withdrawn or too old.

    Who is in already uses nothing up. Exactly one of several people at once gets in.
    """
    invitation = Invitation.objects.open().select_related("created_by").filter(secret_hash=hashed(given)).first()
    if invitation is None:
        raise NotFound
    with transaction.atomic():
        conversation = events.lock_undeleted(invitation.conversation_id)
        if conversation.memberships.filter(user=user).exists():
            return conversation
        if not conversation.memberships.filter(user=invitation.created_by_id, role=Role.OWNER).exists():
            raise NotFound  # who invited has no say here any more
        used = Invitation.objects.open().filter(pk=invitation.pk).update(used_at=timezone.now(), used_by=user)
        if not used:
            raise NotFound
        _enter(conversation, user, invitation.role, actor=user)
    return conversation


def enter_invited(conversation_id: str, user: User, role: str, *, by: User) -> None:
    """Let somebody in whom an owner asked to make an account first, unless that owner has no say there any more."""
    with transaction.atomic():
        conversation = events.lock(conversation_id)
        owns = conversation.memberships.filter(user=by, role=Role.OWNER).exists()
        if owns and conversation.deleted_at is None:
            _enter(conversation, user, given_role(role), actor=user)


def open_up(access: Access, *, audience: str, role: str) -> None:
    """Say who may join without an invitation, and as what. Who has joined stays in when it is closed again."""
    access.require_owner()
    role = given_role(role)
    if audience not in Conversation.Audience.values:
        raise Refused("audience is “members” or “team”.", code="audience")
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        conversation.audience, conversation.audience_role = audience, role
        events.record(conversation, Fact.Kind.CONVERSATION_UPDATED, changed=["audience", "audience_role"])
        details = {"scope": audience, "role": role}
        record("conversation.audience", actor=access.user, object=conversation, details=details)


def join(user: User, conversation: Conversation) -> Conversation:
    """Let `user` into a conversation of the whole team; raise `NotFound` for any other that they are not in."""
    with transaction.atomic():
        locked = events.lock_undeleted(conversation.pk)
        if not locked.memberships.filter(user=user).exists():
            if locked.audience != Conversation.Audience.TEAM:
                raise NotFound
            _enter(locked, user, locked.audience_role, actor=user)
    return locked


def change_role(access: Access, user_id: int, role: str) -> None:
    """Give a member another role."""
    access.require_owner()
    role = given_role(role)
    with transaction.atomic():
        conversation, membership = _member(access, user_id)
        if membership.is_owner:
            raise Refused("Hand the conversation over first; then your role can change.", code="owner", status=409)
        membership.role, membership.by_group = role, False  # what is given by name no group changes
        membership.save(update_fields=["role", "by_group"])
        _tell(conversation, membership.user)
        details = {"role": role, "user": membership.user_id}
        record("membership.change", actor=access.user, object=conversation, details=details)


def hand_over(access: Access, user_id: int) -> None:
    """Make another member the owner. Who was it becomes an editor."""
    access.require_owner()
    with transaction.atomic():
        conversation, heir = _member(access, user_id)
        if heir.user_id == access.user.pk:
            return
        if not heir.user.is_active:
            raise Refused("This account is suspended. Choose somebody else.", code="suspended", status=409)
        conversation.memberships.filter(role=Role.OWNER).update(role=Role.EDITOR)
        heir.role, heir.by_group = Role.OWNER, False
        heir.save(update_fields=["role", "by_group"])
        _tell(conversation, heir.user)
        _tell(conversation, access.user)
        details = {"role": Role.OWNER.value, "user": heir.user_id}
        record("membership.change", actor=access.user, object=conversation, details=details)


def remove(access: Access, user_id: int) -> None:
    """Take a member out; a member may take themselves out. The owner hands over before leaving."""
    if user_id != access.user.pk:
        access.require_owner()
    with transaction.atomic():
        conversation, membership = _member(access, user_id)
        if membership.is_owner:
            raise Refused(
                "You own this conversation. Hand it over before you leave, or delete it.", code="owner", status=409
            )
        if membership.by_group:
            words = _("They are here as one of a group. Take the group out, or them out of the group.")
            raise Refused(words, code="by_group", status=409)
        user = membership.user
        membership.delete()
        _tell(conversation, user)
        record("membership.remove", actor=access.user, object=conversation, details={"user": user.pk})


def given_role(role: str) -> str:
    if role not in GIVEN:
        raise Refused("role is “editor”, “commenter” or “viewer”.", code="role")
    return Role(role).value


def _member(access: Access, user_id: int) -> tuple[Conversation, Membership]:
    """Return the locked conversation and one of its memberships; raise `NotFound` for who is not in it."""
    conversation = events.lock_undeleted(access.conversation.pk)
    found = conversation.memberships.filter(user=user_id) if user_id < 2**63 else conversation.memberships.none()
    membership = found.select_related("user").first()
    if membership is None:
        raise NotFound
    return conversation, membership


def _enter(conversation: Conversation, user: User, role: str, *, actor: User) -> Membership:
    """Make a person a member of a conversation that the caller has locked."""
    if known := conversation.memberships.filter(user=user).first():
        if known.by_group:  # from now on in their own name, whatever becomes of the group
            known.by_group = False
            known.save(update_fields=["by_group"])
        return known
    if conversation.memberships.count() >= MOST_MEMBERS:
        raise Refused(f"{MOST_MEMBERS:,} people are in this conversation, and no more fit.", code="full", status=409)
    membership = Membership.objects.create(
        conversation=conversation,
        user=user,
        role=role,
        activity_at=conversation.activity_at,
        read_position=conversation.position,
    )
    _tell(conversation, user)
    telling.let_in(membership, by=actor)
    record("membership.add", actor=actor, object=conversation, details={"role": role, "user": user.pk})
    return membership


def _tell(conversation: Conversation, user: User) -> None:
    events.record(conversation, Fact.Kind.MEMBERS_UPDATED, person=user)
