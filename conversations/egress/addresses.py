"""Which addresses may be reached: public ones, and those that the operator allows.

The table is our own: `ipaddress.is_global` differs between versions of Python and lets through multicast, NAT64 and
what clouds keep at public-looking addresses.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterable
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

CLOSED = [
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind a carrier's or a cloud's NAT
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's own: DNS, health, the agent
        "169.254.0.0/16",  # link-local, and the metadata service of every cloud
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "2001::/23",  # Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",
    )
]
GLOBAL = ipaddress.ip_network("2000::/3")
"""All that is public of IPv6. Loopback, unique local, link-local, multicast and IPv4 in disguise lie outside."""
NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""How IPv4 is reached from a network that has IPv6 alone: the address inside is the one to look at."""
HOST = re.compile(
    r"(?=.{1,253}\.?$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.?", re.I
)
IN_NUMBERS = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)\.?", re.I)
"""A last label that is a number makes the whole an IPv4 address to some readers: 127.1, 0x7f.1, 2130706433."""


class Allowance:
    """What the operator opens although it is private: hosts and networks, as `SALON_EGRESS_ALLOW` lists them."""

    def __init__(self, entries: Iterable[str]) -> None:
        """Raise `ValueError` with the first entry that is neither a host nor a network."""
        self.hosts: set[str] = set()
        self.networks: list[Network] = []
        for entry in entries:
            try:
                self.networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                if not HOST.fullmatch(entry) or IN_NUMBERS.fullmatch(entry):
                    raise ValueError(entry) from None
                self.hosts.add(entry.lower().rstrip("."))

    @classmethod
    def from_environment(cls) -> Allowance:
        return _parsed(os.environ.get("SALON_EGRESS_ALLOW", ""))

    def allows(self, host: str, address: str) -> bool:
        """Whether `host`, found at `address`, may be reached."""
        if host.lower().rstrip(".") in self.hosts:
            return True
        found = ipaddress.ip_address(address.partition("%")[0])
        inner = innermost(found)
        return is_public(inner) or any(
            one in network for one in (found, inner) for network in self.networks if network.version == one.version
        )


@lru_cache(maxsize=8)
def _parsed(text: str) -> Allowance:
    return Allowance(part.strip() for part in text.split(",") if part.strip())


def innermost(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for, so that it cannot hide there; any other as it is."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    if address.version == 6 and address not in GLOBAL:
        return False
    return not any(address in network for network in CLOSED if network.version == address.version)


def is_literal(host: str) -> bool:
    """Whether a host is an IP address as such."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_odd(host: str) -> bool:
    """Whether a host is neither an IP address nor a name that every reader takes for the same."""
    return not is_literal(host) and (not HOST.fullmatch(host) or bool(IN_NUMBERS.fullmatch(host)))
