"""The root's own revocation list: it tells that the issuing CA is still good.

Kept as a file, so that the root's key is needed twice a year only and may be kept elsewhere: then the operator
puts a new list there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from filelock import FileLock

from server_stub.ca.crl import CrlNumbers, build_crl
from server_stub.ca.signer import Keys
from server_stub.custody.private_file import write_private

_LIFETIME: Final = timedelta(days=180)


class RootList:
    def __init__(self, folder: Path, root: x509.Certificate, keys: Keys) -> None:
        self._file = folder / "root.crl"
        self._keys = keys
        self._root = root

    def der(self, now: datetime) -> bytes:
        """The list; a new one when half its time is over and the root's key is here.

        Raises FileNotFoundError when there is neither list nor key.
        """
        if not self._is_fresh(now):
            with FileLock(self._file.with_suffix(".lock")):
                if not self._is_fresh(now):  # another worker may have been faster
                    self._renew(now)
        return self._file.read_bytes()

    def _is_fresh(self, now: datetime) -> bool:
        if not self._file.exists():
            return False
        last_update = x509.load_der_x509_crl(self._file.read_bytes()).last_update_utc
        return last_update <= now < last_update + _LIFETIME / 2

    def _renew(self, now: datetime) -> None:
        try:
            signer = self._keys.load(self._file.parent, "root")
        except FileNotFoundError:  # kept elsewhere: the operator brings the list
            return
        number = CrlNumbers().next()
        write_private(
            self._file, build_crl(self._root, signer, (), number=number, now=now, lifetime=_LIFETIME)
        )
