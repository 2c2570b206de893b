"""Database work of the runner, off the event loop, in threads of its own: a slow page never delays a stream's log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connection

P = ParamSpec("P")
T = TypeVar("T")

# SQLite has one writer; PostgreSQL is helped by a few connections when many turns start at once
_threads = ThreadPoolExecutor(1 if connection.vendor == "sqlite" else 4, thread_name_prefix="runner-db")


async def run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `function` in one of the runner's database threads and return what it returns."""

    def call() -> T:
        close_old_connections()
        return function(*args, **kwargs)

    return await asyncio.get_running_loop().run_in_executor(_threads, call)
