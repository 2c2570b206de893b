"""The studio in the browser: how soon a partial image is seen, whether the page stays smooth, how the brush draws."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from bench.browser import LONG_TASK, OBSERVE
from bench.painter import PARTIALS
from bench.report import quantile, table
from bench.servers import app, environment, free_port, served
from bench.streaming import READY, program

RESULTS = (1, 8)
LARGE = 4096
"""Pixels of each side of the picture that is masked."""
STROKES, MOVES = 6, 60
SEEN = """
window.arrived = {}; window.seen = {}; window.handled = [];
const Native = window.WebSocket;
window.WebSocket = class extends Native {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => {
      if (typeof data !== "string" || !data.includes("image_generation_call.partial_image")) return;
      for (const [id] of data.matchAll(/file_[0-9a-f]{32}/g)) window.arrived[id] ??= performance.now();
    });
  }
};
new MutationObserver((changes) => {
  for (const { addedNodes } of changes)
    for (const node of addedNodes) {
      const id = node.tagName === "IMG" && /file_[0-9a-f]{32}/.exec(node.src)?.[0];
      if (!id || window.seen[id]) continue;
      window.seen[id] = Infinity;
      requestAnimationFrame(() => setTimeout(() => (window.seen[id] = performance.now())));
    }
}).observe(document, { childList: true, subtree: true });
addEventListener("pointermove", () => (window.moved = performance.now()), true);
addEventListener("pointermove", () => window.handled.push(performance.now() - window.moved));
"""
"""When an event with a partial image came, when it was painted, and how long the page dealt with a move."""


@dataclass
class Watched:
    """Times in milliseconds."""

    frames: list[float]
    tasks: list[float]
    arrived: list[float]
    """From a partial image's event in the browser to the frame that shows it."""
    written: list[float]
    """From the provider's write of it."""
    handled: list[float]
    """What the page did at each move of the pointer."""


def measure(quick: bool) -> str:
    """Return the tables; or say why it was not run."""
    with suppress(ImportError):
        import playwright.sync_api  # noqa: F401

        from scripts.setup import find_browser

        if chromium := find_browser():
            with studio(chromium, 1024) as (page, provider):
                made = {number: watch_making(page, provider, number) for number in RESULTS}
            with studio(chromium, LARGE) as (page, _provider):
                masked = watch_masking(page, STROKES // 3 if quick else STROKES)
            return f"{rendered(made)}\n\n{rendered_mask(masked)}"
    return "Not run: this needs Playwright (`requirements-dev.txt`) and a Chromium."


def rendered(made: dict[int, Watched]) -> str:
    columns = [made[number] for number in RESULTS]
    rows = [
        ["event at the browser to the screen, p50 / p95", *(pair(each.arrived) for each in columns), "50 ms"],
        ["provider's write to the screen, p50 / p95", *(pair(each.written) for each in columns), ""],
        *frames(columns),
    ]
    words = f"Pictures of 1024 × 1024 pixels (PNG, 1.5 MB), {PARTIALS} partial images of each, all a second apart:"
    titles = ["", *(f"{number} result{'s' if number > 1 else ''}" for number in RESULTS), "aim"]
    return f"{words}\n\n{table(titles, rows)}"


def rendered_mask(masked: Watched) -> str:
    rows = [["the page at each move of the brush, p50 / p95", pair(masked.handled), "16.7 ms"], *frames([masked])]
    words = f"The mask brush on {LARGE:,} × {LARGE:,} pixels, {MOVES} moves of the pointer a stroke:"
    return f"{words}\n\n{table(['', 'measured', 'aim'], rows)}"


def frames(columns: list[Watched]) -> list[list[str]]:
    return [
        ["frames, p50 / p95", *(pair(each.frames) for each in columns), "17 ms"],
        ["frames a second", *(f"{1000 * len(each.frames) / sum(each.frames):.0f}" for each in columns), "60"],
        [f"tasks over {LONG_TASK} ms", *(str(len(each.tasks)) for each in columns), "0"],
        ["the longest", *(f"{max(each.tasks):.0f} ms" if each.tasks else "" for each in columns), ""],
    ]


def pair(values: list[float]) -> str:
    return f"{quantile(values, 0.5):.1f} / {quantile(values, 0.95):.1f} ms"


@contextmanager
def studio(chromium: str, side: int) -> Iterator[tuple[Any, int]]:
    """Yield the page of a new work, whose provider paints pictures of this size, and the provider's port."""
    from playwright.sync_api import sync_playwright

    provider, port = free_port(), free_port()
    with (
        tempfile.TemporaryDirectory(prefix="salon-bench-") as folder,
        served(
            [sys.executable, "-m", "bench.painter", str(provider), "--side", str(side)],
            provider,
            environment(Path(), provider),
        ),
    ):
        environ = environment(Path(folder), provider) | {"SALON_MODELS": "gpt-5,gpt-image-2"}
        program(["manage.py", "migrate", "--no-input", "--verbosity", "0"], environ)
        people = json.loads(program(["-m", "bench.people", "1"], environ))
        with served(app("daphne", port), port, environ, path=READY), sync_playwright() as playwright:
            address = f"http://127.0.0.1:{port}"
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            cookies = [part.split("=", 1) for part in people["headers"]["Cookie"].split("; ")]
            context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies])
            context.add_init_script(OBSERVE + SEEN)
            page = context.new_page()
            page.goto(f"{address}/studio/")
            page.get_by_role("button", name="New work").first.click()
            page.locator("html[data-ready]").wait_for(state="attached")
            yield page, provider
            browser.close()


