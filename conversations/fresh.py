"""What a process may know from a moment ago: read from the database every few seconds at most."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from time import monotonic
from typing import ClassVar, Generic, TypeVar

import structlog
from django.db import DatabaseError

log = structlog.get_logger(__name__)

T = TypeVar("T")
NEVER = float("-inf")


class Fresh(Generic[T]):
    """A value that `read` brings. A change in another process counts within `SECONDS`.

    On an event loop nothing is read, and while the database is away neither: what was read last counts there.
    """

    SECONDS: ClassVar[float] = 2.0

    def __init__(self, name: str, read: Callable[[], T], first: T) -> None:
        self._name, self._read, self._first = name, read, first
        self._value, self._read_at = first, NEVER
        self._lock = threading.Lock()

    @property
    def value(self) -> T:
        if self._is_stale() and not _on_event_loop():
            with self._lock:
                if self._is_stale():
                    self._refresh()
        return self._value

    def forget(self) -> None:
        """Read anew when it is next asked for."""
        self._read_at = NEVER

    def start_anew(self) -> None:
        """Hold what stands in an empty database, as if just read."""
        self._value, self._read_at = self._first, monotonic()

    def _is_stale(self) -> bool:
        return monotonic() - self._read_at >= self.SECONDS

    def _refresh(self) -> None:
        try:
            self._value = self._read()
        except DatabaseError as error:
            log.warning("not_read_anew", what=self._name, error=type(error).__name__)
        self._read_at = monotonic()


def _on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
