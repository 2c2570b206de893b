"""What every make target begins with: prepare what is missing, skip what is done, say what is wrong."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import setup
from webapp.env import BASE_DIR


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PORT": "http"}, "PORT is “http”: set it to a number from 1 to 65535."),
        ({"PORT": "65536"}, "PORT is “65536”: set it to a number from 1 to 65535."),
        ({"HOST": "127.0.0.1/24"}, "HOST is “127.0.0.1/24”: set it to an address of this machine, such as 127.0.0.1."),
    ],
)
def test_an_address_that_cannot_be_served_at_is_told_before_anything_is_installed(
    variables: dict[str, str], sentence: str
) -> None:
    result = subprocess.run(
        [sys.executable, "scripts/setup.py", "run"],
        cwd=BASE_DIR,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr.strip()) == (1, "", sentence)


def test_without_a_python_that_is_new_enough_make_says_what_to_install(tmp_path: Path) -> None:
    make = shutil.which("make")
    assert make
    for name in ("sh", "env"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 1\n")  # what an old one answers when asked
    (tmp_path / "python3").chmod(0o755)
    result = subprocess.run(
        [make, "--dry-run", "run"],
        cwd=BASE_DIR,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "Salon needs Python 3.11 or newer, and found none" in result.stderr


def test_an_older_python3_is_passed_over_for_a_newer_one_beside_it(tmp_path: Path) -> None:
    for name in ("sh", "env", "make"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python3").chmod(0o755)
    (tmp_path / "python3.12").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (tmp_path / "python3.12").chmod(0o755)
    result = subprocess.run(
        ["make", "--dry-run", "run"],
        cwd=BASE_DIR,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "python3.12 scripts/setup.py run" in result.stdout


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two sources, whose build is a program that the test chooses."""
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "app.js").write_text("1")
    (tmp_path / "build.mjs").write_text("build")
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "BUILD", tmp_path / "build")
    return tmp_path


def build_with(project: Path, monkeypatch: pytest.MonkeyPatch, commands: str) -> int:
    """Build with these shell commands in the place of Node.js; return how often they have run so far."""
    program = project / "program"
    program.write_text(f"#!/bin/sh\necho >> {project}/runs\nmkdir -p build/static\n{commands}\n")
    program.chmod(0o755)
    monkeypatch.setattr(setup, "PYTHON", program)
    setup.build_front_end()
    return len((project / "runs").read_text().splitlines())


def test_the_front_end_is_built_once_and_again_when_a_source_changes(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert build_with(project, monkeypatch, "true") == 1
    assert build_with(project, monkeypatch, "true") == 1
    (project / "static" / "app.js").write_text("2")
    assert build_with(project, monkeypatch, "true") == 2
    (project / "static" / "app.js").rename(project / "static" / "other.js")
    assert build_with(project, monkeypatch, "true") == 3


def test_a_build_that_failed_is_done_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        build_with(project, monkeypatch, "exit 3")
    assert build_with(project, monkeypatch, "true") == 2


def test_what_an_old_build_left_is_gone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_with(project, monkeypatch, "touch build/static/old.js")
    (project / "static" / "app.js").write_text("2")
    build_with(project, monkeypatch, "touch build/static/new.js")
    assert [path.name for path in (project / "build" / "static").iterdir()] == ["new.js"]


def test_a_browser_that_is_named_and_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(SystemExit, match="CHROMIUM is “/nowhere/chromium”, which is no program"):
        setup.find_browser()


def test_a_machine_without_a_browser_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup.find_browser() is None
