"""Identifiers as the API's look, and reproducible: the same seed gives the same id.

A background response that was cut off by a kill is played again from its start, and must repeat itself to the letter.
"""

import hashlib
import secrets

LENGTH = 48
CALL_LENGTH = 24


def fresh_id(prefix: str) -> str:
    """A new random id such as `resp_` and 48 hexadecimal digits."""
    return f"{prefix}_{secrets.token_hex(LENGTH // 2)}"


def derived_id(prefix: str, *seed: object) -> str:
    """The id that belongs to a seed, e.g. a response's id and a count."""
    length = CALL_LENGTH if prefix == "call" else LENGTH
    return f"{prefix}_{digest(*seed)[:length]}"


def digest(*seed: object) -> str:
    """64 hexadecimal digits that depend on nothing but the seed."""
    return hashlib.sha256("/".join(map(str, seed)).encode()).hexdigest()
