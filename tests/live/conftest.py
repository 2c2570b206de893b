"""The servers and the people of the live tests. Tests that do no harm to a server share one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.conftest import PASSWORD
from tests.live.person import Person
from tests.live.server import Server


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The database that all servers begin with: the cast, and nothing else. It is never started."""
    ground = Server(tmp_path_factory.mktemp("ground") / "data")
    for name in ("Alice", "Bob", "Charlie"):
        ground.inside("add_person", name=name, password=PASSWORD)
    ground.inside("add_person", name="Admin", password=PASSWORD, admin=True)
    ground.leave()
    return ground


@pytest.fixture(scope="session")
def server(ground: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the embedded provider, which speaks as fast as it can. Tests share it and do not kill it."""
    server = Server(tmp_path_factory.mktemp("shared") / "data", ground=ground, SALON_MODELS="demo")
    server.start()
    yield server
    server.close()


@pytest.fixture
def calm(server: Server) -> Iterator[None]:
    """Fails the test when the shared server logs a fault of its own meanwhile."""
    known = len(server.log)
    yield
    assert server.troubles(since=known) == []


@pytest.fixture
def new_server(ground: Server, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """`new_server(paced=True, SALON_BACKGROUND="always")`: a server of the test's own, not started yet."""
    made: list[Server] = []

    def make(*, paced: bool = False, **settings: str) -> Server:
        data = tmp_path / f"salon-{len(made)}"
        made.append(Server(data, ground=ground, paced=paced, **{"SALON_MODELS": "demo"} | settings))
        return made[-1]

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
