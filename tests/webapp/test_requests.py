"""A body is refused before it fills the memory, whoever sends it."""

from types import SimpleNamespace
from typing import Any

import pytest
from daphne.http_protocol import HTTPFactory
from twisted.internet.address import IPv4Address
from twisted.internet.testing import StringTransport

from webapp import sockets  # noqa: F401  # tells Daphne
from webapp.requests import MOST_BODY

PIECE = b"x" * 65_536


@pytest.fixture
def connection() -> Any:
    """One connection to the server, by its own factory."""
    server = SimpleNamespace(protocol_connected=lambda protocol: None, protocol_disconnected=lambda protocol: None)
    protocol = HTTPFactory(server).buildProtocol(IPv4Address("TCP", "127.0.0.1", 1))
    transport = StringTransport()
    protocol.makeConnection(transport)
    return SimpleNamespace(dataReceived=protocol.dataReceived, transport=transport)


def test_a_body_that_says_that_it_is_too_large_is_refused_unread(connection: Any) -> None:
    connection.dataReceived(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % 2**30)
    assert connection.transport.value().startswith(b"HTTP/1.1 413 ")
    assert connection.transport.disconnecting


def test_a_body_that_does_not_say_so_is_refused_as_soon_as_it_is_too_large(connection: Any) -> None:
    connection.dataReceived(b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(MOST_BODY // len(PIECE)):
        connection.dataReceived(b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
    assert not connection.transport.disconnecting
    connection.dataReceived(b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
    assert connection.transport.value().startswith(b"HTTP/1.1 413 ")
    assert connection.transport.disconnecting


def test_a_file_may_be_larger_than_a_form_and_no_larger_than_is_set(connection: Any, settings: Any) -> None:
    settings.SALON_UPLOAD_LIMIT = 2 * MOST_BODY
    connection.dataReceived(b"POST /files/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(3 * MOST_BODY // len(PIECE)):
        connection.dataReceived(b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
    assert not connection.transport.disconnecting
    connection.dataReceived(b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
    assert connection.transport.value().startswith(b"HTTP/1.1 413 ")
    assert b'"request_too_large"' in connection.transport.value()
