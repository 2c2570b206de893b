"""What Salon asks the provider itself: where things are, a code's tokens, its keys, more about a person.

All of it goes through the guarded client. Errors say what failed, never what was said: answers hold tokens.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any
from urllib.parse import quote_plus, urlencode

from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.core.cache import cache

from conversations.egress.client import Limits, fetch_blocking
from conversations.egress.errors import EgressError
from conversations.openid.company import Company

LIMITS = Limits(size=512 * 1024, seconds=10, redirects=2)
FRESH = 300
"""Seconds that the provider's description is kept: whoever presses the button again asks nobody."""
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class OpenIDError(OAuth2Error):
    """The provider said what cannot be believed, or nothing. Its text is for the log."""


def metadata(company: Company) -> dict[str, Any]:
    """Return the provider's description of itself; raise `OpenIDError` where it is another issuer's."""
    key = f"openid:{company.issuer}"
    known = cache.get(key)
    if isinstance(known, dict):
        return known
    found = _asked(f"{company.issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != company.issuer:
        raise OpenIDError("the provider's description names another issuer")
    if not all(str(found.get(name)).startswith(("https://", "http://")) for name in NEEDED):
        raise OpenIDError("the provider's description is not complete")
    cache.set(key, found, FRESH)
    return found


def redeem(company: Company, *, code: str, verifier: str, callback: str) -> dict[str, Any]:
    """Return the tokens of a code."""
    described = metadata(company)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback, "code_verifier": verifier}
    methods = described.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    if not company.client_secret:
        form["client_id"] = company.client_id
    elif "client_secret_post" in methods:
        form |= {"client_id": company.client_id, "client_secret": company.client_secret}
    else:
        headers["Authorization"] = _basic(company)
    return _asked(described["token_endpoint"], method="POST", headers=headers, body=urlencode(form).encode())


def keys(company: Company) -> dict[str, Any]:
    """Return the keys that the provider signs with now."""
    return _asked(metadata(company)["jwks_uri"])


def userinfo(company: Company, access_token: str) -> dict[str, Any]:
    """Return what the provider tells beyond the ID token, or nothing where it tells no more."""
    address = metadata(company).get("userinfo_endpoint")
    if not isinstance(address, str) or not access_token:
        return {}
    return _asked(address, headers={"Authorization": f"Bearer {access_token}", "Accept": "application/json"})


def _basic(company: Company) -> str:
    pair = f"{quote_plus(company.client_id)}:{quote_plus(company.client_secret)}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def _asked(address: str, **options: Any) -> dict[str, Any]:
    try:
        answer = fetch_blocking(address, limits=LIMITS, **options)
        said = json.loads(answer.body) if answer.status == 200 else None
    except EgressError as error:
        raise OpenIDError(str(error)) from error
    except (ValueError, RecursionError):
        raise OpenIDError("the provider answered with something that is not JSON") from None
    if answer.status != 200:
        raise OpenIDError(f"the provider answered with {answer.status}")
    if not isinstance(said, dict):
        raise OpenIDError("the provider answered with something that is no object")
    return said
