"""Which addresses may be reached."""

import pytest

from conversations.egress.addresses import Allowance
from conversations.egress.client import open_session, require_url
from conversations.egress.errors import AddressRefused

CLOSED = """
127.0.0.1 127.8.8.8 0.0.0.0 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 100.100.100.200 169.254.169.254
169.254.1.1 168.63.129.16 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.9 192.88.99.1 224.0.0.1 239.1.1.1
240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::a9fe:a9fe ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::7f00:1 2002:7f00:1:: 2002:a9fe:a9fe:: 2001:0:7f00:1:: 2001:db8::1
fe80::1 fe80::1%eth0 fec0::1 fd00::1 fd00:ec2::254 fc00::1 ff02::1 100::1 3fff::1
"""


@pytest.mark.parametrize("address", CLOSED.split())
def test_what_is_not_public_is_closed_in_every_spelling(address: str) -> None:
    assert not Allowance([]).allows("host.example", address)
    with pytest.raises(AddressRefused):
        open_session(f"http://[{address.replace('%', '%25')}]/" if ":" in address else f"http://{address}/")


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34",
        "168.63.129.17",
        "172.32.0.1",
        "2606:2800:220:1::1",
        "64:ff9b::5db8:d822",
        "::ffff:93.184.216.34",
    ],
)
def test_what_is_public_is_open(address: str) -> None:
    assert Allowance([]).allows("host.example", address)


def test_the_operator_opens_networks_and_hosts() -> None:
    allowance = Allowance(["10.0.0.0/8", "Intranet.example", "fd12::/16"])
    assert allowance.allows("host.example", "10.1.2.3")
    assert allowance.allows("host.example", "::ffff:10.1.2.3")
    assert allowance.allows("host.example", "fd12::1")
    assert allowance.allows("intranet.example.", "192.168.1.1")
    assert not allowance.allows("host.example", "192.168.1.1")
    assert not allowance.allows("evil-intranet.example", "192.168.1.1")
    assert not allowance.allows("intranet.example.evil.example", "192.168.1.1")


@pytest.mark.parametrize("entry", ["http://tools", "10.0.0.0/8/9", "tools:8000", "*", "127.1", "a b"])
def test_an_allowance_that_cannot_be_read_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Allowance([entry])


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/",
        "gopher://example.com/",
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.com/",
        "example.com",
        "",
        "http://",
        "http:///etc",
        "http://user@example.com/",
        "http://user:pass@example.com/",
        "http://example.com@127.0.0.1/",
        "http://ok\\@127.0.0.1/",
        "http://exa\tmple.com/",
        "http://example.com\n/",
        "http://example.com/a b",
        "http://example.com\x00.evil.example/",
        "http://127.1/",
        "http://0177.0.0.1/",
        "http://0x7f.0.0.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://127.0.0.1.%2e/",
        "http://a..b/",
        "http://-a.example/",
        "http://*.example/",
        "http://example.com:99999/",
        "http://example.com:0/",
        "http://example.com:x/",
        "http://[::1",
        f"http://example.com/{'a' * 5000}",
    ],
)
def test_an_odd_url_is_refused_before_anything_is_asked(url: str) -> None:
    with pytest.raises(AddressRefused):
        require_url(url)


@pytest.mark.parametrize("url", ["http://127。0。0。1/", "http://①②⑦.0.0.1/"])
def test_a_host_in_other_digits_is_what_it_stands_for(url: str) -> None:
    with pytest.raises(AddressRefused):
        open_session(url)


@pytest.mark.parametrize(
    "url",
    ["https://example.com", "http://example.com:8080/a?b=c#d", "https://münchen.example/", "HTTPS://EXAMPLE.com."],
)
def test_an_ordinary_url_is_taken(url: str) -> None:
    assert require_url(url).scheme in {"http", "https"}
