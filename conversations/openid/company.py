"""What the operator says of the company's sign-in, and what its provider says of a person. Knows no Django."""

from __future__ import annotations

from dataclasses import dataclass, field

ID = "company"
"""The name of the one provider, in addresses and rows."""
ADMINISTRATORS = "administrators"
"""What a group of the provider may be mapped to, besides a group here: everything."""


@dataclass(frozen=True)
class Company:
    """The provider of the company's accounts, from the `SALON_OIDC_` settings."""

    issuer: str
    client_id: str
    client_secret: str
    name: str
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    subject: str = "sub"
    """The claim that names a person for ever."""
    creates: bool = True
    """Whether who is unknown gets an account at their first sign-in."""
    domains: frozenset[str] = frozenset()
    """Where addresses of new accounts must be; none means anywhere."""
    trusts_email: bool = False
    """Whether addresses count as verified although the provider does not say so."""
    links_by_email: bool = False
    groups_claim: str = "groups"
    groups: dict[str, str] = field(default_factory=dict)
    """Group of the provider -> group here, or `ADMINISTRATORS`."""


@dataclass(frozen=True)
class Identity:
    """A person as their provider vouches for them. Only `issuer` and `subject` say who it is."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str
    groups: frozenset[str]


def mapped(company: Company, identity: Identity) -> set[str]:
    """Return what the groups of a person stand for here."""
    return {target for group, target in company.groups.items() if group in identity.groups}
