"""Which pages may open a socket."""

import pytest

from webapp.origin import allows


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:8000", "localhost:8000"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://localhost", "localhost"),
        ("https://localhost", "localhost"),
        ("https://localhost", "localhost:443"),
        ("http://[::1]:8000", "[::1]:8000"),
    ],
)
def test_our_own_page_may(origin: str, host: str) -> None:
    assert allows(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("", "localhost:8000"),
        ("null", "localhost:8000"),
        ("http://evil.example", "localhost:8000"),
        ("http://localhost.evil.example:8000", "localhost:8000"),
        ("http://evil-localhost:8000", "localhost:8000"),
        ("http://localhost:8001", "localhost:8000"),
        ("http://localhost", "localhost:8000"),
        ("https://localhost", "localhost:80"),
        ("http://evil.example", "evil.example"),
        ("file:///etc/passwd", "localhost:8000"),
        ("http://localhost:99999999", "localhost:8000"),
        ("http://localhost:8000@evil.example", "localhost:8000"),
    ],
)
def test_other_pages_may_not(origin: str, host: str) -> None:
    assert not allows(origin, host)
