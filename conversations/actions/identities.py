"""Accounts of people who sign in through the company's provider: found, made, linked, and given their groups.

An account belongs to an issuer and a subject. An address finds nobody: it can change, and come to somebody else.
"""

from __future__ import annotations

import structlog
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from conversations.actions import joining
from conversations.errors import Refused
from conversations.models import User
from conversations.models.audit import record
from conversations.models.fields import plain
from conversations.openid.company import ADMINISTRATORS, ID, Company, Identity, mapped
from conversations.openid.provider import the_company

log = structlog.get_logger(__name__)

INVITED = "salon.invitation"
"""Where a session keeps the secret of an invitation while its holder goes through the company's sign-in."""


def signed_in(account: SocialAccount, identity: Identity, *, invitation: str = "") -> User:
    """Return the person who signs in, with an account and the groups that the provider says they are in.

    `account` is allauth's row of the identity, saved or not. Raise `Refused` for who may not come in.
    """
    if account.pk is None:
        try:
            with transaction.atomic():
                user = _enter(account, identity, invitation)
        except IntegrityError:  # somebody was made with this identity, or this address, at the same moment
            known = SocialAccount.objects.filter(provider=ID, uid=account.uid).first()
            if known is None:
                raise _taken() from None
            user = known.user
    else:
        user = account.user
    if user.is_active:
        with transaction.atomic():
            _follow(User.objects.select_for_update().get(pk=user.pk), identity)
    return user


def _enter(account: SocialAccount, identity: Identity, invitation: str) -> User:
    """Link an unknown identity to an account that was made for it, or that the operator's word opens to it."""
    company = the_company()
    email = _address(identity)
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        invited = joining.welcome(invitation, email)
        if not invited:
            _require_welcome(company, email)
        user = User.objects.create_user(email, name=plain(identity.name).strip()[:80])
        record("user.create", actor=None, object=user, details={"source": "openid"})
        if invited:
            joining.accepted(invitation, user)
    elif not company.links_by_email or SocialAccount.objects.filter(user=user, provider=ID).exists():
        raise _taken()
    account.user = user
    account.save()
    record("user.link", actor=user, object=user, details={"source": "openid"})
    return user


def _address(identity: Identity) -> str:
    email = plain(identity.email).strip()
    try:
        validate_email(email)
    except ValidationError:
        email = ""
    if not email or len(email) > 254:
        raise Refused(_("Your account there has no e-mail address, and one is needed here."), code="email", status=403)
    if not identity.email_verified:
        raise Refused(
            _("Your e-mail address is not verified there, so it cannot be yours here yet."), code="email", status=403
        )
    return email


def _require_welcome(company: Company, email: str) -> None:
    if not company.creates:
        raise Refused(
            _("There is no account for you here yet. Ask your administrator for one."), code="unknown", status=403
        )
    if company.domains and email.rpartition("@")[2].lower() not in company.domains:
        raise Refused(
            _("Addresses like yours get no account here. Ask your administrator for one."), code="unknown", status=403
        )


def disconnect(user: User) -> None:
    """Part an account from the company's; raise `Refused` where nothing else would let its owner in."""
    if not user.has_usable_password():
        raise Refused(_("This is your only way in: your account has no password."), code="only_way", status=409)
    with transaction.atomic():
        if SocialAccount.objects.filter(user=user, provider=ID).delete()[0]:
            record("user.unlink", actor=user, object=user, details={"source": "openid"})


def _taken() -> Refused:
    return Refused(
        _(
            "There is an account with your address already. If it is yours, sign in to it with its password, and "
            "connect the company’s account in the settings."
        ),
        code="taken",
        status=403,
    )


def _follow(user: User, identity: Identity) -> None:
    """Bring name and groups up to what the provider says now."""
    changed = []
    name = plain(identity.name).strip()[:80]
    if name and not user.name:
        user.name = name
        user.save(update_fields=["name"])
        changed.append("name")
    company = the_company()
    if company.groups:
        changed += _regroup(user, company, identity)
    if changed:
        record("user.update", actor=user, object=user, details={"changed": sorted(changed), "source": "openid"})


def _regroup(user: User, company: Company, identity: Identity) -> list[str]:
    """Put a person into the mapped groups that are theirs, and out of the others. Other groups are left alone."""
    changed, theirs = [], mapped(company, identity)
    targets = set(company.groups.values()) - {ADMINISTRATORS}
    groups = {name: Group.objects.get_or_create(name=name)[0] for name in sorted(targets)}
    wanted = {groups[name].pk for name in theirs - {ADMINISTRATORS}}
    managed = {group.pk for group in groups.values()}
    has = set(user.groups.filter(pk__in=managed).values_list("pk", flat=True))
    if wanted != has:
        user.groups.add(*(wanted - has))
        user.groups.remove(*(has - wanted))
        changed.append("groups")
    if ADMINISTRATORS in company.groups.values():
        rules = ADMINISTRATORS in theirs
        if user.is_superuser and not rules and not _another_administrator(user):
            log.warning("last_administrator_kept", user=user.pk)
        elif user.is_superuser != rules:
            user.is_superuser = rules
            changed.append("is_superuser")
    # Who has powers may come into the administration, and nobody else
    powers = Permission.objects.filter(Q(group__user=user) | Q(user=user)).exists()
    if user.is_staff != (user.is_superuser or powers):
        user.is_staff = not user.is_staff
        changed.append("is_staff")
    user.save(update_fields=["is_superuser", "is_staff"])
    return changed


def _another_administrator(user: User) -> bool:
    return User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk).exists()
