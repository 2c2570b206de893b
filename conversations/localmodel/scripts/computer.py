"""A scripted task on a computer: look, click, type, press Enter (with a safety check), look again, tell."""

import asyncio
import io
from typing import Any

from PIL import Image

from ..context import Turn
from ..events import Answer
from .message import cut, say
from .text import excerpt

SAFETY = {
    "code": "sensitive_domain",
    "message": "This step sends what was typed. Look at the page before you go on. (The demo asks this each time.)",
}


def screen_size(turn: Turn, tool: dict[str, Any], screenshot: bytes | None) -> tuple[int, int]:
    """Width and height in pixels: the older tool says it, for the newer the screenshot shows it."""
    if "display_width" in tool:
        return tool["display_width"], tool["display_height"]
    if screenshot is None:
        return 1024, 768
    with Image.open(io.BytesIO(screenshot)) as image:
        return image.size


def steps(width: int, height: int, text: str) -> list[list[dict[str, Any]]]:
    """The batches of actions, one after each screenshot."""
    x, y = width // 2, height // 2
    return [
        [{"type": "screenshot"}],
        [{"type": "click", "button": "left", "x": x, "y": y}],
        [{"type": "type", "text": text}],
        [{"type": "keypress", "keys": ["ENTER"]}],
        [{"type": "wait"}],
        [{"type": "scroll", "x": x, "y": y, "scroll_x": 0, "scroll_y": height // 2}],
    ]


async def operate(answer: Answer, turn: Turn, tool: dict[str, Any]) -> None:
    """The next step of the task, or the end of it. Each new message of the user starts a new task."""
    last_message = max((place for place, item in enumerate(turn.items) if item["type"] == "message"), default=-1)
    done = [item for item in turn.items[last_message + 1 :] if item["type"] == "computer_call_output"]
    screenshot = await turn.picture(done[-1]["output"]) if done else None
    width, height = await asyncio.to_thread(screen_size, turn, tool, screenshot)
    batches = steps(width, height, excerpt(turn.prompt))
    if tool["type"] == "computer":
        # The newer tool takes several actions at once: click and type belong together.
        batches = [batches[0], batches[1] + batches[2], batches[3], batches[4] + batches[5]]
    if len(done) == len(batches):
        text = f"The scripted task is done: {len(done)} steps on a screen of {width} × {height} pixels."
        await say(answer, cut(f"{text} The last screenshot shows the result for “{excerpt(turn.prompt)}”."))
        return
    await call(answer, tool, batches[len(done)])


async def call(answer: Answer, tool: dict[str, Any], actions: list[dict[str, Any]]) -> None:
    """One computer call, in the form of the older tool (`action`) or the newer one (`actions`)."""
    checks = []
    if any(action["type"] == "keypress" for action in actions):
        checks = [{"id": answer.new_id("sc"), **SAFETY}]
    what = {"actions": actions} if tool["type"] == "computer" else {"action": actions[0]}
    fields = {"status": "in_progress", **what, "call_id": answer.new_id("call"), "pending_safety_checks": checks}
    async with answer.item("cu", type="computer_call", **fields) as item:
        await answer.pause(20)
        item["status"] = "completed"
