"""Encryption of contact data at rest: AES-256-GCM with the installation's key, bound to its place.

``about`` names table, row and field (``contact:350525:17``), so that a sealed value copied to another
row does not open. The blind index finds a phone again without keeping it (design, P-01).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE = 12


class CannotOpen(Exception):
    """The sealed value belongs elsewhere, was changed, or the key is not the one it was sealed with."""


def seal(text: str, about: str) -> bytes:
    """Encrypt ``text``; only ``unseal`` with the same ``about`` opens it."""
    nonce = os.urandom(_NONCE)
    return nonce + _cipher().encrypt(nonce, text.encode(), about.encode())


def unseal(blob: bytes | memoryview, about: str) -> str:
    """Decrypt what ``seal`` made. Raises ``CannotOpen``."""
    data = bytes(blob)
    if len(data) <= _NONCE:
        raise CannotOpen(about)
    try:
        return _cipher().decrypt(data[:_NONCE], data[_NONCE:], about.encode()).decode()
    except InvalidTag as wrong:
        raise CannotOpen(about) from wrong


def index(phone: str) -> str:
    """Return the keyed hash (64 hex digits) under which a phone number is found again."""
    digits = re.sub(r"\D", "", phone)[-11:]
    return hmac.new(settings.PEPPER.encode(), digits.encode(), hashlib.sha256).hexdigest()


def _cipher() -> AESGCM:
    return AESGCM(bytes.fromhex(settings.CONTACT_KEY))
