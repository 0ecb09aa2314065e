"""PIV data objects: what is in them, read and built (SP 800-73-5 part 1, appendix A).

All readers take the object's content (without the outer tag 53) and raise CardAnswerMalformed.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from datetime import date

from cardtool.errors import CardAnswerMalformed
from cardtool.pcsc import tlv
from cardtool.pcsc.tlv import Tlv

GET_DATA = "GET DATA"
GUID_BYTES = 16
ERROR_DETECTION_CODE = 0xFE


# --- CHUID: table 9 ---

FASC_N = 0x30
GUID = 0x34
EXPIRATION_DATE = 0x35
ISSUER_ASYMMETRIC_SIGNATURE = 0x3E
NON_FEDERAL_FASC_N = bytes.fromhex("D4E739DA739CED39CE739D836858210842108421C84210C3EB")
"""Agency, system and credential all nines, for issuers outside the federal government (TIG SCEPACS, 2.1)."""


@dataclass(frozen=True)
class Chuid:
    """Card Holder Unique Identifier. All fields are kept in their order, known or not."""

    items: tuple[Tlv, ...]

    @classmethod
    def parse(cls, content: bytes) -> Chuid:
        return cls(tuple(tlv.parse(content, GET_DATA)))

    @classmethod
    def build(cls, guid: bytes, expires: date) -> Chuid:
        """An unsigned CHUID as issuers outside the federal government write it."""
        return cls(
            (
                Tlv(FASC_N, NON_FEDERAL_FASC_N),
                Tlv(GUID, guid),
                Tlv(EXPIRATION_DATE, expires.strftime("%Y%m%d").encode("ascii")),
                Tlv(ISSUER_ASYMMETRIC_SIGNATURE, b""),
                Tlv(ERROR_DETECTION_CODE, b""),
            )
        )

    def encode(self) -> bytes:
        return b"".join(item.encode() for item in self.items)

    def _value(self, tag: int) -> bytes | None:
        return next((item.value for item in self.items if item.tag == tag), None)

    @property
    def guid(self) -> bytes | None:
        """16 bytes, or None where there is none of that length."""
        value = self._value(GUID)
        return value if value is not None and len(value) == GUID_BYTES else None

    @property
    def fasc_n(self) -> bytes | None:
        """May be all zeros: it does not tell cards apart."""
        return self._value(FASC_N)

    @property
    def signed(self) -> bool:
        """Whether an issuer's signature covers it: then nobody but the issuer may change it."""
        return bool(self._value(ISSUER_ASYMMETRIC_SIGNATURE))

    def with_guid(self, guid: bytes) -> Chuid:
        """The same CHUID with another GUID in its place (added where there was none)."""
        changed = tuple(replace(item, value=guid) if item.tag == GUID else item for item in self.items)
        if any(item.tag == GUID for item in changed):
            return Chuid(changed)
        return Chuid((Tlv(GUID, guid), *changed))


# --- Certificates: table 10 ---

CERTIFICATE = 0x70
CERT_INFO = 0x71
CERT_INFO_GZIP = 0x01
CERTIFICATE_MAX = 1856
"""Bytes of a certificate every PIV card has room for (table 1); larger ones are compressed."""
_UNCOMPRESSED_MAX = 16 * 1024
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


def parse_certificate(content: bytes) -> bytes | None:
    """The certificate (DER, not looked into), or None for an empty object."""
    fields = tlv.fields(content, GET_DATA)
    certificate = fields.get(CERTIFICATE, b"")
    if not certificate:
        return None
    info = fields.get(CERT_INFO, b"\x00")
    return _gunzip(certificate) if info and info[0] & CERT_INFO_GZIP else certificate


def build_certificate(der: bytes) -> bytes:
    """The object's content for ``der``, compressed only where it would not fit otherwise."""
    compressed = len(der) > CERTIFICATE_MAX
    return (
        tlv.encode(CERTIFICATE, _gzip(der) if compressed else der)
        + tlv.encode(CERT_INFO, bytes([CERT_INFO_GZIP if compressed else 0]))
        + tlv.encode(ERROR_DETECTION_CODE)
    )


