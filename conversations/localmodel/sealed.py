"""Encrypted content: an opaque token that carries a text through a client which keeps our state for us.

Opaque, not secret: it holds nothing but the caller's own conversation. Like the service's, the token of the same
content differs between the `output_item.done` event and the final response.
"""

import base64
import binascii
import zlib
from typing import Any

import msgspec

from .errors import invalid

PREFIX = "gAAAAAB"


def seal(content: Any, *, edition: int = 1) -> str:
    """A token for JSON content. Editions of the same content look different and hold the same."""
    data = zlib.compress(msgspec.json.encode([edition, content]))
    return PREFIX + base64.urlsafe_b64encode(data).decode()


def unseal(token: str) -> Any:
    """The content of a token. Raises ApiError for one that is not ours, as the service does."""
    try:
        return msgspec.json.decode(zlib.decompress(base64.urlsafe_b64decode(token.removeprefix(PREFIX))))[1]
    except (ValueError, binascii.Error, zlib.error, msgspec.DecodeError) as error:
        raise invalid(
            "The encrypted content could not be verified.", param="input", code="invalid_encrypted_content"
        ) from error


def reseal(item: dict[str, Any]) -> dict[str, Any]:
    """The item with its encrypted content in a second edition."""
    if not item.get("encrypted_content"):
        return item
    return {**item, "encrypted_content": seal(unseal(item["encrypted_content"]), edition=2)}
