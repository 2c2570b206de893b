"""When to ask the provider again, before anything of its answer has been seen."""

import random

from .errors import UpstreamError

LONGEST_WAIT = 120.0  # seconds; whoever waits for an answer would not wait longer either
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0


def retry_delay(error: UpstreamError, *, attempt: int) -> float | None:
    """Return the seconds to wait before attempt number `attempt` + 1 (the first is 0), or None not to try again.

    What the provider asks for is never shortened, only spread a little, so that many waiting streams do not return at
    the same instant; without it the pause doubles from half a second to eight.
    """
    jitter = random.random()  # noqa: S311 - spreads load, guards nothing
    if not error.retryable:
        return None
    if error.retry_after is not None:
        if error.retry_after > LONGEST_WAIT:
            return None
        return error.retry_after * (1.0 + jitter / 10) + jitter / 10
    return min(FIRST_PAUSE * 2.0**attempt, LONGEST_PAUSE) * (0.75 + jitter / 4)
