"""People in browsers of their own, at a whole Salon that can be killed and started again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.conftest import PASSWORD
from tests.live.conftest import ground as ground
from tests.live.conftest import new_server as new_server
from tests.live.server import Server
from tests.live.stand_in import StandIn

Enter = Callable[..., Page]


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_context_args,
        "reduced_motion": "reduce",
        "locale": "en-GB",
        "timezone_id": "UTC",
    }


@pytest.fixture(scope="session")
def provider() -> Iterator[StandIn]:
    provider = StandIn()
    yield provider
    provider.close()


@pytest.fixture(scope="session")
def salon(ground: Server, provider: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Salon at the stand-in provider. Tests share it and do not kill it."""
    salon = Server(tmp_path_factory.mktemp("whole") / "data", ground=ground, **provider.settings)
    salon.start()
    yield salon
    salon.close()


@pytest.fixture
def calm(salon: Server) -> Iterator[None]:
    """Fails the test when the shared Salon logs a fault of its own meanwhile."""
    known = len(salon.log)
    yield
    assert salon.troubles(since=known) == []


@pytest.fixture
def enter(new_context: Callable[..., BrowserContext]) -> Enter:
    """`alice = enter(salon, "Alice")`: her page, in a new browser. `door` is the web process that she uses."""

    def enter(server: Server, name: str, *, door: int = 0, **options: Any) -> Page:
        context = new_context(base_url=server.urls[door], **options)
        page = context.new_page()
        if name in server.cookies:
            context.add_cookies(server.cookies[name])
            page.goto("/")
        else:
            sign_in(page, name)
            server.cookies[name] = context.cookies()
        return page

    return enter


def sign_in(page: Page, name: str) -> None:
    """Come in through the door."""
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(f"{name.lower()}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="New conversation").first.wait_for()


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    """The servers serve what is built, and these tests say so before they fail for the lack of it."""
    if not (Path(__file__).parents[3] / "build/public").exists():
        pytest.fail("the front end is not built: make test builds it")
