"""The words of the interface in other languages: `translations.py extract`, `translations.py compile`.

What is marked in templates and Python (`django.po`) and in the scripts of the page (`djangojs.po`) is gathered in
locale/ by Django, which needs GNU gettext for it. Compiled catalogues are built, not kept: they lie in build/locale/,
where the settings look, and as scripts in build/words/, where build.mjs looks.
"""

import json
import subprocess
import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[1]
LOCALE, COMPILED, SCRIPTS = ROOT / "locale", ROOT / "build" / "locale", ROOT / "build" / "words"
LEFT_OUT = ("node_modules", ".venv", "build", "tests", "bench")


def extract() -> None:
    """Bring the catalogues in locale/ up to date with what is marked."""
    ignored = [f"--ignore={folder}" for folder in LEFT_OUT]
    for domain in ("django", "djangojs"):
        command = [sys.executable, "-m", "django", "makemessages", "--all", "--domain", domain, *ignored]
        subprocess.run([*command, "--no-location", "--no-obsolete"], cwd=ROOT, check=True)
    for source in LOCALE.glob("*/LC_MESSAGES/*.po"):
        # Lines are broken differently by each release of gettext, which would change them all
        polib.pofile(str(source), wrapwidth=0).save()


def compile_all() -> None:
    """Compile every catalogue; words that are not translated, or that a person has to look at, stay English."""
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        target = COMPILED / source.relative_to(LOCALE).with_suffix(".mo")
        target.parent.mkdir(parents=True, exist_ok=True)
        polib.pofile(str(source)).save_as_mofile(str(target))
    SCRIPTS.mkdir(parents=True, exist_ok=True)
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/djangojs.po")):
        (SCRIPTS / f"{source.parts[-3]}.js").write_text(script_of(polib.pofile(str(source))), encoding="utf-8")


def script_of(catalogue: polib.POFile) -> str:
    """Return the module that tells static/app/lib/gettext.js the words of a catalogue.

    The rule for the plural is an expression of C, which is one of JavaScript as well: no page has to evaluate it.
    """
    words = {}
    for entry in catalogue.translated_entries():
        key = f"{entry.msgctxt}\x04{entry.msgid}" if entry.msgctxt else entry.msgid
        forms = [said for _, said in sorted(entry.msgstr_plural.items())]
        words[key] = forms if entry.msgid_plural else entry.msgstr
    plural = catalogue.metadata["Plural-Forms"].partition("plural=")[2].rstrip("; ")
    learnt = json.dumps(words, ensure_ascii=False, indent=1)
    return f'import {{ learn }} from "../../static/app/lib/gettext.js";\n\nlearn({learnt}, (n) => Number({plural}));\n'


if __name__ == "__main__":
    {"extract": extract, "compile": compile_all}[sys.argv[1]]()
