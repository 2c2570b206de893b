"""The doors of the company's sign-in: to its provider, back from it, and out."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlencode

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.views import password_set
from allauth.decorators import rate_limit
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from conversations import confirming
from conversations.actions import identities
from conversations.confirming import CONFIRMED
from conversations.errors import Refused
from conversations.openid import exchange
from conversations.openid.company import ID
from conversations.openid.provider import CONFIRM, CompanyAdapter, the_company
from conversations.views.json import SignedInRequest


@require_POST
@never_cache
@rate_limit(action="login")  # type: ignore[untyped-decorator]
def login(request: HttpRequest) -> HttpResponse:
    """Lead to the provider: to sign in, or with `process=connect` to connect the account that is signed in."""
    the_company()
    begin = _begin
    if request.POST.get("process") == AuthProcess.CONNECT:
        begin = login_required(reauthentication_required(_begin))
    return begin(request)


def _begin(request: HttpRequest) -> HttpResponse:
    provider = CompanyAdapter(request, ID).get_provider()
    try:
        answer: HttpResponse = provider.redirect_from_request(request)
    except exchange.OpenIDError as error:
        return failed(request, error)
    return answer


def failed(request: HttpRequest, error: exchange.OpenIDError) -> HttpResponse:
    provider = CompanyAdapter(request, ID).get_provider()
    answer: HttpResponse = render_authentication_error(request, provider, exception=error)
    return answer


class Callback(OAuth2CallbackView):
    adapter: CompanyAdapter

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[Any, Any]:
        state, response = super()._get_state(request, provider)
        self.adapter.state = state
        return state, response


@require_safe
@never_cache
def callback(request: HttpRequest) -> HttpResponse:
    """Take who comes back. What the provider says is believed only when all of it fits what was asked."""
    the_company()
    adapter, began = CompanyAdapter(request, ID), time.time()
    answer: HttpResponse = Callback.adapter_view(adapter)(request)
    if adapter.login is not None and adapter.state.get("confirms") and _has_signed_in(request, adapter.login, began):
        request.session[CONFIRMED] = time.time()
    return answer


def _has_signed_in(request: HttpRequest, login: Any, began: float) -> bool:
    """Whether this very request has signed in who the provider named: a refusal leaves the old session as it was."""
    records = get_authentication_records(request, request.user)
    latest = records[-1] if records else {}
    return bool(login.user == request.user and latest.get("method") == "socialaccount" and latest["at"] >= began)


@require_safe
@login_required
@never_cache
def confirm(request: SignedInRequest) -> HttpResponse:
    """Ask who has only the company's account to sign in there once more."""
    return render(
        request, "socialaccount/confirm.html", {"name": the_company().name, "purpose": CONFIRM, "next": _back(request)}
    )


def _back(request: HttpRequest) -> str:
    """Return where to go on: at the page of the form that was sent, which has to be sent again."""
    held = request.session.pop(STATE_SESSION_KEY, None) or {}
    sent = json.loads(held["request"]) if "request" in held else {}
    back = sent["META"].get("HTTP_REFERER", "") if sent else request.GET.get("next", "")
    known = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return back if known else reverse("settings")


@require_safe
@never_cache
def left(request: HttpRequest) -> HttpResponse:
    """Say that one has left Salon, and lead to the provider's own sign-out."""
    company = the_company()
    try:
        address = exchange.metadata(company).get("end_session_endpoint")
    except exchange.OpenIDError:
        address = None
    query = {"client_id": company.client_id, "post_logout_redirect_uri": request.build_absolute_uri("/")}
    usable = isinstance(address, str) and address.startswith(("https://", "http://"))
    shown = {"name": company.name, "address": f"{address}?{urlencode(query)}" if usable else ""}
    return render(request, "socialaccount/left.html", shown)


@require_POST
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]
def disconnect(request: SignedInRequest) -> HttpResponse:
    """Part the account from the company's."""
    the_company()
    try:
        identities.disconnect(request.user)
    except Refused as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, _("The company’s account opens this one no more."))
    return redirect("settings")


@login_required
@never_cache
def set_password(request: SignedInRequest) -> HttpResponse:
    """allauth's page for who has no password yet. Who comes through the company's provider shall not need it."""
    if not request.user.has_usable_password() and SocialAccount.objects.filter(user=request.user).exists():
        messages.error(request, _("Your company’s account lets you in; there is no password here."))
        return redirect("settings")
    if (asked := confirming.ask_first(request)) is not None:
        return asked
    answer: HttpResponse = password_set(request)
    return answer
