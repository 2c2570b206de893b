"""The page of a person's settings, which several forms write."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from conversations.forms import KeyForm, ProfileForm
from conversations.models import Key, Notice, User
from conversations.models.notice import digest_of
from conversations.notices.choices import choice_rows
from conversations.notices.push import public_key
from conversations.sessions import places


def settings_page(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    """Return the page; `context` are the forms that were refused, and what has just been made."""
    assert isinstance(request.user, User)
    person = User.objects.get(pk=request.user.pk)  # a copy: what is refused must not show in the sidebar
    shown = {
        "form": ProfileForm(instance=person),
        "key_form": KeyForm(),
        "keys": Key.objects.alive().filter(user=person).order_by("-created_at", "-id"),
        "identity": SocialAccount.objects.filter(user=person).first() if settings.SALON_OPENID else None,
        "notice_rows": choice_rows(person),
        "digests": Notice.Digest.choices,
        "digest": digest_of(person),
        "push_key": public_key(),
        "places": places(person, request.session.session_key),
        "factors": Authenticator.objects.filter(user=person).exclude(type=Authenticator.Type.RECOVERY_CODES).count(),
        "base_url": request.build_absolute_uri("/openai/v1/"),
    }
    return render(request, "settings.html", shown | context, status=status)
