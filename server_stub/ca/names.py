"""Names in certificates: one encoding, clean characters, and the practice mark."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

PRACTICE_MARK: Final = "PRACTICE"
# RFC 5321 section 4.1.2 without quoted local parts. An rfc822Name is an IA5String (RFC 5280 section 4.2.1.6).
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_MAILBOX: Final = re.compile(rf"(?=.{{1,64}}@.{{1,189}}\Z){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")


def mailbox(email: str) -> x509.RFC822Name:
    """Raises ValueError for what is not a plain ASCII address."""
    if not _MAILBOX.fullmatch(email):
        raise ValueError("not an address that fits an rfc822Name")
    return x509.RFC822Name(email)


def certified_name(subject: x509.Name, *, practice: bool) -> x509.Name:
    """``subject`` as it is certified: NFC, UTF8String (PrintableString where X.520 says so), with its mark.

    Raises ValueError when it is empty or holds control or direction characters, which could make a name look
    like another one.
    """
    attributes = [_clean(attribute) for attribute in subject]
    if not attributes:
        raise ValueError("a subject needs at least one attribute")
    if practice and not any(PRACTICE_MARK in str(attribute.value) for attribute in attributes):
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, PRACTICE_MARK))
    return x509.Name(attributes)


def ca_name(name: str, role: str, installation: str, *, practice: bool) -> x509.Name:
    """``installation`` keeps CAs of the same name but other keys apart in certificate stores."""
    mark = f"{PRACTICE_MARK} " if practice else ""
    return certified_name(
        x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "TW"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
                x509.NameAttribute(NameOID.COMMON_NAME, f"{mark}{name} {role}"),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, installation),
            ]
        ),
        practice=practice,
    )


def _clean(attribute: x509.NameAttribute[str | bytes]) -> x509.NameAttribute[str]:
    value = unicodedata.normalize("NFC", str(attribute.value))
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in value):
        raise ValueError("a name holds control characters")
    # Made anew without its type, an attribute gets the type RFC 5280 section 4.1.2.4 wants.
    return x509.NameAttribute(attribute.oid, value)
