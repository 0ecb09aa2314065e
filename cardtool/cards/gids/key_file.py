"""The control parameters of a key's file, as Windows writes them (GIDS 2.0)."""

from __future__ import annotations

from cardtool.cards.gids.types import KEY_FILES, Algorithm, KeyUse, Mechanism, Template
from cardtool.pcsc import tlv

FILE_DESCRIPTOR = 0x82
FILE_IDENTIFIER = 0x83
SECURITY_ATTRIBUTES = 0x8C
CONTROL_REFERENCES = 0xA5
KEY_FILE = b"\x18"
GENERATE_USE_AND_PUT_WITH_PIN = bytes.fromhex("8F10101000")
"""Compact format: making, using and putting in the key want the PIN (10), its public half is free (00)."""
MECHANISM, KEY_REFERENCE, USAGE = 0x80, 0x83, 0x95
PRIVATE_KEY_USAGE = b"\x40"

_SIGNING = (
    (Template.SIGNATURE, Mechanism.SIGN_PADDED_BY_HOST),
    (Template.SIGNATURE, Mechanism.SIGN_PADDED_BY_CARD),
)
_DECIPHERING = (
    (Template.CONFIDENTIALITY, Mechanism.DECIPHER_RAW),
    (Template.CONFIDENTIALITY, Mechanism.DECIPHER_OAEP),
    (Template.CONFIDENTIALITY, Mechanism.DECIPHER_PKCS1),
)


def key_file_control(key: int, algorithm: Algorithm, use: KeyUse) -> bytes:
    """For CREATE FILE: which file, who may do what with it, and every mechanism its key is for."""
    uses = _DECIPHERING + _SIGNING if use is KeyUse.EXCHANGE else _SIGNING
    references = b"".join(_reference(template, mechanism | algorithm, key) for template, mechanism in uses)
    return (
        tlv.encode(FILE_DESCRIPTOR, KEY_FILE)
        + tlv.encode(FILE_IDENTIFIER, (KEY_FILES | key).to_bytes(2, "big"))
        + tlv.encode(SECURITY_ATTRIBUTES, GENERATE_USE_AND_PUT_WITH_PIN)
        + tlv.encode(CONTROL_REFERENCES, references)
    )


def _reference(template: Template, mechanism: int, key: int) -> bytes:
    return tlv.encode(
        template,
        tlv.encode(MECHANISM, bytes([mechanism]))
        + tlv.encode(KEY_REFERENCE, bytes([key]))
        + tlv.encode(USAGE, PRIVATE_KEY_USAGE),
    )
