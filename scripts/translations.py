"""The words of the interface in other languages: `translations.py extract`, `translations.py compile`.

What is marked in templates and Python is gathered in locale/ by Django, which needs GNU gettext for it. Compiled
catalogues are built, not kept: they lie in build/locale/, where the settings look.
"""

import subprocess
import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[1]
LOCALE, COMPILED = ROOT / "locale", ROOT / "build" / "locale"
LEFT_OUT = ("node_modules", ".venv", "build", "tests", "bench")


def extract() -> None:
    """Bring the catalogues in locale/ up to date with what is marked."""
    ignored = [f"--ignore={folder}" for folder in LEFT_OUT]
    command = [sys.executable, "-m", "django", "makemessages", "--all", "--no-location", "--no-obsolete", *ignored]
    subprocess.run(command, cwd=ROOT, check=True)


def compile_all() -> None:
    """Compile every catalogue; words that are not translated, or that a person has to look at, stay English."""
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        target = COMPILED / source.relative_to(LOCALE).with_suffix(".mo")
        target.parent.mkdir(parents=True, exist_ok=True)
        polib.pofile(str(source)).save_as_mofile(str(target))


if __name__ == "__main__":
    {"extract": extract, "compile": compile_all}[sys.argv[1]]()
