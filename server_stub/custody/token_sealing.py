"""The master key's file sealed by a key in a PKCS #11 token: without the token, the data folder opens nothing.

The key is AES-256, made in the token and never out of it. The master key itself is in memory while the RA runs:
thousands of derivations are not a token's work.
"""

from __future__ import annotations

from typing import Final, Protocol

from server_stub.custody.sealing import SealBroken

KEY_ID_LENGTH: Final = 16


class SealingToken(Protocol):
    """What a token does here. All raise TokenUnavailable, which tells a lost token from a damaged file."""

    def create_sealing_key(self) -> bytes:
        """A new key's CKA_ID."""
        ...

    def encrypt(self, key_id: bytes, data: bytes) -> bytes: ...

    def decrypt(self, key_id: bytes, sealed: bytes) -> bytes:
        """Raises SealBroken for bytes that were changed."""
        ...


class TokenSealing:
    """The key's CKA_ID stands in front of what it sealed; one key serves for a file's whole life."""

    name = "token"

    def __init__(self, token: SealingToken) -> None:
        self._token = token
        self._key_id: bytes | None = None

    def seal(self, data: bytes) -> bytes:
        """Raises TokenUnavailable."""
        if self._key_id is None:
            self._key_id = self._token.create_sealing_key()
        return self._key_id + self._token.encrypt(self._key_id, data)

    def open_sealed(self, sealed: bytes) -> bytes:
        """Raises SealBroken, TokenUnavailable."""
        key_id, body = sealed[:KEY_ID_LENGTH], sealed[KEY_ID_LENGTH:]
        if len(key_id) != KEY_ID_LENGTH:
            raise SealBroken
        data = self._token.decrypt(key_id, body)
        self._key_id = key_id
        return data

    def __repr__(self) -> str:
        return "TokenSealing(…)"
