"""The CA as the rest of the RA sees it: open, issue, revocation list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from cryptography import x509

from server_stub.ca.crl import CrlNumbers, RevokedEntry, build_crl
from server_stub.ca.extensions import Urls, end_entity_extensions
from server_stub.ca.hierarchy import AuthorityMismatch, Hierarchy, Plan, new_serial, open_hierarchy
from server_stub.ca.keys import CertifiableKey, certifiable
from server_stub.ca.names import certified_name
from server_stub.ca.profiles import EXAMPLE_POLICY_ARC, PROFILES
from server_stub.ca.signer import FileKeys, Keys

__all__ = ["Authority", "AuthorityMismatch", "RevokedEntry"]


class Authority:
    """An issuing CA below its root. Safe to share between threads."""

    def __init__(self, hierarchy: Hierarchy, *, practice: bool, policy_arc: str) -> None:
        self._issuing = hierarchy.issuing
        self._signer = hierarchy.signer
        self._practice = practice
        self._policy_arc = policy_arc
        self._urls: Urls | None = None
        self._crl_numbers = CrlNumbers()
        self._root_list = hierarchy.root_list
        self.chain: Final = (hierarchy.issuing, hierarchy.root)

    @classmethod
    def open(  # noqa: PLR0913 (named, and most have a default)
        cls,
        folder: Path,
        *,
        name: str,
        practice: bool,
        key_algorithm: str = "RSA-3072",
        url: str | None = None,
        policy_arc: str = EXAMPLE_POLICY_ARC,
        create: bool = True,
        keys: Keys | None = None,
    ) -> Self:
        """The CA in ``folder``; made on first use (name, algorithm and ``url`` only count then).

        ``key_algorithm``: RSA-3072 | P-256 | P-384. ``url``: where the issuing CA's certificate points for the
        root's list and certificate. ``keys``: where the CA's keys are, by default files of ``folder``. Raises
        AuthorityMismatch (also for an empty folder without ``create``), TokenUnavailable,
        PrivateFileExposed.
        """
        plan = Plan(name, practice=practice, key_algorithm=key_algorithm, url=url)
        return cls(
            open_hierarchy(folder, plan, keys or FileKeys(), create=create),
            practice=practice,
            policy_arc=policy_arc,
        )

    def configure_urls(self, base_url: str) -> None:
        """Where certificates point for their state and issuer. Needed before the first ``issue``."""
        self._urls = Urls.of_issuing(base_url.rstrip("/"))

    def public_key(self) -> CertifiableKey:
        """Of the issuing CA."""
        return self._signer.public_key()

    def new_serial(self) -> int:
        return new_serial()

    def certified_subject(self, subject: x509.Name) -> x509.Name:
        """``subject`` exactly as ``issue`` will write it (encoding, practice mark). Raises ValueError."""
        return certified_name(subject, practice=self._practice)

    def issue(
        self,
        profile: str,
        public_key: object,
        subject: x509.Name,
        email: str | None,
        serial: int,
        not_before: datetime,
        not_after: datetime,
    ) -> x509.Certificate:
        """A new certificate; the caller recorded the serial before and stores the DER after.

        Each call signs anew: the same serial twice would be two certificates. Raises WeakKey for a key that
        is never certified, ValueError for a subject, address or validity that cannot be.
        """
        key = self._foreign_key(public_key)
        self._check_validity(not_before, not_after)
        builder = (
            x509.CertificateBuilder()
            .serial_number(serial)
            .issuer_name(self._issuing.subject)
            .subject_name(self.certified_subject(subject))
            .public_key(key)
            .not_valid_before(not_before)
            .not_valid_after(not_after)
        )
        for extension, critical in self._extensions(profile, key, email):
            builder = builder.add_extension(extension, critical=critical)
        certificate = self._signer.sign_certificate(builder)
        certificate.verify_directly_issued_by(
            self._issuing
        )  # a token may sign wrongly; nobody else looks again
        return certificate

    def crl(self, entries: Iterable[RevokedEntry], now: datetime) -> bytes:
        """A complete list in DER, good for 24 hours, with a number higher than every one before."""
        number = self._crl_numbers.next()
        return build_crl(self._issuing, self._signer, entries, number=number, now=now)

    def root_crl(self, now: datetime) -> bytes:
        """The root's list in DER. Raises FileNotFoundError when list and root key are both kept elsewhere."""
        return self._root_list.der(now)

    def _extensions(
        self, profile: str, key: CertifiableKey, email: str | None
    ) -> Iterator[tuple[x509.ExtensionType, bool]]:
        if self._urls is None:
            raise RuntimeError("configure_urls comes before issue")
        return end_entity_extensions(
            PROFILES[profile],
            key,
            email=email,
            issuer=self._issuing,
            urls=self._urls,
            policy_arc=self._policy_arc,
        )

    def _foreign_key(self, public_key: object) -> CertifiableKey:
        key = certifiable(public_key)
        if any(key == authority.public_key() for authority in self.chain):
            raise ValueError("a CA key is not certified for anyone else")
        return key

    def _check_validity(self, not_before: datetime, not_after: datetime) -> None:
        issuing = self._issuing
        if not issuing.not_valid_before_utc <= not_before < not_after <= issuing.not_valid_after_utc:
            raise ValueError("the validity does not lie within the issuing CA's")
