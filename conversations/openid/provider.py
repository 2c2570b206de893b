"""allauth's provider of OpenID Connect, as we use it: PKCE, a nonce, nothing that the browser can add."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from allauth.socialaccount.models import SocialToken
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from conversations.openid import exchange, tokens
from conversations.openid.company import Company, Identity

CONFIRM = "confirm"
"""The purpose of a sign-in by which somebody who is signed in shows once more who they are."""


def the_company() -> Company:
    """Return the provider; raise `Http404` where the operator has named none."""
    if settings.SALON_OPENID is None:
        raise Http404
    return settings.SALON_OPENID


class CompanyAdapter(OpenIDConnectOAuth2Adapter):
    """A sign-in that is going on. `state` is what was kept of its beginning."""

    state: dict[str, Any]
    login: Any = None
    """Who the provider says it is, once that is verified."""

    @property
    def company(self) -> Company:
        return the_company()

    @property
    def openid_config(self) -> dict[str, Any]:
        return exchange.metadata(self.company)

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return request.build_absolute_uri(reverse("openid_connect_callback"))

    def get_access_token_data(
        self, request: HttpRequest, app: Any, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        if request.GET.get("iss", self.company.issuer) != self.company.issuer:
            raise exchange.OpenIDError("another provider answered")  # RFC 9207: mixed up
        return exchange.redeem(
            self.company,
            code=request.GET["code"],
            verifier=pkce_code_verifier or "",
            callback=self.get_callback_url(request, app),
        )

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        return SocialToken()  # nothing is asked of the provider later, so no token is kept

    def complete_login(self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any) -> Any:
        answer: dict[str, Any] = kwargs["response"]
        claims = tokens.verified(
            self.company,
            answer.get("id_token"),
            nonce=self.state["nonce"],
            keys=lambda: exchange.keys(self.company),
        )
        if self.state.get("confirms"):
            tokens.require_asked_again(claims)
        more: dict[str, Any] = {}
        if "email" not in claims or (self.company.groups and self.company.groups_claim not in claims):
            access_token = answer.get("access_token")
            more = exchange.userinfo(self.company, access_token if isinstance(access_token, str) else "")
        self.login = self.get_provider().sociallogin_from_response(request, tokens.identity(self.company, claims, more))
        return self.login


class CompanyProvider(OpenIDConnectProvider):
    """The one provider. It has fixed addresses, so allauth's with the provider's name are not used."""

    oauth2_adapter_class = CompanyAdapter
    pkce_enabled_default = True

    def redirect_from_request(self, request: HttpRequest) -> HttpResponse:
        """Begin; of what the browser sends only the purpose and the page to come back to count."""
        given = self.get_redirect_from_request_kwargs(request)
        connects = given["process"] == AuthProcess.CONNECT
        return self.redirect(
            request,
            AuthProcess.CONNECT if connects else AuthProcess.LOGIN,
            next_url=given.get("next_url"),
            confirms=given["process"] == CONFIRM,
        )

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Lead to the provider by a page of our own: browsers count a redirect as where the form was sent to."""
        nonce, confirms = secrets.token_urlsafe(32), bool(kwargs.get("confirms"))
        asked = {"nonce": nonce} | ({"prompt": "login"} if confirms else {})
        answer: HttpResponse = super().redirect(
            request,
            process,
            next_url,
            data,
            auth_params=asked,
            scope=list(self.scopes),
            nonce=nonce,
            confirms=confirms,
        )
        if answer.status_code != 302:
            return answer
        return render(request, "socialaccount/leaving.html", {"provider": self, "address": answer.headers["Location"]})

    def get_login_url(self, request: HttpRequest, **kwargs: Any) -> str:
        return reverse("openid_connect_login")

    def get_callback_url(self) -> str:
        return reverse("openid_connect_callback")

    @property
    def scopes(self) -> tuple[str, ...]:
        return the_company().scopes

    def extract_uid(self, data: Identity) -> str:
        """Who it is, for ever and for this issuer alone: neither an address nor a name that may change hands."""
        return uid(data)

    def extract_extra_data(self, data: Identity) -> dict[str, Any]:
        return {"iss": data.issuer, "sub": data.subject, "email": data.email}

    def extract_common_fields(self, data: Identity) -> dict[str, Any]:
        self.identity = data
        return {}

    def extract_email_addresses(self, data: Identity) -> list[Any]:
        return []  # nobody is found by their address here


def uid(identity: Identity) -> str:
    return hashlib.sha256(f"{identity.issuer}\n{identity.subject}".encode()).hexdigest()
