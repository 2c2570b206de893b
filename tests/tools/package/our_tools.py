"""Tools of a team, as a package brings them: two that are, and three that cannot be."""

import dataclasses
import datetime as dt
import enum
from typing import Annotated, Any, Literal

import msgspec

from conversations.tools.registry import tool
from conversations.tools.signatures import Caller


class Unit(enum.Enum):
    CELSIUS = "celsius"
    FAHRENHEIT = "fahrenheit"


@dataclasses.dataclass
class Room:
    name: str
    floor: int = 0


@tool(seconds=5)
def room_temperature(
    room: Room,
    scale: Unit = Unit.CELSIUS,
    digits: Annotated[int, msgspec.Meta(ge=0, le=3, description="After the point")] = 1,
    day: dt.date | None = None,
    *,
    caller: Caller,
) -> str:
    """Tell how warm a room of the office is."""
    return f"{room.name} {room.floor} {scale.value} {digits} {day} for {caller.user_id}"


@tool(approval=True)
async def order_coffee(cups: Annotated[int, msgspec.Meta(ge=1, le=20)], milk: Literal["none", "oat"]) -> str:
    """Order coffee."""
    return f"{cups} cups, milk: {milk}"


def silent(cups: int) -> str:
    return str(cups)


def anything(options: dict[str, Any]) -> None:
    """Take whatever comes."""


def calculate(expression: str) -> str:
    """Pretend to be the built-in one."""
    return expression
