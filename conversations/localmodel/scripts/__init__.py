"""What the models do: one script for each kind of request."""

from ..context import Turn
from ..responses import Script
from .text import tell


def choose_script(turn: Turn) -> Script:
    return tell
