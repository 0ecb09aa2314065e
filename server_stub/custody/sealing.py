"""What protects the master key's file beyond its permissions: a source of sealing, chosen at start.

``FilePermissions`` adds nothing: who can read the file has the key. ``Passphrase`` needs someone (or
something) to give a passphrase at every start. ``token_sealing`` has a third one.
"""

from __future__ import annotations

import os
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

_SALT: Final = 16
_NONCE: Final = 12


class SealBroken(Exception):
    """Wrong key or passphrase, wrong purpose, or the bytes were changed. They are told apart by nobody."""


class Sealing(Protocol):
    """``name`` is written into the file, so that the wrong source is refused instead of misread."""

    name: str

    def seal(self, data: bytes) -> bytes: ...

    def open_sealed(self, sealed: bytes) -> bytes:
        """Raises SealBroken."""
        ...


class FilePermissions:
    name = "file-permissions"

    def seal(self, data: bytes) -> bytes:
        return data

    def open_sealed(self, sealed: bytes) -> bytes:
        return sealed


class Passphrase:
    """AES-256-GCM under a key from scrypt (RFC 7914); ``cost`` is its N (the default takes 128 MiB)."""

    name = "passphrase"

    def __init__(self, passphrase: bytes, *, cost: int = 2**17) -> None:
        self._passphrase = passphrase
        self._cost = cost

    def seal(self, data: bytes) -> bytes:
        salt = os.urandom(_SALT)
        return salt + encrypt(self._key(salt), data, self.name.encode())

    def open_sealed(self, sealed: bytes) -> bytes:
        return decrypt(self._key(sealed[:_SALT].ljust(_SALT, b"\0")), sealed[_SALT:], self.name.encode())

    def _key(self, salt: bytes) -> bytes:
        return Scrypt(salt=salt, length=32, n=self._cost, r=8, p=1).derive(self._passphrase)

    def __repr__(self) -> str:
        return "Passphrase(…)"


def encrypt(key: bytes, data: bytes, context: bytes) -> bytes:
    """AES-GCM (SP 800-38D) with a random nonce in front; ``context`` is authenticated, not stored."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, context)


def decrypt(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """Raises SealBroken."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], context)
    except (InvalidTag, ValueError) as error:
        raise SealBroken from error
