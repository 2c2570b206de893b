"""Where the provider is and how to sign in there, read from the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

OPENAI_BASE_URL = "https://api.openai.com/v1/"
ENTRA_SCOPE = "https://ai.azure.com/.default"


@dataclass(frozen=True)
class ProviderConfig:
    """One provider. Times are in seconds; `api_key` None means Entra ID on Azure, and no key on a compatible server."""

    kind: Literal["azure", "azure-dated", "openai", "compatible", "local"]
    base_url: str
    api_key: str | None = field(repr=False)
    api_version: str | None = None
    entra_scope: str = ENTRA_SCOPE
    image_deployment: str | None = None
    connect_timeout: float = 10
    first_byte_timeout: float = 120
    idle_timeout: float = 60
    max_retries: int = 2


def provider_config(environ: Mapping[str, str]) -> ProviderConfig | None:
    """Return the provider that the environment names (docs: settings), None for the embedded one.

    Azure wins where both are named. Each name may end in `_FILE` and hold the path of a file with the value.
    Raises ValueError with one sentence that names the variable and what to do.
    """
    limits: dict[str, Any] = {
        "connect_timeout": _seconds(environ, "SALON_CONNECT_TIMEOUT", default=10),
        "first_byte_timeout": _seconds(environ, "SALON_FIRST_BYTE_TIMEOUT", default=120),
        "idle_timeout": _seconds(environ, "SALON_IDLE_TIMEOUT", default=60),
        "max_retries": _retries(environ),
    }
    if endpoint := _read(environ, "AZURE_OPENAI_ENDPOINT"):
        version = _api_version(environ)
        resource = re.sub(r"/openai(/v1)?$", "", _address("AZURE_OPENAI_ENDPOINT", endpoint))
        return ProviderConfig(
            kind="azure-dated" if version else "azure",
            base_url=f"{resource}/openai/" if version else f"{resource}/openai/v1/",
            api_key=_header(environ, "AZURE_OPENAI_API_KEY"),
            api_version=version,
            entra_scope=_scope(environ),
            image_deployment=_header(environ, "AZURE_OPENAI_IMAGE_DEPLOYMENT"),
            **limits,
        )
    if _read(environ, "AZURE_OPENAI_API_KEY"):
        raise ValueError(
            "AZURE_OPENAI_API_KEY is set, but AZURE_OPENAI_ENDPOINT is not: set the address of the resource."
        )
    key = _header(environ, "OPENAI_API_KEY")
    address = _read(environ, "OPENAI_BASE_URL")
    if not key and not address:
        return None
    base_url = _address("OPENAI_BASE_URL", address) + "/" if address else OPENAI_BASE_URL
    official = urlsplit(base_url).hostname == urlsplit(OPENAI_BASE_URL).hostname
    if official and not key:
        raise ValueError(
            "OPENAI_BASE_URL names OpenAI, but OPENAI_API_KEY is not set: set it to a key of your project."
        )
    return ProviderConfig(kind="openai" if official else "compatible", base_url=base_url, api_key=key, **limits)


def _read(environ: Mapping[str, str], name: str) -> str | None:
    path = environ.get(f"{name}_FILE")
    if environ.get(name) or not path:
        return environ.get(name, "").strip() or None
    try:
        return Path(path).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{name}_FILE names a file that cannot be read: check the path and its permissions.") from None


def _address(name: str, value: str) -> str:
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid or parts.username or parts.query or parts.fragment:
        raise ValueError(
            f"{name} is not an address: write it like https://name.example/, without a key or query in it."
        )
    return value.rstrip("/")


def _header(environ: Mapping[str, str], name: str) -> str | None:
    """What is sent as a header must fit on its line."""
    value = _read(environ, name)
    if value and not re.fullmatch(r"[\x21-\x7e]+", value):
        raise ValueError(f"{name} holds spaces, line breaks or special characters: copy the value again.")
    return value


def _api_version(environ: Mapping[str, str]) -> str | None:
    version = _read(environ, "AZURE_OPENAI_API_VERSION")
    if version in (None, "preview", "latest", "v1"):
        return None
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(-preview)?", version):
        raise ValueError(
            "AZURE_OPENAI_API_VERSION is not a date like 2025-04-01-preview: correct it, or unset it for v1."
        )
    return version


def _scope(environ: Mapping[str, str]) -> str:
    scope = _read(environ, "AZURE_OPENAI_SCOPE") or ENTRA_SCOPE
    if not scope.endswith("/.default"):
        raise ValueError(f"AZURE_OPENAI_SCOPE does not end in /.default: write it like {ENTRA_SCOPE}.")
    return scope


def _seconds(environ: Mapping[str, str], name: str, *, default: float) -> float:
    value = _read(environ, name)
    if value is None:
        return default
    if not re.fullmatch(r"\d{1,5}(\.\d+)?", value) or float(value) <= 0:
        raise ValueError(f"{name} is not a number of seconds: write it like {default:g}.")
    return float(value)


def _retries(environ: Mapping[str, str]) -> int:
    value = _read(environ, "SALON_MAX_RETRIES") or "2"
    if not re.fullmatch(r"\d", value):
        raise ValueError("SALON_MAX_RETRIES is not a number from 0 to 9: write it like 2.")
    return int(value)
