"""Sign-ins, sign-outs and changed passwords become entries of the audit log, whichever door they came through.

Django and allauth tell of them by signals; these are the only listeners.
"""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.socialaccount.signals import social_account_added
from django.contrib.auth import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

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
def has_new_password(sender: Any, user: User, **_: Any) -> None:
    record("user.password_change", actor=user, object=user)


@receiver(social_account_added)
def has_linked_an_account(sender: Any, sociallogin: Any, **_: Any) -> None:
    record("user.link", actor=sociallogin.user, object=sociallogin.user, details={"source": "openid"})