def watch_making(page: Any, provider: int, results: int) -> Watched:
    """Have so many pictures made at once, and watch the page until the last of them is there."""
    before = len(written(provider))
    there = page.locator("version-tree .tree li[data-id]").count()
    page.get_by_role("textbox", name="Prompt").fill(f"What the tide leaves, {results}")
    page.locator("[name=results]").select_option(str(results))
    page.locator("[name=partial_images]").select_option(str(PARTIALS), force=True)
    forget(page)
    page.get_by_role("button", name="Generate").click()
    page.locator("version-tree .tree li[data-id]").nth(there + results - 1).wait_for(state="attached", timeout=60_000)
    page.wait_for_timeout(500)
    known = watched(page)
    stamps = sorted(written(provider)[before:])
    shown = sorted(page.evaluate("Object.keys(arrived).map((id) => performance.timeOrigin + (seen[id] ?? Infinity))"))
    known.written = [max(0, at - stamp) for at, stamp in zip(shown, stamps, strict=False)]
    return known


def watch_masking(page: Any, strokes: int) -> Watched:
    """Have a large picture made, and paint a mask on it on the whole screen."""
    page.get_by_role("textbox", name="Prompt").fill("What the tide leaves")
    page.get_by_role("button", name="Generate").click()
    page.locator("version-tree .tree li[data-id]").first.wait_for(state="attached", timeout=60_000)
    page.get_by_role("button", name="Mask", exact=True).click(timeout=60_000)
    page.get_by_role("button", name="Whole screen").click()
    board = page.get_by_role("application", name="Picture to paint the mask on")
    page.wait_for_timeout(2_000)  # the picture is decoded and fitted
    box = board.bounding_box()
    assert box is not None
    left, top, width, height = (box[name] for name in ("x", "y", "width", "height"))
    forget(page)
    for stroke in range(strokes):
        page.mouse.move(left + width * 0.2, top + height * (0.2 + 0.1 * stroke))
        page.mouse.down()
        page.mouse.move(left + width * 0.8, top + height * (0.3 + 0.08 * stroke), steps=MOVES)
        page.mouse.up()
    page.wait_for_timeout(300)
    return watched(page)


def forget(page: Any) -> None:
    page.evaluate("tasks.length = frames_at.length = handled.length = 0; arrived = {}; seen = {}")


def watched(page: Any) -> Watched:
    return Watched(
        frames=page.evaluate("frames_at.slice(1).map((at, n) => at - frames_at[n])"),
        tasks=page.evaluate("tasks"),
        arrived=page.evaluate("Object.keys(arrived).map((id) => (seen[id] ?? Infinity) - arrived[id])"),
        written=[],
        handled=page.evaluate("handled"),
    )


def written(provider: int) -> list[float]:
    """Return when the provider wrote each partial image, in milliseconds of the wall clock."""
    with urlopen(f"http://127.0.0.1:{provider}/written", timeout=10) as answer:
        times: list[float] = json.load(answer)
    return times
