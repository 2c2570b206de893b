"""Sockets under Daphne."""

from __future__ import annotations

from typing import Any

from daphne.ws_protocol import WebSocketProtocol


class LargeMessages(WebSocketProtocol):
    """Bounds what browsers send, not what they are sent: autobahn has one limit for both ways.

    Browsers send requests of a few bytes. An answer of a hundred thousand characters is one message.
    """

    def sendMessage(self, *args: Any, **kwargs: Any) -> None:  # autobahn's name
        limit, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
        try:
            super().sendMessage(*args, **kwargs)
        finally:
            self.maxMessagePayloadSize = limit
