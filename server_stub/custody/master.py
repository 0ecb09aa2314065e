"""The master key: versioned, sealed in a file, the root of every card's admin key and PUK.

Losing a version loses the administration of every card personalised under it; so a version is never dropped,
and a file that cannot be read is never replaced.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NoReturn, Self

from filelock import FileLock

from server_stub.custody import derivation
from server_stub.custody.private_file import read_private, write_private
from server_stub.custody.sealing import FilePermissions, SealBroken, Sealing, decrypt, encrypt

_FORMAT: Final = "cardtool-ra master key 1"
_KEY_LENGTH: Final = 32
_CARD_ID_LENGTH: Final = 16
_VERSION_LENGTH: Final = 4


class MasterKeyUnreadable(Exception):
    """The file is missing, damaged or sealed by another source. Nothing was written."""


class MasterKey:
    """All versions, held in memory. Safe to share between threads; several processes may have it open."""

    __slots__ = ("_keys", "_path", "_sealing")

    def __init__(self, path: Path, sealing: Sealing, keys: dict[int, bytes]) -> None:
        self._path = path
        self._sealing = sealing
        self._keys = keys

    @classmethod
    def open(cls, path: Path, *, sealing: Sealing | None = None, create: bool = True) -> Self:
        """The key in ``path``. With ``create`` a missing file is made: leave it off once cards exist.

        Raises MasterKeyUnreadable, PrivateFileExposed.
        """
        sealing = sealing or FilePermissions()
        path.parent.mkdir(parents=True, exist_ok=True)
        with _lock(path):
            if create and not path.exists():
                _write(path, sealing, {1: os.urandom(_KEY_LENGTH)})
        return cls(path, sealing, _read(path, sealing))

    @property
    def version(self) -> int:
        """The newest version: the one new cards are personalised under."""
        return max(self._keys)

    def rotate(self) -> int:
        """Add a version and return its number; the older ones stay for the cards that have them."""
        with _lock(self._path):
            keys = _read(self._path, self._sealing)  # another process may have rotated
            keys[max(keys) + 1] = os.urandom(_KEY_LENGTH)
            _write(self._path, self._sealing, keys)
        self._keys = keys
        return self.version

    def admin_key(self, version: int, card_id: str, algorithm: str) -> bytes:
        """The PIV 9B key of a card. ``card_id``: 32 hex digits; ``algorithm``: TDES | AES-128, -192, -256."""
        return derivation.admin_key(self._key(version), _card_id(card_id), algorithm)

    def puk(self, version: int, card_id: str, n: int) -> str:
        """PUK number ``n`` (from 0) of a card: eight digits."""
        return derivation.puk(self._key(version), _card_id(card_id), n)

    def seal(self, purpose: str, data: bytes) -> bytes:
        """For short-lived secrets in the database.

        ``purpose`` names use and row, e.g. ``relay:ID``: only the same purpose opens it, so one row's secret
        cannot be moved to another.
        """
        version = self.version
        head = version.to_bytes(_VERSION_LENGTH, "big")
        return head + encrypt(self._sealing_key(version, purpose), data, head)

    def open_sealed(self, purpose: str, sealed: bytes) -> bytes:
        """Raises SealBroken for other bytes, another purpose or an unknown version."""
        head, body = sealed[:_VERSION_LENGTH], sealed[_VERSION_LENGTH:]
        try:
            key = self._sealing_key(int.from_bytes(head, "big"), purpose)
        except KeyError as error:
            raise SealBroken from error
        return decrypt(key, body, head)

    def _sealing_key(self, version: int, purpose: str) -> bytes:
        return derivation.derive(self._key(version), _KEY_LENGTH, b"seal", purpose.encode())

    def _key(self, version: int) -> bytes:
        """Raises KeyError for a version nobody made."""
        if version not in self._keys:
            self._keys = _read(self._path, self._sealing)
        return self._keys[version]

    def __repr__(self) -> str:
        return f"MasterKey(version={self.version})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("the master key is not pickled")


def reseal(path: Path, known: Iterable[Sealing], to: Sealing) -> str:
    """Have the file sealed by ``to``; gives back the name of what sealed it before, which is one of ``known``.

    Not while anybody has it open. Raises MasterKeyUnreadable, and what the sealings raise; then it is as it was.
    """
    with _lock(path):
        before = _sealed_by(path)
        sealing = next((one for one in known if one.name == before), to)
        _write(path, to, _read(path, sealing))
    return before


def _lock(path: Path) -> FileLock:
    return FileLock(path.with_name(f"{path.name}.lock"))


def _card_id(text: str) -> bytes:
    card_id = bytes.fromhex(text)
    if len(card_id) != _CARD_ID_LENGTH:
        raise ValueError("a card id has 16 bytes")
    return card_id


def _write(path: Path, sealing: Sealing, keys: dict[int, bytes]) -> None:
    plain = json.dumps({str(version): key.hex() for version, key in keys.items()}).encode()
    sealed = sealing.seal(plain)
    if sealing.open_sealed(sealed) != plain:  # what does not open again must not replace what does
        raise SealBroken
    document = {"format": _FORMAT, "sealing": sealing.name, "keys": sealed.hex()}
    write_private(path, json.dumps(document, indent=1).encode() + b"\n")


def _sealed_by(path: Path) -> str:
    try:
        return str(json.loads(read_private(path))["sealing"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MasterKeyUnreadable(type(error).__name__) from error


def _read(path: Path, sealing: Sealing) -> dict[int, bytes]:
    try:
        document = json.loads(read_private(path))
        if document["format"] != _FORMAT:
            raise MasterKeyUnreadable("another format")
        if document["sealing"] != sealing.name:
            raise MasterKeyUnreadable(f"not sealed by {sealing.name}; see cardtool-ra master-key move")
        plain = sealing.open_sealed(bytes.fromhex(document["keys"]))
        keys = {int(version): bytes.fromhex(key) for version, key in json.loads(plain).items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SealBroken) as error:
        raise MasterKeyUnreadable(type(error).__name__) from error
    if not keys or any(len(key) != _KEY_LENGTH for key in keys.values()):
        raise MasterKeyUnreadable("not a list of keys")
    return keys
