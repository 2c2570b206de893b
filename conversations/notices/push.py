"""Web push: a message sealed for one browser (RFC 8291), sent with our own signature (RFC 8292) by the guarded client.

Only the browser can read it, and it holds no content: what there is to read is read in Salon.
"""

from __future__ import annotations

import base64
import os
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from conversations.egress.client import Limits, fetch_blocking, require_url
from conversations.egress.errors import AddressRefused
from conversations.errors import Refused

LIFE = 24 * 3600
"""Seconds that the browser's maker keeps a message for a device that is off."""
GONE = {404, 410}
LONGEST_ENDPOINT = 2000


@dataclass(frozen=True)
class Browser:
    """Where to send, and the keys that only that browser has the other halves of."""

    endpoint: str
    p256dh: str
    auth: str


def checked(endpoint: object, p256dh: object, auth: object) -> Browser:
    """Return what a browser gave us, if messages can be sealed for it; raise `Refused`."""
    try:
        if not (isinstance(endpoint, str) and isinstance(p256dh, str) and isinstance(auth, str)):
            raise ValueError("not text")
        if len(endpoint) > LONGEST_ENDPOINT or require_url(endpoint).scheme != "https" or len(_bytes(auth)) != 16:
            raise ValueError("not usable")
        seal(b"", Browser(endpoint, p256dh, auth))
    except (ValueError, AddressRefused, UnsupportedAlgorithm) as error:
        raise Refused("This is no address that a browser can be told at.", code="subscription") from error
    return Browser(endpoint, p256dh, auth)


def send(message: bytes, browser: Browser) -> bool:
    """Send a message; return False where the browser wants none any more. Raise `EgressError`."""
    answer = fetch_blocking(
        browser.endpoint,
        method="POST",
        headers={
            "TTL": str(LIFE),
            "Urgency": "normal",
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "Authorization": f"vapid t={_signature(browser.endpoint)}, k={public_key()}",
        },
        body=seal(message, browser),
        limits=Limits(size=64 * 1024, seconds=5),
    )
    return answer.status not in GONE


def seal(
    message: bytes, browser: Browser, *, ours: ec.EllipticCurvePrivateKey | None = None, salt: bytes | None = None
) -> bytes:
    """Return the message as RFC 8291 seals it. `ours` and `salt` are new for each message."""
    ours, salt = ours or ec.generate_private_key(ec.SECP256R1()), salt or os.urandom(16)
    their_point, our_point = _bytes(browser.p256dh), _point(ours.public_key())
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), their_point)
    shared = ours.exchange(ec.ECDH(), theirs)
    secret = _derived(shared, _bytes(browser.auth), b"WebPush: info\0" + their_point + our_point, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + (4096).to_bytes(4) + bytes([len(our_point)]) + our_point
    return head + AESGCM(key).encrypt(nonce, message + b"\2", None)


def public_key() -> str:
    """Return the key by which a browser knows our messages."""
    return _text(_point(_vapid().public_key()))


def _signature(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(time.time()) + 12 * 3600, "sub": settings.SALON_URL}
    return jwt.encode(claims, _vapid(), "ES256")


def _vapid() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(_bytes(settings.SALON_VAPID_KEY)), ec.SECP256R1())


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
