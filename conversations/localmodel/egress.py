"""Which addresses the provider may reach: public ones, and those that the operator allows.

A person or a model names the MCP server, so its address must not lead into the network that we run in. Checked when
connecting, on the addresses themselves: a name that changes its mind after a check gains nothing.
"""

import ipaddress
import os
import socket
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
SECONDS = aiohttp.ClientTimeout(total=60, connect=10)


class Forbidden(aiohttp.ClientError):
    """The address is not public, and not allowed."""


class Egress:
    """The allowance of `SALON_EGRESS_ALLOW`: hosts and networks, separated by commas."""

    def __init__(self, allow: str) -> None:
        self.hosts: set[str] = set()
        self.networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for entry in filter(None, (part.strip() for part in allow.split(","))):
            try:
                self.networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                self.hosts.add(entry.lower())

    @classmethod
    def from_environment(cls) -> "Egress":
        """The operator's allowance."""
        return cls(os.environ.get("SALON_EGRESS_ALLOW", ""))

    def session(self, url: str) -> aiohttp.ClientSession:
        """A client for this URL that reaches allowed addresses only. Raises Forbidden for one that is none.

        Redirects are for the caller to refuse (`allow_redirects=False`).
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Forbidden("The URL must begin with http:// or https:// and name a host.")
        # A literal address never comes to the resolver.
        if is_address(parts.hostname) and not self.allows(parts.hostname, parts.hostname):
            raise Forbidden(f"{parts.hostname} is not a public address.")
        connector = aiohttp.TCPConnector(resolver=GuardedResolver(self), use_dns_cache=False)
        return aiohttp.ClientSession(connector=connector, timeout=SECONDS, trust_env=False)

    def allows(self, host: str, address: str) -> bool:
        """Whether a host at this address may be reached."""
        if host.lower() in self.hosts:
            return True
        found = innermost(ipaddress.ip_address(address))
        return (found.is_global and not found.is_multicast) or any(
            found in network for network in self.networks if network.version == found.version
        )


class GuardedResolver(AbstractResolver):
    """Resolves names, and leaves out what may not be reached."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        allowed = [result for result in found if self._egress.allows(host, result["host"])]
        if not allowed:
            raise OSError(f"{host} has no public address.")
        return allowed

    async def close(self) -> None:
        await self._resolver.close()


def is_address(host: str) -> bool:
    """Whether a host is a literal IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def innermost(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that only wraps it, so that it cannot hide there."""
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)
    return address
