"""The servers and the people of the live tests. A server is started once for a file's worth of tests where it may be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.conftest import PASSWORD
from tests.live.person import Person
from tests.live.server import Server


def peopled(server: Server) -> Server:
    """Add the cast to a new server."""
    for name in ("Alice", "Bob", "Charlie"):
        server.inside("add_person", name=name, password=PASSWORD)
    server.inside("add_person", name="Admin", password=PASSWORD, admin=True)
    return server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the embedded provider, which speaks as fast as it can. Tests share it and do not kill it."""
    server = peopled(Server(tmp_path_factory.mktemp("salon"), SALON_MODELS="demo"))
    server.start()
    yield server
    server.close()


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """`new_server(paced=True, SALON_BACKGROUND="always")`: a server of the test's own, not started yet."""
    made: list[Server] = []

    def make(*, paced: bool = False, **settings: str) -> Server:
        made.append(Server(tmp_path / f"salon-{len(made)}", paced=paced, **{"SALON_MODELS": "demo"} | settings))
        return peopled(made[-1])

    yield make
    for server in made:
        server.close()


@pytest.fixture
async def enter() -> AsyncIterator[Callable[..., object]]:
    """`alice = await enter(Person(server, "Alice"))`: enters a context that ends with the test."""
    async with AsyncExitStack() as stack:
        yield stack.enter_async_context


@pytest.fixture
async def alice(server: Server) -> AsyncIterator[Person]:
    async with Person(server, "Alice") as alice:
        yield alice


@pytest.fixture
async def bob(server: Server) -> AsyncIterator[Person]:
    async with Person(server, "Bob") as bob:
        yield bob


@pytest.fixture
async def charlie(server: Server) -> AsyncIterator[Person]:
    async with Person(server, "Charlie") as charlie:
        yield charlie
