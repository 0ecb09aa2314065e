"""Certificate requests (PKCS#10, RFC 2986) signed by any private key, also one on a card."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def build_csr(private_key: PrivateKey, subject: x509.Name | None = None) -> str:
    """PEM. The subject is empty by default: the RA sets it from the registration, whatever is asked for.

    The signature proves possession of the key (RFC 2986 section 3). Raises what the key's ``sign`` raises.
    """
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject or x509.Name([]))
    return builder.sign(private_key, SHA256()).public_bytes(Encoding.PEM).decode("ascii")
