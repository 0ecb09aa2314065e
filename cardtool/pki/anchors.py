"""Which root an RA's certificates must end in: pinned with the first good one, never changed by the RA.

A branding pack or an administrator may place a root here before that meeting. What a hostile RA could do
at the very first meeting is listed in docs/security.md; TLS is what vouches for it then.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cardtool.atomic import write_atomically
from cardtool.errors import CertificateRefused

MOST_BYTES = 1024 * 1024


class AnchorBook:
    """Origin of the RA (``https://ra.example``) → its root. One JSON file, replaced atomically."""

    def __init__(self, path: Path, write: Callable[[Path, bytes], None] = write_atomically) -> None:
        self._path = path
        self._write = write

    def for_origin(self, origin: str, chain: Sequence[x509.Certificate]) -> x509.Certificate:
        """The pinned root of this RA; the chain's last certificate where none is, to be pinned if it proves good.

        Raises CertificateRefused: chain (it ends in no root), anchors (the book cannot be read).
        """
        pinned = self._read().get(origin)
        if pinned is not None:
            return x509.load_pem_x509_certificate(pinned.encode("ascii"))
        if not chain or chain[-1].issuer != chain[-1].subject:
            raise CertificateRefused("chain")
        return chain[-1]

    def pin(self, origin: str, root: x509.Certificate) -> None:
        """From now on this root alone; nothing changes where one is pinned. Raises as writing files does."""
        anchors = self._read()
        if origin not in anchors:
            anchors[origin] = root.public_bytes(Encoding.PEM).decode("ascii")
            text = json.dumps({"version": 1, "anchors": anchors}, indent=1)
            self._write(self._path, text.encode("utf-8"))

    def fingerprint(self, origin: str) -> str | None:
        """SHA-256 of the pinned root, hexadecimal, for the page that shows it."""
        pem = self._read().get(origin)
        if pem is None:
            return None
        der = x509.load_pem_x509_certificate(pem.encode("ascii")).public_bytes(Encoding.DER)
        return hashlib.sha256(der).hexdigest()

    def _read(self) -> dict[str, str]:
        """An unreadable book is an error, not an empty one: forgetting pins would open the door again."""
        try:
            raw = self._path.read_bytes()[:MOST_BYTES]
        except FileNotFoundError:
            return {}
        try:
            rows = json.loads(raw)["anchors"]
            return {str(origin): str(pem) for origin, pem in rows.items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CertificateRefused("anchors") from None
