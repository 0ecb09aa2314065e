"""Which root an RA's certificates must end in: pinned at the first meeting, never changed by the RA.

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
        """The pinned root of this RA; the chain's last certificate is pinned if there was none.

        Raises CertificateRefused("chain") when the RA shows another root than before.
        """
        pinned = self._read().get(origin)
        if pinned is not None:
            return x509.load_pem_x509_certificate(pinned.encode("ascii"))
        if not chain or chain[-1].issuer != chain[-1].subject:
            raise CertificateRefused("chain")
        self._pin(origin, chain[-1])
        return chain[-1]

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

    def _pin(self, origin: str, root: x509.Certificate) -> None:
        anchors = self._read() | {origin: root.public_bytes(Encoding.PEM).decode("ascii")}
        self._write(self._path, json.dumps({"version": 1, "anchors": anchors}, indent=1).encode("utf-8"))
