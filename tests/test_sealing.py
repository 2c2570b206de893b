"""Secrets at rest, and what is taken for one in what comes back."""

from __future__ import annotations

from typing import Any

import pytest

from conversations import sealing

SECRET = "canary-4b7e90aa"


def test_a_word_in_a_header_may_be_spoken_of_and_a_secret_may_not() -> None:
    headers = {
        "X-Team": "engineering",
        "X-Api-Key": "engineering",
        "X-Trace": "a1b2c3d4",
        "X-Id": "abcdefghijklmnop",
    }
    tool = {"type": "mcp", "headers": {"X-Team": "engineering"}, "authorization": "Bearer swordfish"}
    _, secrets = sealing.open_tools({"tools": [tool]})
    assert sealing.wipe("engineering, swordfish", secrets) == "engineering, •••"
    assert set(sealing.secrets_in([headers])) == {"engineering", "a1b2c3d4", "abcdefghijklmnop"}


def test_a_key_that_was_put_in_front_opens_what_the_old_one_sealed(settings: Any) -> None:
    old, new = settings.SALON_ENCRYPTION_KEYS[0], "bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmU="
    token = sealing.seal({"a": SECRET})
    settings.SALON_ENCRYPTION_KEYS = [new, old]
    assert sealing.unseal(token) == {"a": SECRET}
    again = sealing.seal({"a": SECRET})
    settings.SALON_ENCRYPTION_KEYS = [new]
    assert sealing.unseal(again) == {"a": SECRET}
    with pytest.raises(sealing.Unreadable):
        sealing.unseal(token)
