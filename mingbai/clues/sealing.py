"""Sealing to an office's public key, so that this host can write parcels and never read them.

X25519 with a fresh key for each parcel, HKDF-SHA256, AES-256-GCM. The same construction is opened by
``static/clues/js/unlock.js`` in the clerk's browser; the private key is wrapped under a key that
argon2id derives from the office's passphrase and exists in clear only in that browser.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"mingbai clue v1"
BLOCK = 1024
MEMORY_KIB, PASSES, LANES = 64 * 1024, 3, 1
_RAW = serialization.Encoding.Raw
_SIZES = {"salt": 16, "nonce": 12, "key": 32 + 16}


class WrongPassphrase(Exception):
    """The passphrase does not unwrap the key."""


@dataclass(frozen=True)
class Parcel:
    """What is stored: the ephemeral public key (32 bytes), nonce (12), ciphertext."""

    ephemeral: bytes
    nonce: bytes
    sealed: bytes


def seal(content: dict[str, Any], public: bytes, about: str) -> Parcel:
    """Seal ``content`` to ``public``; ``about`` (county and id) must be given again to open it.

    The clear text is padded to whole KiB, so that its length tells nothing.
    """
    one_time = X25519PrivateKey.generate()
    shared = one_time.exchange(X25519PublicKey.from_public_bytes(public))
    text = json.dumps(content, ensure_ascii=False).encode()
    padded = len(text).to_bytes(4, "big") + text
    padded += b"\0" * (-len(padded) % BLOCK)
    nonce = os.urandom(12)
    ephemeral = one_time.public_key().public_bytes(_RAW, serialization.PublicFormat.Raw)
    sealed = AESGCM(_derive(shared, ephemeral + public)).encrypt(nonce, padded, about.encode())
    return Parcel(ephemeral, nonce, sealed)


def unseal(parcel: Parcel, private: bytes, about: str) -> dict[str, Any]:
    """Open a parcel with the office's private key. Raises ``InvalidTag`` when it is not theirs."""
    key = X25519PrivateKey.from_private_bytes(private)
    public = key.public_key().public_bytes(_RAW, serialization.PublicFormat.Raw)
    shared = key.exchange(X25519PublicKey.from_public_bytes(parcel.ephemeral))
    padded = AESGCM(_derive(shared, parcel.ephemeral + public)).decrypt(
        parcel.nonce, parcel.sealed, about.encode()
    )
    content: dict[str, Any] = json.loads(padded[4 : 4 + int.from_bytes(padded[:4], "big")])
    return content


def make_key(passphrase: str) -> tuple[bytes, dict[str, Any]]:
    """Return a new public key and its private half wrapped by ``passphrase`` (demo and tests only).

    In use, the browser makes the key: neither passphrase nor private key reach this host.
    """
    key = X25519PrivateKey.generate()
    private = key.private_bytes(_RAW, serialization.PrivateFormat.Raw, serialization.NoEncryption())
    salt, nonce = os.urandom(16), os.urandom(12)
    wrapped = AESGCM(_stretch(passphrase, salt)).encrypt(nonce, private, PURPOSE)
    public = key.public_key().public_bytes(_RAW, serialization.PublicFormat.Raw)
    return public, {
        "kdf": "argon2id",
        "m": MEMORY_KIB,
        "t": PASSES,
        "p": LANES,
        "salt": _text(salt),
        "nonce": _text(nonce),
        "key": _text(wrapped),
    }


def unwrap(wrapped: dict[str, Any], passphrase: str) -> bytes:
    """Return the private key (tests; the product does this in the browser). Raises ``WrongPassphrase``."""
    key = _stretch(passphrase, base64.b64decode(wrapped["salt"]))
    try:
        return AESGCM(key).decrypt(
            base64.b64decode(wrapped["nonce"]), base64.b64decode(wrapped["key"]), PURPOSE
        )
    except InvalidTag as wrong:
        raise WrongPassphrase from wrong


def is_usable(public: bytes, wrapped: Mapping[str, Any]) -> bool:
    """Whether a key made in a browser has the one form that this construction knows, at full cost.

    A public key of low order, to which nothing can be sealed, is none.
    """
    cost = {"kdf": "argon2id", "m": MEMORY_KIB, "t": PASSES, "p": LANES}
    if wrapped.keys() != cost.keys() | _SIZES.keys() or any(
        wrapped[n] != v for n, v in cost.items()
    ):
        return False
    try:
        sizes = {n: len(base64.b64decode(wrapped[n], validate=True)) for n in _SIZES}
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(public))
    except (binascii.Error, TypeError, ValueError):
        return False
    return sizes == _SIZES


def _derive(shared: bytes, salt: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=salt, info=PURPOSE).derive(shared)


def _stretch(passphrase: str, salt: bytes) -> bytes:
    return hash_secret_raw(passphrase.encode(), salt, PASSES, MEMORY_KIB, LANES, 32, Type.ID)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
