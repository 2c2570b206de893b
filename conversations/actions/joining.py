"""How a new person comes in: by a letter to their address, which proves that it is theirs. Nobody makes an account
without one, but for administrators and the company's provider."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.access import Access
from conversations.actions import members
from conversations.errors import NotFound, Refused
from conversations.models import AccountInvitation, Membership, User
from conversations.models.audit import record
from conversations.models.fields import plain
from conversations.models.invitation import hashed, secret
from conversations.site_settings import MEMBERS_INVITE, SIGNUP, SIGNUP_DOMAINS

log = structlog.get_logger(__name__)

LASTS = timedelta(days=7)
KEPT = timedelta(days=30)
"""What was used or has lapsed is forgotten then, and the address with it."""
MOST_OPEN = 200
MOST_AN_HOUR = 60
"""Letters that one person can have sent: Salon must not become somebody's way to send mail to strangers."""
MAKE_ACCOUNTS = "conversations.add_user"
Link = Callable[[str], str]
"""Turns a secret into the address that the letter leads to."""


def may_invite(user: User) -> bool:
    """Whether a person may invite others into the team: who may make accounts, or everybody where that is allowed."""
    return SIGNUP.value != "closed" and (MEMBERS_INVITE.value or user.has_perm(MAKE_ACCOUNTS))


def invite(user: User, *, email: str, link: Link, access: Access | None = None, role: str = "") -> str:
    """Send an invitation to an address; return its link, which only who may make accounts is to see.

    With `access` the new person finds that conversation, as `role`. Raise `Refused`.
    """
    if not may_invite(user):
        raise Refused(_("Only administrators invite people here."), code="not_yours", status=403)
    email = _address(email)
    if User.objects.filter(email__iexact=email).exists():
        raise Refused(_("There is an account with this address already."), code="email", status=409)
    with transaction.atomic():
        if AccountInvitation.objects.open().filter(created_by=user).count() >= MOST_OPEN:
            raise Refused(_("You have too many open invitations. Withdraw some first."), code="many", status=429)
        lately = timezone.now() - timedelta(hours=1)
        if AccountInvitation.objects.filter(created_by=user, created_at__gt=lately).count() >= MOST_AN_HOUR:
            raise Refused(_("You have sent many letters within an hour. Go on later."), code="many", status=429)
        given = _new(email, by=user, access=access, role=role)
        record("user.invite", actor=user, object=access.conversation if access else None)
    _send(email, link(given), by=user)
    return link(given)


def let_in(access: Access, *, email: str, role: str, link: Link) -> Membership | None:
    """Let somebody into a conversation by their address; return None where they are asked to make an account first."""
    try:
        return members.add(access, email=email, role=role)
    except Refused as error:
        if error.code != "email" or not may_invite(access.user):
            raise
    invite(access.user, email=email, link=link, access=access, role=role)
    return None


def ask(email: str, *, link: Link) -> None:
    """Send a letter to somebody of our domains who asks for an account. What comes of it only the letter tells."""
    email = _address(email)
    if SIGNUP.value != "domains" or email.rpartition("@")[2].lower() not in domains():
        raise Refused(_("Addresses like this get no account here. Ask an administrator for one."), code="domain")
    if User.objects.filter(email__iexact=email).exists():
        _send(email, link(""), template="known")
        return
    with transaction.atomic():
        AccountInvitation.objects.open().filter(email__iexact=email, created_by=None).update(revoked_at=timezone.now())
        given = _new(email)
    _send(email, link(given))


def domains() -> set[str]:
    return {line.lower().lstrip("@") for line in SIGNUP_DOMAINS.value}


def found(given: str) -> AccountInvitation:
    """Return the open invitation of a secret; raise `NotFound`, also where nobody may join any more."""
    rows = AccountInvitation.objects.open().select_related("created_by", "conversation")
    invitation = rows.filter(secret_hash=hashed(given)).first()
    if invitation is None or not _still_stands(invitation):
        raise NotFound
    return invitation


def accept(given: str, *, name: str, password: str | None) -> User:
    """Make the account that an invitation is for, once; raise `NotFound` or `Refused`."""
    invitation = found(given)
    try:
        with transaction.atomic():
            user = User.objects.create_user(invitation.email, password, name=plain(name).strip()[:80])
            _use(invitation, user)
            record("user.create", actor=invitation.created_by, object=user, details={"source": "invitation"})
            _enter(invitation, user)
    except IntegrityError:
        raise Refused(_("There is an account with this address already. Sign in."), code="email", status=409) from None
    return user


def welcome(given: str, email: str) -> bool:
    """Whether somebody with this verified address, who comes through the company, was invited by this secret."""
    try:
        return found(given).email.casefold() == email.casefold()
    except NotFound:
        return False


def accepted(given: str, user: User) -> None:
    """Use an invitation up for somebody whose account was made on the way through the company."""
    invitation = found(given)
    _use(invitation, user)
    _enter(invitation, user)


def withdraw(user: User, invitation_id: int) -> None:
    """Let an invitation open nothing any more: one's own, or any for who may make accounts."""
    rows = AccountInvitation.objects.filter(pk=invitation_id) if invitation_id < 2**63 else None
    if rows is not None and not user.has_perm(MAKE_ACCOUNTS):
        rows = rows.filter(created_by=user)
    if rows is None or not rows.exists():
        raise NotFound
    with transaction.atomic():
        if rows.filter(used_at=None, revoked_at=None).update(revoked_at=timezone.now()):
            record("user.uninvite", actor=user)


def _address(given: str) -> str:
    email = plain(given).strip()
    try:
        validate_email(email)
    except ValidationError:
        email = ""
    if not email or len(email) > 254:
        raise Refused(_("This is no e-mail address. Correct it."), code="address")
    return email


def _new(email: str, *, by: User | None = None, access: Access | None = None, role: str = "") -> str:
    now = timezone.now()
    AccountInvitation.objects.filter(expires_at__lt=now - KEPT).delete()
    given = secret()
    AccountInvitation.objects.create(
        email=email,
        secret_hash=hashed(given),
        conversation=access.conversation if access else None,
        role=role if access else "",
        created_by=by,
        expires_at=now + LASTS,
    )
    return given


def _send(email: str, link: str, *, by: User | None = None, template: str = "invitation") -> None:
    body = render_to_string(f"joining/{template}.txt", {"link": link, "by": by})
    try:
        send_mail(_("Your way into Salon"), body, None, [email])
    except OSError as error:  # smtplib's errors are among them
        log.warning("letter_not_sent", error=type(error).__name__)
        raise Refused(_("The letter could not be sent. Try again later."), code="letter", status=503) from error


def _still_stands(invitation: AccountInvitation) -> bool:
    if invitation.created_by is None:
        return SIGNUP.value == "domains" and invitation.email.rpartition("@")[2].lower() in domains()
    return invitation.created_by.is_active and may_invite(invitation.created_by)


def _use(invitation: AccountInvitation, user: User) -> None:
    rows = AccountInvitation.objects.open().filter(pk=invitation.pk)
    if not rows.update(used_at=timezone.now(), used_by=user):
        raise NotFound


def _enter(invitation: AccountInvitation, user: User) -> None:
    """Let the new person into the conversation, if who invited still has that say there."""
    if invitation.conversation_id and invitation.created_by:
        members.enter_invited(invitation.conversation_id, user, invitation.role, by=invitation.created_by)
