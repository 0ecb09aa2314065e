"""Keyed hashes for the database: look-ups that reveal nothing to whoever steals it without the data folder.

Captcha answers, the account names people tried, and addresses could be guessed from a plain hash.
"""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path

from server_stub.custody.private_file import made_once, read_private

_KEY_LENGTH = 32


class TagKey:
    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> TagKey:
        """Read the key, or with ``create`` make it on first use. Raises PrivateFileExposed, FileNotFoundError."""
        if create:
            return cls(made_once(path, lambda: secrets.token_bytes(_KEY_LENGTH)))
        return cls(read_private(path))

    def tag(self, use: str, *parts: str) -> str:
        """HMAC-SHA-256 of ``parts`` (hex, 64 digits); ``use`` keeps different uses apart."""
        message = "\x1f".join((use, *parts)).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, message, "sha256").hex()
