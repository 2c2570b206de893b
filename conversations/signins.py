"""Sign-ins, sign-outs and changed passwords become entries of the audit log, whichever door they came through.

Django and allauth tell of them by signals; these are the only listeners.
"""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed
from allauth.socialaccount.signals import social_account_added
from allauth.usersessions.models import UserSession
from django.contrib.auth import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from conversations.models import User
from conversations.models.audit import AuditEntry, record
from conversations.models.fields import plain


@receiver(user_logged_in)
def signed_in(sender: Any, user: User, **_: Any) -> None:
    record("auth.sign_in", actor=user, object=user)


@receiver(user_logged_out)
def signed_out(sender: Any, user: User | None, **_: Any) -> None:
    if user is not None:
        record("auth.sign_out", actor=user, object=user)


@receiver(user_login_failed)
def failed_to_sign_in(sender: Any, credentials: dict[str, Any], **_: Any) -> None:
    """What was typed is not kept: people type their password into the wrong field."""
    email = plain(str(credentials.get("email") or credentials.get("username") or ""))
    user = User.objects.filter(email__iexact=email).first() if email else None
    record("auth.sign_in", actor=None, object=user, outcome=AuditEntry.Outcome.FAILURE)


@receiver([password_changed, password_set, password_reset])
def has_new_password(sender: Any, user: User, request: HttpRequest, **_: Any) -> None:
    """Sessions from before open nothing any more; they leave the list as well."""
    for session in UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key or ""):
        session.end()
    record("user.password_change", actor=user, object=user)


@receiver(authenticator_added)
def has_another_factor(sender: Any, user: User, authenticator: Any, request: HttpRequest, **_: Any) -> None:
    """To set one up is to show it: this session needs no more. The person's others do."""
    record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
    record("user.factor_add", actor=user, object=user, details={"kind": authenticator.type})


@receiver(authenticator_removed)
def has_a_factor_less(sender: Any, user: User, authenticator: Any, **_: Any) -> None:
    record("user.factor_remove", actor=user, object=user, details={"kind": authenticator.type})


@receiver(authentication_failed)
def failed_at_the_second_factor(sender: Any, user: User, authenticator: Any, **_: Any) -> None:
    failure = AuditEntry.Outcome.FAILURE
    record("auth.second_factor", actor=None, object=user, outcome=failure, details={"kind": authenticator.type})


@receiver(social_account_added)
def has_linked_an_account(sender: Any, sociallogin: Any, **_: Any) -> None:
    record("user.link", actor=sociallogin.user, object=sociallogin.user, details={"source": "openid"})
