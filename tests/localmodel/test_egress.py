"""Which addresses may be reached."""

import pytest

from conversations.localmodel.egress import Egress, Forbidden


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "224.0.0.1",
        "::ffff:169.254.169.254",
    ],
)
def test_private_addresses_are_closed_in_every_spelling(address: str) -> None:
    assert not Egress("").allows("host.example", address)


def test_public_addresses_are_open() -> None:
    assert Egress("").allows("host.example", "93.184.216.34")
    assert Egress("").allows("host.example", "2606:2800:220:1::1")


def test_the_operator_opens_networks_and_hosts() -> None:
    egress = Egress("10.0.0.0/8, intranet.example")
    assert egress.allows("host.example", "10.1.2.3")
    assert egress.allows("Intranet.example", "192.168.1.1")
    assert not egress.allows("host.example", "192.168.1.1")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.com", "http://", "http://[::1]/", "http://127.0.0.1"]
)
async def test_a_url_that_leads_inside_opens_no_session(url: str) -> None:
    with pytest.raises(Forbidden):
        Egress("").session(url)
