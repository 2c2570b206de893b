"""The page that says what proves each section of the guides names tests that exist, and calls what is missing a gap."""

from __future__ import annotations

import ast
import re

import pytest

from webapp.env import BASE_DIR

PAGE = (BASE_DIR / "docs/responses-api.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)))
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not re.match(r"\| (Section|-)", line)]


def defined(path: str) -> set[str]:
    """The tests that stand in a file."""
    tree = ast.parse((BASE_DIR / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("path", sorted({path for path, _ in NAMED}))
def test_every_test_that_the_page_names_exists(path: str) -> None:
    names = {name for file, name in NAMED if file == path}
    assert names - defined(path) == set()


def test_every_section_is_proved_or_called_a_gap() -> None:
    assert len(ROWS) >= 40
    bare = [row for row in ROWS if "::test_" not in row and "gap" not in row.lower()]
    assert bare == []


def test_nothing_else_that_looks_like_a_test_is_named() -> None:
    assert len(re.findall(r"::test_\w+", PAGE)) == len(re.findall(r"`tests/[\w/]+\.py::test_\w+`", PAGE))
