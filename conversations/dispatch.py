"""Hands a queued response to the configured runner. The row is the hand-off; this is only the nudge.

A runner finds queued rows by itself within seconds, so a lost nudge delays a turn and loses nothing.
"""

from __future__ import annotations

from typing import Protocol

from django.conf import settings

from conversations.models import Response


class Runner(Protocol):
    """The runner of this process, for other threads."""

    holder: str

    def start_soon(self, response: Response) -> None: ...

    def cancel_soon(self, response_id: int) -> None: ...


_runner: Runner | None = None


def register(runner: Runner) -> None:
    """Let the runner of this process be told of turns to start and to stop."""
    global _runner
    _runner = runner


def holder() -> str | None:
    """Return who may be given the lease of a response in the very transaction that queues it.

    That is the runner of this process, which then needs no claim; None where turns run in workers.
    """
    return _runner.holder if _runner is not None and settings.SALON_RUNNER == "embedded" else None


def start(response: Response) -> None:
    """Have the response run, here or in a worker."""
    if settings.SALON_RUNNER == "worker":
        from procrastinate.contrib.django import app  # installed only where there are workers

        app.configure_task("run_turn", queue="turns").defer(response_id=response.pk)
    elif _runner is not None:
        _runner.start_soon(response)


def cancel(response_id: int) -> None:
    """Have a running response stop at once where its runner is in this process; others see the row within a moment."""
    if _runner is not None:
        _runner.cancel_soon(response_id)
