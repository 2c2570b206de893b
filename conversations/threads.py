"""Threads for database work beside the event loop, each with a connection that stays open.

Django gives each asynchronous request a thread, and so a connection, of its own: opening it costs more than most
requests. Each purpose has a pool, so that a slow page never delays a socket, and neither delays a stream's log.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connection

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """A pool of threads for blocking calls."""

    def __init__(self, name: str, size: int) -> None:
        self._pool = ThreadPoolExecutor(size, thread_name_prefix=name)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `function` in one of the threads, with the caller's context variables; return what it returns."""
        context = contextvars.copy_context()

        def call() -> T:
            close_old_connections()  # one that is broken or too old is opened anew
            return function(*args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._pool, context.run, call)


pages = Threads("pages", 8)
sockets = Threads("sockets", 4)
# Files are opened one or two at a time: those that wait must not hold up the pages
uploads = Threads("uploads", 4)
# SQLite has one writer; PostgreSQL is helped by a few connections when many turns start at once
runner = Threads("runner", 1 if connection.vendor == "sqlite" else 4)
writer = runner if connection.vendor == "sqlite" else pages
"""For what writes beside the runner: with one writer both take turns instead of fighting for the lock."""
# Purges and what belongs to them: nobody waits for it
keeper = Threads("keeper", 2)
# Imports: one at a time in a process
imports = Threads("imports", 1)
# Copies of pictures and pixel locks, one after the other: they leave room for uploads
pictures = Threads("pictures", 1)
