"""The client of the provider: one for a process, whoever asks first."""

import asyncio
from pathlib import Path
from typing import Any

from conversations.localmodel import launcher
from conversations.turns.provider import forget, provider


async def test_turns_that_start_together_share_one_client(settings: Any, tmp_path: Path) -> None:
    settings.SALON_PROVIDER = None
    settings.DATA = tmp_path
    await forget()
    try:
        clients = await asyncio.gather(*(provider() for _ in range(8)))
    finally:
        await forget()
        await asyncio.to_thread(launcher.stop, tmp_path)
    assert len(set(map(id, clients))) == 1
