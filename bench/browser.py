"""In the browser: a long answer painted while it streams, and the tasks that kept the page from answering a person."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.report import quantile, table
from bench.servers import app, environment, free_port, served
from bench.streaming import READY, program

TOKENS, SECONDS = 10_000, 10
LONG_TASK = 50
"""Milliseconds from which on a task is a long one (W3C, Long Tasks API)."""
OBSERVE = """
window.tasks = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.tasks.push(entry.duration);
}).observe({ type: "longtask", buffered: true });
window.frames_at = [];
const frame = (now) => { window.frames_at.push(now); requestAnimationFrame(frame); };
requestAnimationFrame(frame);
"""


@dataclass
class Painted:
    """What the page did from Send on. Times in milliseconds."""

    long_tasks: list[float]
    frames: list[float]
    shown: int
    """Characters of the answer on the page in the end."""
    seconds: float


def measure(quick: bool) -> str:
    """Stream an answer to Chromium and return the table; or say why it was not run."""
    with suppress(ImportError):
        import playwright.sync_api  # noqa: F401

        from scripts.setup import find_browser

        if chromium := find_browser():
            tokens = TOKENS // 10 if quick else TOKENS
            return rendered(tokens, stream(tokens, chromium))
    return "Not run: this needs Playwright (`requirements-dev.txt`) and a Chromium."


def rendered(tokens: int, painted: Painted) -> str:
    rows = [
        ["longest task", f"{max(painted.long_tasks, default=0):.0f} ms", f"none over {LONG_TASK} ms"],
        [f"tasks over {LONG_TASK} ms", str(len(painted.long_tasks)), "0"],
        ["frames, p50", f"{quantile(painted.frames, 0.5):.0f} ms", "17 ms"],
        ["frames, p99", f"{quantile(painted.frames, 0.99):.0f} ms", ""],
        [
            "from Send to the whole answer",
            f"{painted.seconds:.1f} s",
            f"{tokens * SECONDS / TOKENS:.0f} s of streaming",
        ],
    ]
    words = f"An answer of {tokens:,} tokens at {TOKENS // SECONDS:,} a second, {painted.shown:,} characters shown:"
    return f"{words}\n\n{table(['', 'measured', 'aim'], rows)}"


def stream(tokens: int, chromium: str) -> Painted:
    provider = free_port()
    stand_in = [sys.executable, "-m", "bench.provider", str(provider), "--prose"]
    stand_in += ["--deltas", str(tokens), "--interval", str(SECONDS / TOKENS)]
    with (
        tempfile.TemporaryDirectory(prefix="salon-bench-") as folder,
        served(stand_in, provider, environment(Path(), provider)),
    ):
        environ = environment(Path(folder), provider)
        program(["manage.py", "migrate", "--no-input", "--verbosity", "0"], environ)
        people = json.loads(program(["-m", "bench.people", "1"], environ))
        port = free_port()
        with served(app("daphne", port), port, environ, path=READY):
            return watch(f"http://127.0.0.1:{port}", people, chromium)


def watch(address: str, people: dict[str, Any], chromium: str) -> Painted:
    """Send a message on the conversation's page as a person does, and watch the page until the answer is whole."""
    from playwright.sync_api import sync_playwright

    cookies = [part.split("=", 1) for part in people["headers"]["Cookie"].split("; ")]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context()
        context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies])
        context.add_init_script(OBSERVE)
        page = context.new_page()
        page.goto(f"{address}/conversations/{people['conversations'][0]}/")
        page.get_by_role("textbox", name="Message").fill("Go on.")
        page.evaluate("window.tasks.length = window.frames_at.length = 0; window.began = performance.now()")
        page.get_by_role("button", name="Send").click()
        page.get_by_role("button", name="Stop").wait_for(state="visible", timeout=30_000)
        page.get_by_role("button", name="Stop").wait_for(state="hidden", timeout=120_000)
        seconds = page.evaluate("(performance.now() - window.began) / 1000")
        page.wait_for_timeout(500)
        frames: list[float] = page.evaluate("window.frames_at.slice(1).map((at, n) => at - window.frames_at[n])")
        tasks: list[float] = page.evaluate("window.tasks")
        shown = len(page.get_by_role("log").get_by_role("article").last.inner_text())
        browser.close()
    return Painted(tasks, frames, shown, seconds)
