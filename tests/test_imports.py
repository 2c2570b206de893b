"""Imports point one way: doors -> access, actions -> events -> models; turns beside; upstream knows nothing of ours."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from webapp.env import BASE_DIR

LAYERS: list[set[str]] = [
    {"egress", "sealing", "intake", "prepared", "stores"},
    {"models", "errors", "metrics", "output", "protocol", "threads", "portraits", "shown", "upstream", "localmodel"}
    | {"arguments", "schemas", "markup", "prompts"},
    {"fresh"},
    {"site_settings"},
    {"hub", "catalog", "parameters", "signins", "access", "forms", "contents", "branches", "openid", "reckoning"}
    | {"folding", "marks", "pictures", "sessions", "confirming"},
    {"notices", "renditions", "snapshots", "lists", "running", "unread", "image_options", "budgets"},
    {"events", "dispatch", "replay", "watch", "readmarks"},
    {"moderation", "exports"},
    {"actions", "search"},
    {"tools", "mcp", "computer", "imports"},
    {"turns", "checks"},
    {"tasks", "inspector", "studio", "gallery"},
    {"views", "consumers", "gateway", "admin", "management", "templatetags", "preferences", "apps"}
    | {"accounts", "passkeys"},
    {"adminsite"},
    {"urls", "account_urls"},
]
"""From the ground up. A module may import its own package and the layers below it, and nothing beside or above it."""
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
KNOW_NOBODY = {"egress", "upstream", "localmodel", "intake"}
EXCEPTIONS = {
    ("dispatch", "tasks"),  # hands a job over by the task's name; the module is only there where workers are
}
FILES = sorted(path for path in (BASE_DIR / "conversations").rglob("*.py") if "migrations" not in path.parts)


def imports_of(path: Path) -> Iterator[str]:
    """Yield the dotted names that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{source_of(node, path)}.{alias.name}" for alias in node.names)


def source_of(node: ast.ImportFrom, path: Path) -> str:
    """Return the dotted name of the module that is imported from, relative ones resolved."""
    if not node.level:
        return node.module or ""
    package = path.relative_to(BASE_DIR).parts[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


def part_of(path: Path) -> str:
    """The package or module of `conversations` that a file belongs to."""
    return path.relative_to(BASE_DIR / "conversations").with_suffix("").parts[0]


def ours(path: Path) -> Iterator[str]:
    """Yield the parts of `conversations` that a file imports, besides its own."""
    for name in imports_of(path):
        package, _, rest = name.partition(".")
        if package == "conversations" and (part := rest.partition(".")[0]) != part_of(path):
            yield part


def test_every_part_has_its_layer() -> None:
    parts = {part_of(path) for path in FILES} - {"__init__"}
    assert parts <= LEVEL.keys(), "add the new part to LAYERS: what may import it, and what may it import?"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(BASE_DIR)))
def test_a_part_imports_only_the_layers_below_it(path: Path) -> None:
    me = part_of(path)
    upward = {part for part in ours(path) if LEVEL[part] >= LEVEL.get(me, 0) and (me, part) not in EXCEPTIONS}
    assert not upward, f"{me} may not import {upward}"


@pytest.mark.parametrize(
    "path", [path for path in FILES if part_of(path) in KNOW_NOBODY], ids=lambda path: str(path.relative_to(BASE_DIR))
)
def test_both_clients_and_the_embedded_provider_know_no_django_and_nothing_of_ours(path: Path) -> None:
    foreign = {name for name in imports_of(path) if name.split(".")[0] in {"django", "channels", "webapp", "tests"}}
    assert not foreign
    assert set(ours(path)) <= ({"egress"} if part_of(path) == "localmodel" else set())


def test_only_commands_know_the_wiring() -> None:
    knowing = {part_of(path) for path in FILES for name in imports_of(path) if name.split(".")[0] == "webapp"}
    assert knowing <= {"management"}


def test_nothing_imports_the_suite() -> None:
    wiring = [*FILES, *(BASE_DIR / "webapp").rglob("*.py")]
    assert not [path for path in wiring for name in imports_of(path) if name.split(".")[0] == "tests"]


def test_parts_of_a_package_import_each_other_without_a_circle() -> None:
    """Between parts the layers forbid circles; this looks inside each package, at what is imported at its loading."""
    edges = {module_name(path): set(module_level(path)) for path in FILES}
    done: set[str] = set()
    for start in edges:
        walk(start, edges, done, [])


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(BASE_DIR).with_suffix("").parts).removesuffix(".__init__")


def module_level(path: Path) -> Iterator[str]:
    """Yield the modules of ours that a file imports when it is loaded."""
    modules = {module_name(file) for file in FILES}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            source = source_of(node, path)
            for alias in node.names:
                whole = f"{source}.{alias.name}"
                yield whole if whole in modules else source


def walk(module: str, edges: dict[str, set[str]], done: set[str], trail: list[str]) -> None:
    assert module not in trail, f"a circle: {' -> '.join([*trail[trail.index(module) :], module])}"
    if module in done:
        return
    for other in sorted(edges.get(module, ())):
        if other != module:
            walk(other, edges, done, [*trail, module])
    done.add(module)
