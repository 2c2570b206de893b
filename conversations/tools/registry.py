"""The function tools of this deployment: the built-in ones, and those of packages with an entry point.

    [project.entry-points."salon.tools"]
    weather = "our_tools:weather"

names a typed function whose docstring is what the model reads of it; `@tool(approval=True, seconds=60)` above it says
more. The entry point's name counts for nothing. A function that cannot be a tool is left out and told of by `check`.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, TypeVar, overload

import structlog

from conversations.tools.signatures import BadTool, Signature

log = structlog.get_logger(__name__)

GROUP = "salon.tools"
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
LONGEST_DESCRIPTION = 1_024
SECONDS = 20.0
MOST_SECONDS = 300.0
F = TypeVar("F", bound=Callable[..., Any])


class ToolFailed(Exception):
    """What a tool could not do: its text goes to the model as it is. Of any other exception the type goes too."""


@dataclass(frozen=True)
class Tool:
    """A function as models may call it."""

    name: str
    description: str
    function: Callable[..., Any]
    signature: Signature = field(repr=False)
    approval: bool = False
    """Whether a person must agree to each call, unless an administrator says otherwise."""
    seconds: float = SECONDS

    @property
    def definition(self) -> dict[str, Any]:
        """The tool as a request offers it."""
        return {
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": self.signature.schema,
            "strict": True,
        }


@overload
def tool(function: F) -> F: ...
@overload
def tool(*, approval: bool = ..., seconds: float = ..., name: str = ...) -> Callable[[F], F]: ...
def tool(function: Any = None, *, approval: bool = False, seconds: float = SECONDS, name: str = "") -> Any:
    """Say more of a function that is a tool: that each call needs approval, how long it may take, another name."""

    def mark(marked: F) -> F:
        marked.__salon_tool__ = {"approval": approval, "seconds": seconds, "name": name}  # type: ignore[attr-defined]
        return marked

    return mark if function is None else mark(function)


def made_of(function: Any) -> Tool:
    """Return the tool that a function is; raise `BadTool` with the reason why it cannot be one."""
    if not callable(function) or inspect.isclass(function):
        raise BadTool("It is no function.")
    said: dict[str, Any] = getattr(function, "__salon_tool__", {})
    name = str(said.get("name") or getattr(function, "__name__", ""))
    description = inspect.getdoc(function) or ""
    seconds = said.get("seconds", SECONDS)
    if not NAME.fullmatch(name):
        raise BadTool(f"“{name}” is no name for a tool: up to 64 letters, digits, - and _.")
    if not description:
        raise BadTool("It has no docstring, which is what the model reads of it.")
    if len(description) > LONGEST_DESCRIPTION:
        raise BadTool(f"Its docstring is longer than {LONGEST_DESCRIPTION:,} characters.")
    if not 0 < seconds <= MOST_SECONDS:
        raise BadTool(f"Its time limit must be above 0 and at most {MOST_SECONDS:g} seconds.")
    return Tool(
        name=name,
        description=description,
        function=function,
        signature=Signature(function),
        approval=bool(said.get("approval")),
        seconds=seconds,
    )


@dataclass(frozen=True)
class Registry:
    """The tools by name, and a sentence for each entry point that is none."""

    tools: dict[str, Tool]
    problems: list[str]


@functools.cache
def registry() -> Registry:
    """Return the tools of this process. They are read once: a package that is added shows after a restart."""
    from conversations.tools.builtin import BUILT_IN

    found = {made.name: made for made in map(made_of, BUILT_IN)}
    problems: list[str] = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.value, point.name)):
        try:
            made = made_of(point.load())
            if made.name in found:
                raise BadTool(f"There is another tool named {made.name}.")
        except Exception as error:  # whatever a package does when it is imported
            reason = str(error) if isinstance(error, BadTool) else f"It cannot be loaded: {type(error).__name__}."
            problems.append(f"{point.value} is no tool. {reason}")
            log.warning("tool_left_out", entry_point=point.value, error=type(error).__name__)
        else:
            found[made.name] = made
    return Registry(found, problems)
