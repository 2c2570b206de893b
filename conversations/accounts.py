"""How allauth is used here."""

from __future__ import annotations

from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from conversations import confirming
from conversations.actions import identities
from conversations.actions.identities import INVITED
from conversations.errors import Refused
from conversations.models import User
from conversations.sealing import seal, unseal

log = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """How allauth is used here: sign-in by e-mail, accounts by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("settings")

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Who came in through the company is told that they are still signed in there."""
        methods = [used["method"] for used in get_authentication_records(request, request.user)]
        return reverse("openid_left") if "socialaccount" in methods else super().get_logout_redirect_url(request)

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Who has no password because the company's provider lets them in, or does not, shall not get one here."""
        through_company = not user.has_usable_password() and SocialAccount.objects.filter(user=user).exists()
        prefix = "account/email/no_password" if through_company else "account/email/password_reset_key"
        self.send_mail(prefix, email, context)

    def is_reauthentication_required(self, *, app: str, **options: Any) -> bool:
        """allauth never asks who has neither a password nor a factor here. The company's provider asks them."""
        request = context.request
        if not confirming.has_own_way(request.user) and not confirming.company_asked(request.session):
            raise ReauthenticationRequired
        return True

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if methods or settings.SALON_OPENID is None or not SocialAccount.objects.filter(user=user).exists():
            return methods
        return [{"id": "company", "description": settings.SALON_OPENID.name, "url": reverse("openid_confirm")}]

    def format_email_subject(self, subject: str) -> str:
        return subject


class FactorAdapter(DefaultMFAAdapter):
    """Authenticator apps, recovery codes and passkeys."""

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return str(unseal(encrypted_text))

    def build_totp_svg(self, url: str) -> SafeString:
        """Return the QR code as it can stand in a page: the library's drawing without the prolog of a file."""
        drawing: str = super().build_totp_svg(url)
        return mark_safe(drawing.partition("?>")[2])  # noqa: S308

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return gettext("Passkey of %(day)s") % {"day": formats.date_format(timezone.localdate(), "j M Y")}


class IdentityAdapter(DefaultSocialAccountAdapter):
    """People who come in through the company's provider."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Find or make the account of who signs in; allauth's own ways to make one are not used."""
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            return  # the person who is signed in says that it is theirs, too
        try:
            invitation = request.session.pop(INVITED, "")
            identity = sociallogin.provider.identity
            sociallogin.user = identities.signed_in(sociallogin.account, identity, invitation=invitation)
        except Refused as error:
            page = render(request, "socialaccount/refused.html", {"sentence": error.sentence}, status=error.status)
            raise ImmediateHttpResponse(page) from error

    def on_authentication_error(self, request: HttpRequest, provider: Any, **failure: Any) -> None:
        log.warning("openid_failed", reason=str(failure.get("exception") or failure.get("error") or "")[:200])

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: SocialAccount) -> str:
        return f"{reverse('settings')}#sessions"

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False
