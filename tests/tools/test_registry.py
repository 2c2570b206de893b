"""A team adds its own tools by a package; their signatures become strict schemas."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from conversations.tools import registry
from conversations.tools.registry import made_of
from conversations.tools.signatures import BadArguments, BadTool, Caller

HERE = Path(__file__).parent


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[registry.Registry]:
    """The deployment with the package `our-tools` installed."""
    monkeypatch.syspath_prepend(str(HERE / "package"))
    registry.registry.cache_clear()
    yield registry.registry()
    registry.registry.cache_clear()
    sys.modules.pop("our_tools", None)


def test_a_package_brings_tools(installed: registry.Registry) -> None:
    assert installed.tools.keys() == {
        *("search_conversations", "current_time", "calculate", "fetch_page"),
        *("room_temperature", "order_coffee"),
    }
    coffee = installed.tools["order_coffee"]
    assert (coffee.approval, coffee.description) == (True, "Order coffee.")
    assert installed.tools["room_temperature"].seconds == 5


def test_what_cannot_be_a_tool_is_left_out_and_told_of(installed: registry.Registry) -> None:
    told = "\n".join(installed.problems)
    for reason in (
        "our_tools:silent is no tool. It has no docstring",
        "our_tools:anything is no tool. A parameter is a free object",
        "our_tools:calculate is no tool. There is another tool named calculate",
        "our_tools:missing is no tool. It cannot be loaded: AttributeError",
        "gone_tools:gone is no tool. It cannot be loaded: ModuleNotFoundError",
    ):
        assert reason in told
    assert "builtin" not in installed.tools["calculate"].description
    warned = [warning.msg for warning in run_checks() if warning.id == "salon.W004"]
    assert len(warned) == len(installed.problems) == 5


def test_a_signature_is_a_strict_schema(installed: registry.Registry) -> None:
    definition = installed.tools["room_temperature"].definition
    schema = definition["parameters"]
    assert definition["strict"] is True
    assert schema["required"] == ["room", "scale", "digits", "day"]
    assert schema["additionalProperties"] is False
    assert "caller" not in schema["properties"]
    assert schema["$defs"]["Room"]["required"] == ["name", "floor"]
    assert schema["$defs"]["Unit"] == {"enum": ["celsius", "fahrenheit"], "type": "string"}
    assert {"type": "null"} in schema["properties"]["digits"]["anyOf"]
    assert "default" not in str(schema)


def test_arguments_become_what_the_function_takes(installed: registry.Registry) -> None:
    tool = installed.tools["room_temperature"]
    given = '{"room": {"name": "Loft", "floor": 3}, "scale": null, "digits": null, "day": "2026-11-24"}'
    values = tool.signature.values(given)
    values[tool.signature.caller] = Caller(user_id=7, conversation_id="conv_1")
    assert tool.function(**values) == "Loft 3 celsius 1 2026-11-24 for 7"


@pytest.mark.parametrize(
    "given",
    [
        '{"cups": 0, "milk": "none"}',
        '{"cups": 21, "milk": "none"}',
        '{"cups": 2.5, "milk": "none"}',
        '{"cups": true, "milk": "none"}',
        '{"cups": "2", "milk": "none"}',
        '{"cups": 2, "milk": "cow"}',
        '{"cups": 2}',
        '{"cups": 2, "milk": "oat", "sugar": 1}',
        "[2]",
        '"2"',
        "",
        '{"cups": 2, "milk": "oat"} trailing',
        '{"cups": ' + "[" * 5000,
    ],
)
def test_arguments_that_do_not_fit_are_explained(installed: registry.Registry, given: str) -> None:
    with pytest.raises(BadArguments, match=r"The arguments do not fit: .+"):
        installed.tools["order_coffee"].signature.values(given)


def test_functions_that_cannot_be_tools_say_why() -> None:
    def untyped(a):  # type: ignore[no-untyped-def]
        """Untyped."""

    def many(*names: str) -> None:
        """Many."""

    def complicated(number: complex) -> None:
        """Complicated."""

    def unknown(a: Nowhere) -> None:  # type: ignore[name-defined]  # noqa: F821
        """Unknown."""

    def slow() -> None:
        """Slow."""

    def odd() -> None:
        """Odd."""

    for function, reason in (
        (untyped, "has no type"),
        (many, "cannot be given by name"),
        (complicated, "has no JSON schema"),
        (unknown, "cannot be read"),
        (lambda: None, "no name for a tool"),
        (str, "no function"),
        (5, "no function"),
        (registry.tool(seconds=10_000)(slow), "time limit"),
        (registry.tool(name="a b")(odd), "no name for a tool"),
    ):
        with pytest.raises(BadTool, match=reason):
            made_of(function)


def test_a_tool_without_parameters_takes_an_empty_object() -> None:
    def ring() -> None:
        """Ring."""

    tool: Any = made_of(ring)
    assert tool.definition["parameters"] == {
        "type": "object",
        "properties": {},
        "required": [],
        "additionalProperties": False,
    }
    assert tool.signature.values("") == tool.signature.values("{}") == {}
