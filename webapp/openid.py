"""The settings of the company's sign-in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from conversations.openid.company import ID, Company
from webapp import env


def company_from_environment() -> Company | None:
    """Return the provider that the environment names, or None; raise `BadSetting`."""
    issuer = env.address("SALON_OIDC_ISSUER", ("https", "http"))
    client_id = env.text("SALON_OIDC_CLIENT_ID")
    company = Company(
        issuer=issuer,
        client_id=client_id,
        client_secret=env.text("SALON_OIDC_CLIENT_SECRET"),
        name=env.text("SALON_OIDC_NAME", "the company account"),
        scopes=tuple(env.text("SALON_OIDC_SCOPES", "openid profile email").split()),
        subject=env.choice("SALON_OIDC_SUBJECT", "sub", ("sub", "oid")),
        creates=env.flag("SALON_OIDC_CREATE", True),
        domains=frozenset(domain.lower().lstrip("@") for domain in env.listing("SALON_OIDC_DOMAINS")),
        trusts_email=env.flag("SALON_OIDC_TRUST_EMAIL"),
        links_by_email=env.flag("SALON_OIDC_LINK_BY_EMAIL"),
        groups_claim=env.text("SALON_OIDC_GROUPS_CLAIM", "groups"),
        groups=_groups(env.listing("SALON_OIDC_GROUPS")),
    )
    if not issuer:
        return None
    if not client_id:
        raise env.BadSetting("SALON_OIDC_CLIENT_ID is not set: set it to the id that the provider gave to Salon.")
    if "openid" not in company.scopes:
        raise env.BadSetting("SALON_OIDC_SCOPES lacks openid: list scopes such as “openid profile email”.")
    if urlsplit(issuer).scheme != "https" and urlsplit(issuer).hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise env.BadSetting("SALON_OIDC_ISSUER does not begin with https://: a provider must be asked over TLS.")
    return company


def _groups(pairs: list[str]) -> dict[str, str]:
    groups = {}
    for pair in pairs:
        theirs, equals, ours = (part.strip() for part in pair.rpartition("="))
        if not (theirs and equals and ours) or len(ours) > 150:
            raise env.BadSetting(f"SALON_OIDC_GROUPS holds “{pair}”: write pairs like their-group=Our group.")
        groups[theirs] = ours
    return groups


def openid_provider(company: Company | None) -> dict[str, Any]:
    """Return allauth's form of it; our own class takes the rest from `SALON_OPENID`."""
    provider: dict[str, Any] = {"provider_class": "conversations.openid.provider.CompanyProvider", "APPS": []}
    if company is not None:
        settings = {"server_url": company.issuer}
        app = {"provider_id": ID, "name": company.name, "client_id": company.client_id, "settings": settings}
        provider["APPS"].append(app | {"secret": company.client_secret})
    return {"openid_connect": provider}
