"""The extensions of an end-entity certificate (RFC 5280 section 4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ObjectIdentifier

from server_stub.ca.crl import authority_key_identifier
from server_stub.ca.keys import CertifiableKey
from server_stub.ca.names import mailbox
from server_stub.ca.profiles import Profile


@dataclass(frozen=True)
class Urls:
    """Where a certificate's issuer and state are found. ``ocsp`` only where there is a responder."""

    crl: str
    issuer: str
    ocsp: str | None

    @classmethod
    def of_issuing(cls, base: str) -> Self:
        """What the issuing CA certifies."""
        return cls(crl=f"{base}/ca/issuing.crl", issuer=f"{base}/ca/issuing.cer", ocsp=f"{base}/ocsp")

    @classmethod
    def of_root(cls, base: str) -> Self:
        """What the root certifies."""
        return cls(crl=f"{base}/ca/root.crl", issuer=f"{base}/ca/root.cer", ocsp=None)


def end_entity_extensions(
    profile: Profile,
    public_key: CertifiableKey,
    *,
    email: str | None,
    issuer: x509.Certificate,
    urls: Urls,
    policy_arc: str,
) -> Iterator[tuple[x509.ExtensionType, bool]]:
    """Each extension with its criticality. Raises ValueError for an address that does not fit."""
    policy = ObjectIdentifier(f"{policy_arc}.{profile.policy}")
    yield x509.BasicConstraints(ca=False, path_length=None), True
    yield profile.key_usage(public_key), True
    yield x509.ExtendedKeyUsage(profile.purposes), False
    yield x509.SubjectKeyIdentifier.from_public_key(public_key), False
    yield authority_key_identifier(issuer), False
    yield x509.CertificatePolicies([x509.PolicyInformation(policy, None)]), False
    if profile.stateless is None:
        yield from status_extensions(urls)
    else:
        yield profile.stateless, False
    if email is not None:
        if not profile.email:
            raise ValueError("this profile carries no address")
        yield x509.SubjectAlternativeName([mailbox(email)]), False


def status_extensions(urls: Urls) -> Iterator[tuple[x509.ExtensionType, bool]]:
    """Where to ask whether the certificate still counts."""
    yield _crl_distribution(urls.crl), False
    yield x509.AuthorityInformationAccess(list(_access(urls))), False


def _crl_distribution(url: str) -> x509.CRLDistributionPoints:
    name = x509.UniformResourceIdentifier(url)
    return x509.CRLDistributionPoints([x509.DistributionPoint([name], None, None, None)])


def _access(urls: Urls) -> Iterator[x509.AccessDescription]:
    issuer = x509.UniformResourceIdentifier(urls.issuer)
    yield x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, issuer)
    if urls.ocsp is not None:
        responder = x509.UniformResourceIdentifier(urls.ocsp)
        yield x509.AccessDescription(AuthorityInformationAccessOID.OCSP, responder)
