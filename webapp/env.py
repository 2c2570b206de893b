"""Typed readers of the environment. Each takes a value from NAME, or from the file that NAME_FILE names.

Every name read is kept in `READ`, so that a test can hold the settings reference against the code.
"""

import base64
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from dotenv import load_dotenv

BASE_DIR: Final = Path(__file__).resolve().parents[1]
READ: Final[dict[str, str]] = {}
"""Name -> default as text, of every setting that was asked for."""


class BadSetting(ImproperlyConfigured):
    """A setting that stops the start. Its text is one sentence that names the variable and says what to do."""


def choose_settings() -> None:
    """Read `.env` beside manage.py, and point Django at the settings that SALON_ENV names."""
    load_dotenv(BASE_DIR / ".env")
    kind = choice("SALON_ENV", "development", ("development", "test", "production"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"webapp.settings.{kind}")


@contextmanager
def one_sentence() -> Iterator[None]:
    """End the program with the sentence of a bad setting, in place of a traceback."""
    try:
        yield
    except ImproperlyConfigured as error:
        sys.exit(f"Salon cannot start: {error}")


def text(name: str, default: str = "") -> str:
    """Return the setting, stripped; an empty value counts as not set. NAME wins over NAME_FILE."""
    READ[name] = default
    value = os.environ.get(name, "").strip()
    if not value and (path := os.environ.get(f"{name}_FILE")):
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(
                f"{name}_FILE names {path}, which cannot be read: make it a readable text file."
            ) from error
    return value or default


def flag(name: str, default: bool = False) -> bool:
    """Return a yes or no: 1, true, yes, on, or 0, false, no, off."""
    value = text(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise BadSetting(f"{name} is “{value}”: set it to 1 or 0.")


def number(name: str, default: float, *, least: float = 0, most: float = 1e9) -> float:
    """Return a number between `least` and `most`, both included."""
    value = text(name, f"{default:g}")
    try:
        result = float(value)
    except ValueError:
        result = float("nan")
    if not least <= result <= most:
        raise BadSetting(f"{name} is “{value}”: set it to a number from {least:g} to {most:g}.")
    return result


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """Return one of the allowed words."""
    value = text(name, default)
    if value not in allowed:
        raise BadSetting(f"{name} is “{value}”: set it to {', '.join(allowed[:-1])} or {allowed[-1]}.")
    return value


def listing(name: str, default: str = "") -> list[str]:
    """Return the parts of a comma-separated setting, without empty ones."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def folder(name: str, default: str) -> Path:
    """Return a folder that can be written to, made if it is missing. A relative one is below the project's folder."""
    path = BASE_DIR / text(name, default)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting(f"{name} is {path}, which cannot be made: set it to a folder that can.") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise BadSetting(f"{name} is {path}, which may not be written to: change that, or set another.")
    return path


def address(name: str, schemes: tuple[str, ...]) -> str:
    """Return a URL with one of the schemes, or nothing."""
    value = text(name)
    if value and urlsplit(value).scheme not in schemes:
        # The value stays out of the sentence: it may hold a password
        raise BadSetting(f"{name} does not begin with {schemes[0]}://: write it like {schemes[0]}://host/name.")
    return value


def encryption_keys(name: str) -> list[str]:
    """Return comma-separated keys of 32 bytes in URL-safe base64; the first one encrypts, all decrypt."""
    keys = listing(name)
    for key in keys:
        try:
            length = len(base64.urlsafe_b64decode(key))
        except ValueError:
            length = 0
        if length != 32:
            raise BadSetting(
                f"{name} holds a key that is not 32 bytes in URL-safe base64: make one as docs/settings.md says."
            )
    return keys


def generated(name: str, path: Path, make: Callable[[], str]) -> str:
    """Return the secret `name`, or else the one kept at `path`, which is made (mode 0600) at the first start.

    Two processes that start together agree: the file is the first one's, and none reads it before it is written.
    """
    if value := text(name):
        return value
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=path.name) as file:
            file.write(make())
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, path)  # whole, or not at all
    return path.read_text(encoding="utf-8").strip()
