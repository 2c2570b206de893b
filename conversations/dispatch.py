"""Hands a queued response to the configured runner. The row is the hand-off; this is only the nudge.

A runner finds queued rows by itself within seconds, so a lost nudge delays a turn and loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

_start: Callable[[int], None] | None = None
_cancel: Callable[[int], None] | None = None


def register(start: Callable[[int], None], cancel: Callable[[int], None]) -> None:
    """Let the runner of this process be told of turns to start and to stop. Both are called from any thread."""
    global _start, _cancel
    _start, _cancel = start, cancel


def start(response_id: int) -> None:
    """Have the queued response run, here or in a worker."""
    if settings.SALON_RUNNER == "worker":
        from procrastinate.contrib.django import app  # installed only where there are workers

        app.configure_task("run_turn", queue="turns").defer(response_id=response_id)
    elif _start is not None:
        _start(response_id)


def cancel(response_id: int) -> None:
    """Have a running response stop at once where its runner is in this process; others see the row within a moment."""
    if _cancel is not None:
        _cancel(response_id)
