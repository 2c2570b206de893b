"""What a model asks for with its mouse and keyboard, carried out on a page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import Page

WIDTH, HEIGHT = 1024, 768
MOST_ACTIONS = 50
"""In one call."""
MOST_TEXT = 10_000
WAIT = 2.0
MOST_SCROLL = 20_000
BUTTONS = {"left": "left", "right": "right", "wheel": "middle", "middle": "middle"}
KEYS = {
    "ALT": "Alt",
    "ARROWDOWN": "ArrowDown",
    "ARROWLEFT": "ArrowLeft",
    "ARROWRIGHT": "ArrowRight",
    "ARROWUP": "ArrowUp",
    "BACKSPACE": "Backspace",
    "CAPSLOCK": "CapsLock",
    "CMD": "Meta",
    "CONTROL": "Control",
    "CTRL": "Control",
    "DEL": "Delete",
    "DELETE": "Delete",
    "DOWN": "ArrowDown",
    "END": "End",
    "ENTER": "Enter",
    "ESC": "Escape",
    "ESCAPE": "Escape",
    "HOME": "Home",
    "INSERT": "Insert",
    "LEFT": "ArrowLeft",
    "META": "Meta",
    "OPTION": "Alt",
    "PAGEDOWN": "PageDown",
    "PAGEUP": "PageUp",
    "RETURN": "Enter",
    "RIGHT": "ArrowRight",
    "SHIFT": "Shift",
    "SPACE": "Space",
    "SUPER": "Meta",
    "TAB": "Tab",
    "UP": "ArrowUp",
    "WIN": "Meta",
} | {f"F{number}": f"F{number}" for number in range(1, 13)}
"""The names that models have for keys, in capitals, and the browser's."""
HOME = {"Control+l", "Control+t", "Alt+d", "Alt+Home"}
"""What people press to type an address; this browser has no bar for one, and goes to its first page."""
BACK, FORWARD, AGAIN = {"Alt+ArrowLeft"}, {"Alt+ArrowRight"}, {"F5", "Control+r"}


class Unable(Exception):
    """The model asked for what cannot be done. `sentence` is for people."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def actions_of(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the actions of a call: the newer tool's batch, or the one of the older; raise `Unable`."""
    given = payload.get("actions")
    actions = given if isinstance(given, list) else [payload.get("action")]
    if len(actions) > MOST_ACTIONS:
        raise Unable(f"The model asked for {len(actions)} actions at once; {MOST_ACTIONS} are the most.")
    for action in actions:
        if not isinstance(action, dict) or action.get("type") not in ACTIONS:
            kind = str(action.get("type"))[:40] if isinstance(action, dict) else "nothing"
            raise Unable(f"The model asked the computer for “{kind}”, which it does not know.")
    return [action for action in actions if isinstance(action, dict)]


async def act(page: Page, action: Mapping[str, Any], *, home: str) -> None:
    """Carry out one action of `actions_of`; `home` is the address of the first page."""
    kind = action["type"]
    if kind == "keypress":
        await _press(page, _keys(action), home=home)
        return
    async with _held(page, _keys(action)):
        await ACTIONS[kind](page, action)


def _number(value: Any, most: int, least: int = 0) -> int:
    """Return a coordinate that lies on the screen, whatever was asked for."""
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) and value == value else 0
    return int(max(least, min(most, number)))


def _place(holder: Mapping[str, Any]) -> tuple[int, int]:
    return _number(holder.get("x"), WIDTH - 1), _number(holder.get("y"), HEIGHT - 1)


def _keys(action: Mapping[str, Any]) -> list[str]:
    keys = action.get("keys")
    names = [key for key in keys if isinstance(key, str) and key] if isinstance(keys, list) else []
    if any(key.upper() not in KEYS and len(key) != 1 for key in names):
        raise Unable("The model pressed a key that there is not.")
    return [KEYS.get(key.upper(), key.lower() if len(names) > 1 else key) for key in names[:5]]


@asynccontextmanager
async def _held(page: Page, keys: Sequence[str]) -> AsyncIterator[None]:
    for key in keys:
        await page.keyboard.down(key)
    try:
        yield
    finally:
        for key in reversed(keys):
            await page.keyboard.up(key)


async def _press(page: Page, keys: list[str], *, home: str) -> None:
    pressed = "+".join(keys)
    if pressed in HOME:
        await page.goto(home)
    elif pressed in BACK:
        await page.go_back(wait_until="commit")
    elif pressed in FORWARD:
        await page.go_forward(wait_until="commit")
    elif pressed in AGAIN:
        await page.reload(wait_until="commit")
    elif keys:
        await page.keyboard.press(pressed)


async def _click(page: Page, action: Mapping[str, Any]) -> None:
    button = action.get("button", "left")
    if button == "back":
        await page.go_back(wait_until="commit")
    elif button == "forward":
        await page.go_forward(wait_until="commit")
    else:
        await page.mouse.click(*_place(action), button=BUTTONS.get(button, "left"))  # type: ignore[arg-type]


async def _double_click(page: Page, action: Mapping[str, Any]) -> None:
    await page.mouse.dblclick(*_place(action))


async def _move(page: Page, action: Mapping[str, Any]) -> None:
    await page.mouse.move(*_place(action))


async def _drag(page: Page, action: Mapping[str, Any]) -> None:
    path = action.get("path")
    points = [_place(point) for point in path if isinstance(point, dict)][:200] if isinstance(path, list) else []
    if not points:
        return
    await page.mouse.move(*points[0])
    await page.mouse.down()
    try:
        for point in points[1:]:
            await page.mouse.move(*point, steps=5)
    finally:
        await page.mouse.up()


async def _scroll(page: Page, action: Mapping[str, Any]) -> None:
    await page.mouse.move(*_place(action))
    across, down = (_number(action.get(name), MOST_SCROLL, -MOST_SCROLL) for name in ("scroll_x", "scroll_y"))
    await page.mouse.wheel(across, down)


async def _type(page: Page, action: Mapping[str, Any]) -> None:
    text = action.get("text")
    await page.keyboard.type(text[:MOST_TEXT] if isinstance(text, str) else "")


async def _wait(page: Page, action: Mapping[str, Any]) -> None:
    await asyncio.sleep(WAIT)


async def _nothing(page: Page, action: Mapping[str, Any]) -> None:
    """A picture is taken after every call anyway; keys are pressed by whoever knows the first page."""


ACTIONS = {
    "click": _click,
    "double_click": _double_click,
    "drag": _drag,
    "keypress": _nothing,
    "move": _move,
    "screenshot": _nothing,
    "scroll": _scroll,
    "type": _type,
    "wait": _wait,
}
