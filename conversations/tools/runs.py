"""Runs one call of a tool: off the event loop, with a time limit, in a number of threads that is bounded.

A thread cannot be killed. One that is over its time is told to stop, which ends what runs in Python; one that waits in
a call of the system goes on, and is counted: a tool of which several hang is not called until they return.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import inspect
import threading
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from django.db import connections

from conversations.models.fields import plain
from conversations.tools.registry import Tool, ToolFailed
from conversations.tools.signatures import BadArguments, Caller

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 8
MOST_HANGING = 3
"""Threads of one tool that may hang before it is not called any more."""
MOST_HANGING_IN_ALL = 12
MOST_OUTPUT = 50_000
"""Characters of a result that the model gets."""
LONGEST_REASON = 1_000
BUSY = 30.0
"""Seconds that a call waits while other tools run."""


@dataclass(frozen=True)
class Outcome:
    text: str
    failed: bool = False


class _TimeOver(BaseException):
    """Raised inside a thread that is over its time; no tool catches it by catching `Exception`."""


class _Run(threading.Thread):
    def __init__(self, tool: Tool, values: dict[str, Any]) -> None:
        super().__init__(name=f"tool-{tool.name}", daemon=True)  # a hanging tool does not keep the process
        self.tool, self.values = tool, values
        self.loop = asyncio.get_running_loop()
        self.outcome: asyncio.Future[Outcome] = self.loop.create_future()
        self._leaving = threading.Lock()
        self._left = False

    def run(self) -> None:
        outcome = Outcome("The tool was stopped.", failed=True)
        try:
            outcome = self._call()
        except _TimeOver:
            pass  # nobody waits any more
        except BaseException as error:  # SystemExit too: a tool ends nothing but itself
            outcome = Outcome(_reason(error), failed=True)
        finally:
            with self._leaving:
                self._left = True
            connections.close_all()
        with contextlib.suppress(RuntimeError):  # the process ends
            self.loop.call_soon_threadsafe(self._deliver, outcome)

    def _call(self) -> Outcome:
        function = self.tool.function
        if inspect.iscoroutinefunction(function):
            result = asyncio.run(asyncio.wait_for(function(**self.values), self.tool.seconds))
        else:
            result = function(**self.values)
        return Outcome(as_text(result))

    def _deliver(self, outcome: Outcome) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)

    def stop(self) -> None:
        """Have the thread end at its next step in Python."""
        with self._leaving:
            if not self._left and self.ident is not None:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.ident), ctypes.py_object(_TimeOver))


class Runs:
    """The calls of this process."""

    def __init__(self) -> None:
        self._hanging: list[_Run] = []
        self._places: tuple[asyncio.AbstractEventLoop, asyncio.Semaphore] | None = None

    async def run(self, tool: Tool, arguments: str, caller: Caller) -> Outcome:
        """Call a tool with a model's JSON; return what the model is told. Never raises for what a tool does."""
        try:
            values = tool.signature.values(arguments)
        except BadArguments as error:
            return Outcome(plain(str(error))[:LONGEST_REASON], failed=True)
        if tool.signature.caller:
            values[tool.signature.caller] = caller
        self._hanging = [run for run in self._hanging if run.is_alive()]
        hanging = sum(run.tool.name == tool.name for run in self._hanging)
        if hanging >= MOST_HANGING or len(self._hanging) >= MOST_HANGING_IN_ALL:
            return Outcome("This tool hangs at present and was not called. Go on without it.", failed=True)
        try:
            async with asyncio.timeout(BUSY):
                await self._semaphore.acquire()
        except TimeoutError:
            return Outcome("Too many tools run at present, so this one was not called.", failed=True)
        try:
            return await self._run(_Run(tool, values))
        finally:
            self._semaphore.release()

    @property
    def _semaphore(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        if self._places is None or self._places[0] is not loop:
            self._places = (loop, asyncio.Semaphore(MOST_AT_ONCE))
        return self._places[1]

    async def _run(self, run: _Run) -> Outcome:
        seconds = run.tool.seconds
        run.start()
        try:
            return await asyncio.wait_for(asyncio.shield(run.outcome), seconds)
        except TimeoutError:
            log.warning("tool_over_time", tool=run.tool.name, seconds=seconds)
            return Outcome(f"The tool did not answer within {seconds:g} seconds, and was given up.", failed=True)
        finally:
            if not run.outcome.done():  # over its time, or the turn was stopped
                run.stop()
                self._hanging.append(run)


def as_text(result: Any) -> str:
    """Return a tool's result as text, whatever it is, at most `MOST_OUTPUT` characters of it."""
    if isinstance(result, str):
        text = result
    elif isinstance(result, bytes | bytearray | memoryview):
        text = f"({len(result):,} bytes that are no text)"
    else:
        try:
            text = msgspec.json.encode(result, enc_hook=str).decode()
        except Exception:  # what JSON cannot say: keys of odd types, cycles, half a surrogate pair
            text = str(result)
    if len(text) > MOST_OUTPUT:
        text = f"{text[:MOST_OUTPUT]}\n\n(Cut: the result has {len(text):,} characters.)"
    return plain(text)


def _reason(error: BaseException) -> str:
    try:
        said = str(error)
    except Exception:
        said = ""
    if isinstance(error, ToolFailed) and said:
        return plain(said)[:LONGEST_REASON]
    if isinstance(error, TimeoutError) and not said:
        return "The tool took too long, and was given up."
    return plain(f"The tool failed: {type(error).__name__}{': ' if said else ''}{said}")[:LONGEST_REASON]


runs = Runs()
