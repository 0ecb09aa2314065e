"""What each kind of certificate says, as data (RFC 5280; product rules in docs/ra-api.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from server_stub.ca.keys import CertifiableKey

# RFC 5612 sets the enterprise number 32473 aside for documentation: a CA in earnest puts its own arc here.
EXAMPLE_POLICY_ARC: Final = "1.3.6.1.4.1.32473.1"
# id-PIV-cardAuth (FIPS 201-3 appendix B, SP 800-73-5): the key speaks for the card, not for its holder.
PIV_CARD_AUTH: Final = ObjectIdentifier("2.16.840.1.101.3.6.8")
# id-kp-cmcCA (RFC 6402 section 2.10): may sign a CA's CMC responses.
CMC_CA: Final = ObjectIdentifier("1.3.6.1.5.5.7.3.27")
# id-ce-noRevAvail (RFC 9608); its value is NULL.
NO_REVOCATION_AVAILABLE: Final = ObjectIdentifier("2.5.29.56")

_KEY_USAGES: Final = (
    "digital_signature",
    "content_commitment",  # the newer name of nonRepudiation
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True)
class Profile:
    """``policy`` is the last number of the policy OID; ``email``: whether an rfc822Name may stand in it.

    ``stateless``: the extension by which a short-lived certificate of the RA's own services says that nobody
    need ask for its state.
    """

    policy: int
    rsa_usages: frozenset[str]
    ec_usages: frozenset[str]
    purposes: tuple[ObjectIdentifier, ...]
    email: bool
    stateless: x509.ExtensionType | None = None

    def key_usage(self, public_key: CertifiableKey) -> x509.KeyUsage:
        is_ec = isinstance(public_key, ec.EllipticCurvePublicKey)
        return key_usage(self.ec_usages if is_ec else self.rsa_usages)


def key_usage(usages: frozenset[str]) -> x509.KeyUsage:
    """The extension with exactly these bits set, by cryptography's names of them."""
    return x509.KeyUsage(**{name: name in usages for name in _KEY_USAGES})


_SIGNS: Final = frozenset({"digital_signature", "content_commitment"})
_PROVES: Final = frozenset({"digital_signature"})

PROFILES: Final = {
    "signing": Profile(
        policy=1,
        rsa_usages=_SIGNS,
        ec_usages=_SIGNS,
        purposes=(ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION),
        email=True,
    ),
    "encryption": Profile(
        policy=2,
        rsa_usages=frozenset({"key_encipherment"}),
        ec_usages=frozenset({"key_agreement"}),
        purposes=(ExtendedKeyUsageOID.EMAIL_PROTECTION,),
        email=True,
    ),
    "card-verification": Profile(
        policy=3,
        rsa_usages=_PROVES,
        ec_usages=_PROVES,
        purposes=(PIV_CARD_AUTH,),
        email=False,
    ),
    "ocsp-responder": Profile(
        policy=4,
        rsa_usages=_PROVES,
        ec_usages=_PROVES,
        purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,),
        email=False,
        stateless=x509.OCSPNoCheck(),  # RFC 6960 section 4.2.2.2.1
    ),
    "cmc-signer": Profile(
        policy=5,
        rsa_usages=_PROVES,
        ec_usages=_PROVES,
        purposes=(CMC_CA,),
        email=False,
        stateless=x509.UnrecognizedExtension(NO_REVOCATION_AVAILABLE, b"\x05\x00"),
    ),
}
