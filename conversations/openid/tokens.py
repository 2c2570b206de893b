"""Whether an ID token is to be believed (OpenID Connect Core, 3.1.3.7). Nothing in it is, before it is verified."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
from django.utils.crypto import constant_time_compare

from conversations.openid.company import Company, Identity
from conversations.openid.exchange import OpenIDError

SIGNED_WITH = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Never `none`, and never a shared secret: with that, who knows the public key could sign."""
LEEWAY = 60
"""Seconds that clocks may differ."""
ASKED_WITHIN = 600
"""Seconds that a sign-in may take which was asked for anew."""
LONGEST_SUBJECT = 255
MOST_GROUPS = 2_000


def verified(company: Company, token: object, *, nonce: str, keys: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """Return the claims of an ID token that the provider signed for us and for this very sign-in.

    `keys` is only asked for a token that looks like one. Raise `OpenIDError`.
    """
    if not isinstance(token, str):
        raise OpenIDError("there is no ID token")
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in SIGNED_WITH:
            raise OpenIDError("the ID token is signed in a way that is not taken")
        key = _key(jwt.PyJWKSet.from_dict(dict(keys())), header)
        claims: dict[str, Any] = jwt.decode(
            token,
            key=key,
            algorithms=[header["alg"]],
            audience=company.client_id,
            issuer=company.issuer,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "iss", "aud"]},
        )
    except (jwt.PyJWTError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise OpenIDError(f"the ID token is not valid: {type(error).__name__}") from None
    if not isinstance(claims.get("aud"), str) and claims.get("azp", company.client_id) != company.client_id:
        raise OpenIDError("the ID token was made for another program")
    said = claims.get("nonce")
    if not isinstance(said, str) or not constant_time_compare(said, nonce):
        raise OpenIDError("the ID token was made for another sign-in")
    return claims


def require_asked_again(claims: Mapping[str, Any]) -> None:
    """Raise `OpenIDError` where the provider says that it let the person through without asking who they are."""
    at = claims.get("auth_time")
    if at is not None and not (isinstance(at, (int, float)) and at >= time.time() - ASKED_WITHIN):
        raise OpenIDError("the provider did not ask again")


def _key(known: jwt.PyJWKSet, header: Mapping[str, Any]) -> jwt.PyJWK:
    fitting = [key for key in known.keys if key.public_key_use in {None, "sig"}]
    if header.get("kid") is not None:
        fitting = [key for key in fitting if key.key_id == header["kid"]]
    if len(fitting) != 1:
        raise OpenIDError("the ID token is signed with a key that the provider does not name")
    return fitting[0]


def identity(company: Company, claims: Mapping[str, Any], more: Mapping[str, Any]) -> Identity:
    """Return the person of verified claims; `more` is what userinfo told, which counts only for the same subject."""
    if more and more.get("sub") != claims.get("sub"):
        raise OpenIDError("userinfo is about somebody else")
    said = {**more, **claims}
    subject = claims.get(company.subject)
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise OpenIDError(f"the ID token has no {company.subject}")
    email = said.get("email")
    return Identity(
        issuer=company.issuer,
        subject=subject,
        email=email if isinstance(email, str) else "",
        email_verified=company.trusts_email or said.get("email_verified") in (True, "true"),
        name=said["name"] if isinstance(said.get("name"), str) else "",
        groups=_groups(said.get(company.groups_claim)),
    )


def _groups(said: object) -> frozenset[str]:
    """Return the groups of a claim. One that is missing, or is no list of names, lets nobody into anything."""
    if not isinstance(said, list):
        return frozenset()
    return frozenset(group for group in said[:MOST_GROUPS] if isinstance(group, str))
