"""Typed readers of the environment. Each takes a value from NAME, or from the file that NAME_FILE names.

Every name read is kept in `READ`, so that a test can hold the settings reference against the code.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from django.core.exceptions import ImproperlyConfigured

READ: Final[dict[str, str]] = {}
"""Name -> default as text, of every setting that was asked for."""


class BadSetting(ImproperlyConfigured):
    """A setting that stops the start. Its text is one sentence that names the variable and says what to do."""


def text(name: str, default: str = "") -> str:
    """Return the setting without surrounding white space; an empty value counts as not set."""
    READ[name] = default
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(
                f"{name}_FILE names {path}, which cannot be read: make it a readable text file."
            ) from error
    return os.environ.get(name, "").strip() or default


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


def generated(name: str, path: Path, make: Callable[[], str]) -> str:
    """Return the secret `name`, or else the one kept at `path`, which is made (mode 0600) at the first start.

    Two processes that start together agree: the file is created by one of them only.
    """
    if value := text(name):
        return value
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    value = make()
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(value)
    return value
