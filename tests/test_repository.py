"""What lies in the repository: short files of our own, and nothing of the machine that they were written on."""

import re
import subprocess
from pathlib import Path

import pytest

from webapp.env import BASE_DIR

MOST_LINES = 350
WRITTEN = {".py", ".js", ".mjs", ".css", ".html"}
PICTURES = {".webp", ".png", ".svg", ".ico", ".ttf", ".woff2"}
MADE_BY_MACHINES = {"requirements.txt", "requirements-dev.txt", "package-lock.json"}
# Written apart, so that this file does not name them either
REGISTRIES = ["pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com", "deb." + "debian"]
MACHINE_PATHS = re.compile(r"""(?<![\w.$}/-])/(?:work|root|home/\w+|Users/\w+|tmp)/\w""")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=BASE_DIR, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a clone of the repository")
    return [path for name in listed.stdout.decode().split("\0") if name and (path := BASE_DIR / name).is_file()]


def texts() -> dict[str, str]:
    files = [path for path in tracked() if path.suffix not in PICTURES]
    return {str(path.relative_to(BASE_DIR)): path.read_text(encoding="utf-8") for path in files}


def test_every_file_can_be_read_in_one_sitting() -> None:
    lengths = {name: len(text.splitlines()) for name, text in texts().items() if Path(name).suffix in WRITTEN}
    long = {name: lines for name, lines in lengths.items() if lines > MOST_LINES and "/migrations/" not in name}
    assert not long, "look for the two things in it"


def test_every_merge_was_brought_to_its_end() -> None:
    mark = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.MULTILINE)
    assert not [name for name, text in texts().items() if mark.search(text)]


def test_no_package_registry_is_named() -> None:
    assert not [(name, host) for name, text in texts().items() for host in REGISTRIES if host in text]


def test_no_path_of_one_machine_is_named() -> None:
    found = {name: MACHINE_PATHS.findall(text) for name, text in texts().items() if name not in MADE_BY_MACHINES}
    assert not {name: paths for name, paths in found.items() if paths}


def test_every_file_is_our_own() -> None:
    names = [path.relative_to(BASE_DIR) for path in tracked()]
    foreign = [name for name in names if {"node_modules", "vendor", "third_party"} & set(name.parts)]
    built = [name for name in names if name.name.endswith((".min.js", ".min.css", ".map", ".whl", ".gguf", ".pyc"))]
    large = [path.name for path in tracked() if path.stat().st_size > 400_000]
    assert (foreign, built, large) == ([], [], [])


def test_binary_files_are_pictures() -> None:
    binary = [path for path in tracked() if b"\0" in path.read_bytes()[:8000]]
    assert {path.suffix for path in binary} <= PICTURES