def _gzip(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def _gunzip(data: bytes) -> bytes:
    """Bounded: a few bytes can unpack to gigabytes."""
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        unpacked = unpacker.decompress(data, _UNCOMPRESSED_MAX)
    except zlib.error:
        raise CardAnswerMalformed(GET_DATA) from None
    if not unpacker.eof:
        raise CardAnswerMalformed(GET_DATA)
    return unpacked


# --- Key History Object: table 12 ---

KEYS_WITH_ON_CARD_CERTS = 0xC1
KEYS_WITH_OFF_CARD_CERTS = 0xC2
OFF_CARD_CERT_URL = 0xF3


@dataclass(frozen=True)
class KeyHistory:
    """How many retired keys there are: with a certificate on the card (from slot 82 upward), and without."""

    on_card: int
    off_card: int = 0
    url: bytes = b""

    @classmethod
    def parse(cls, content: bytes) -> KeyHistory:
        fields = tlv.fields(content, GET_DATA)
        on_card = int.from_bytes(fields.get(KEYS_WITH_ON_CARD_CERTS, b""), "big")
        off_card = int.from_bytes(fields.get(KEYS_WITH_OFF_CARD_CERTS, b""), "big")
        if on_card + off_card > 20:
            raise CardAnswerMalformed(GET_DATA)
        return cls(on_card, off_card, fields.get(OFF_CARD_CERT_URL, b""))

    def encode(self) -> bytes:
        return (
            tlv.encode(KEYS_WITH_ON_CARD_CERTS, bytes([self.on_card]))
            + tlv.encode(KEYS_WITH_OFF_CARD_CERTS, bytes([self.off_card]))
            + (tlv.encode(OFF_CARD_CERT_URL, self.url) if self.url or self.off_card else b"")
            + tlv.encode(ERROR_DETECTION_CODE)
        )


# --- Discovery Object: 3.3.2, table 18 ---

PIN_USAGE_POLICY = 0x5F2F
APPLICATION_PIN = 0x40
GLOBAL_PIN = 0x20
GLOBAL_PIN_PREFERRED = 0x20


@dataclass(frozen=True)
class Discovery:
    """Which PIN the card wants: both bytes of the PIN Usage Policy."""

    policy: int
    preference: int

    @classmethod
    def parse(cls, content: bytes) -> Discovery:
        """``content`` of tag 7E (this object has no tag 53)."""
        usage = tlv.fields(content, GET_DATA).get(PIN_USAGE_POLICY, b"")
        if len(usage) != 2:
            raise CardAnswerMalformed(GET_DATA)
        return cls(usage[0], usage[1])

    @property
    def global_pin_is_primary(self) -> bool:
        """The person's PIN is then the card's global PIN (key reference 00), not PIV's own (80)."""
        return bool(self.policy & GLOBAL_PIN) and self.preference == GLOBAL_PIN_PREFERRED


# --- Card Capability Container: table 8, and Printed Information: table 11 ---

CARD_IDENTIFIER = 0xF0
CCC_CARD_IDENTIFIER_BYTES = 21
_CCC_TAIL = (
    (0xF1, b"\x21"),  # capability container version number
    (0xF2, b"\x21"),  # capability grammar version number
    (0xF3, b""),  # applications CardURL
    (0xF4, b"\x00"),  # PKCS#15
    (0xF5, b"\x10"),  # registered data model number
    (0xF6, b""),  # access control rule table
    (0xF7, b""),  # card APDUs
    (0xFA, b""),  # redirection tag
    (0xFB, b""),  # capability tuples
    (0xFC, b""),  # status tuples
    (0xFD, b""),  # next CCC
    (ERROR_DETECTION_CODE, b""),
)


@dataclass(frozen=True)
class CardCapabilityContainer:
    """Of its many fields only the card identifier still means something."""

    card_identifier: bytes

    @classmethod
    def parse(cls, content: bytes) -> CardCapabilityContainer:
        return cls(tlv.fields(content, GET_DATA).get(CARD_IDENTIFIER, b""))

    def encode(self) -> bytes:
        return tlv.encode(CARD_IDENTIFIER, self.card_identifier) + b"".join(
            tlv.encode(tag, value) for tag, value in _CCC_TAIL
        )


@dataclass(frozen=True)
class PrintedInformation:
    """What is printed on the card. Read only after VERIFY."""

    name: str
    serial: str

    @classmethod
    def parse(cls, content: bytes) -> PrintedInformation:
        fields = tlv.fields(content, GET_DATA)
        return cls(_printed(fields.get(0x01, b"")), _printed(fields.get(0x05, b"")))

    def encode(self) -> bytes:
        return (
            tlv.encode(0x01, self.name.encode("utf-8"))
            + tlv.encode(0x05, self.serial.encode("utf-8"))
            + tlv.encode(ERROR_DETECTION_CODE)
        )


def _printed(value: bytes) -> str:
    return value.decode("utf-8", "replace")
