"""When the provider ends by itself: nobody needs it any more, or its folder is gone."""

import asyncio
import time
from pathlib import Path

from .launcher import is_locked, try_lock
from .responses import Responses

LOOK_EVERY = 2.0
SWEEP_EVERY = 3600


async def until_unneeded(data: Path, responses: Responses, *, leave_after: float | None) -> None:
    """Return when the folder has vanished, or when for `leave_after` seconds no client lived and nothing ran.

    Then the start lock is held until the process ends, so that nobody takes a provider that is about to leave.
    """
    needed = swept = time.monotonic()
    while is_there(data):
        now = time.monotonic()
        if leave_after is None or responses.busy or is_locked(data / "localmodel.clients"):
            needed = now
        elif now - needed >= leave_after and try_lock(data / "localmodel.start") is not None:
            return
        if now - swept >= SWEEP_EVERY:
            swept = now
            responses.files.drop(await responses.state.sweep())
        await asyncio.sleep(min(LOOK_EVERY, leave_after or LOOK_EVERY))


def is_there(data: Path) -> bool:
    """Whether the state still lies in the folder."""
    return (data / "localmodel.sqlite3").exists()
