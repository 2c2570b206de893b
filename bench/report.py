"""Tables in Markdown, printed and written into docs/performance.md."""

from __future__ import annotations

import platform
import re
import subprocess
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"


def quantile(values: list[float], part: float) -> float:
    """Return the value below which `part` of the values lie; NaN of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else float("nan")


def table(titles: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table: the first column to the left, numbers to the right."""
    lines = [titles, ["---", *["---:"] * (len(titles) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine() -> str:
    """Return what this machine is, in words."""
    information = Path("/proc/cpuinfo").read_text()
    names = re.findall(r"model name\s*: (.+)", information)
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1024**2
    system = f"{platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}"
    return f"{len(names)} cores of {names[0] if names else platform.machine()}, {memory:.0f} GiB, {system}"


def revision() -> str:
    """Return the short name of the commit that was measured, with a plus where the tree had changes."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"],
        cwd=PAGE.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip() or "unknown"


def write(part: str, text: str) -> None:
    """Put a part's tables between its two marks in the page; the words around them stay."""
    begin, end = f"<!-- {part} -->", f"<!-- /{part} -->"
    page = PAGE.read_text()
    before, _, rest = page.partition(begin)
    after = rest.partition(end)[2]
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{after}")
