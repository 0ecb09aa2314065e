"""Keys in their files: made on the card, put in from outside, public half read (GIDS 2.0, ISO/IEC 7816-8)."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import rsa

from cardtool.pcsc.virtual import rsa as rsa_operations
from cardtool.pcsc.virtual import tlv
from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.gids.access import Act
from cardtool.pcsc.virtual.gids.applet import Applet
from cardtool.pcsc.virtual.gids.state import CardFile
from cardtool.pcsc.virtual.status import (
    FUNCTION_NOT_SUPPORTED,
    REFERENCE_NOT_FOUND,
    WRONG_DATA,
    Refused,
)

KEY_OBJECT = 0x70
KEY_REFERENCE = 0x84
KEY_VALUE_TEMPLATE = 0xA5
KEY_TYPE = 0x83
KEY_VALUE = 0x87
SYMMETRIC, RSA_PRIVATE = b"\x01", b"\x02"
PUBLIC_KEY = 0x7F49
CONTROL_REFERENCE = 0xAC
MECHANISM = 0x80
REFERENCE = 0x83
ADMIN_KEY_SIZE = 24
RSA_BITS = {0x06: 1024, 0x07: 2048, 0x08: 3072, 0x09: 4096}
"""Cryptographic mechanism identifiers of asymmetric keys; the low half of every mechanism byte."""
SEQUENCE, INTEGER = 0x30, 0x02


def generate_asymmetric_key_pair(applet: Applet, command: Command) -> bytes:
    """Into the key file that the template names; whatever key it held is gone."""
    command.require(p1=0x00, p2=0x00)
    template = tlv.parse_map(tlv.only(command.data, CONTROL_REFERENCE))
    file = _named_file(applet, template.get(REFERENCE, b""))
    applet.require(file, Act.GENERATE_KEY)
    bits = RSA_BITS.get(int.from_bytes(template.get(MECHANISM, b""), "big"), 0)
    if bits not in applet.personality.key_bits:
        raise Refused(FUNCTION_NOT_SUPPORTED)
    applet.work_on_key(bits)
    private = rsa.generate_private_key(65537, bits)
    file.keep(private)
    return _template(private)


def public_key(applet: Applet, command: Command) -> bytes:
    """The key object asks for reference and template: 70 { 84 reference, A5 { 7F49 } }."""
    template = tlv.parse_map(tlv.only(command.data, KEY_OBJECT))
    file = _named_file(applet, template.get(KEY_REFERENCE, b""))
    applet.require(file, Act.GET_PUBLIC_KEY)
    if len(file.key) <= ADMIN_KEY_SIZE:
        raise Refused(REFERENCE_NOT_FOUND)
    return _template(file.private_key)


def put_key(applet: Applet, command: Command) -> bytes:
    """70 { 84 reference, A5 { 83 type, 87 value } }: a 3DES key, or an RSAPrivateKey of PKCS#1."""
    template = tlv.parse_map(tlv.only(command.data, KEY_OBJECT))
    file = _named_file(applet, template.get(KEY_REFERENCE, b""))
    applet.require(file, Act.PUT_KEY)
    values = tlv.parse_map(template.get(KEY_VALUE_TEMPLATE, b""))
    kind, value = values.get(KEY_TYPE, SYMMETRIC), values.get(KEY_VALUE, b"")
    if kind == RSA_PRIVATE:
        file.keep(_imported(applet, value))
    elif kind == SYMMETRIC and len(value) == ADMIN_KEY_SIZE:
        file.key = value
    else:
        raise Refused(WRONG_DATA)
    return b""


def _named_file(applet: Applet, reference: bytes) -> CardFile:
    if len(reference) != 1:
        raise Refused(WRONG_DATA)
    return applet.key_file(reference[0])


def _template(private: rsa.RSAPrivateKey) -> bytes:
    return tlv.encode(PUBLIC_KEY, rsa_operations.public_objects(private.public_key()))


def _imported(applet: Applet, value: bytes) -> rsa.RSAPrivateKey:
    """Hosts differ in whether they write the leading zero of an INTEGER, so its bytes are taken unsigned."""
    items = tlv.parse(tlv.only(value, SEQUENCE))
    if len(items) != 9 or any(tag != INTEGER for tag, _ in items):
        raise Refused(WRONG_DATA)
    _version, n, e, d, p, q, dmp1, dmq1, iqmp = (int.from_bytes(content, "big") for _, content in items)
    if n.bit_length() not in applet.personality.key_bits:
        raise Refused(FUNCTION_NOT_SUPPORTED)
    try:
        return rsa.RSAPrivateNumbers(p, q, d, dmp1, dmq1, iqmp, rsa.RSAPublicNumbers(e, n)).private_key()
    except ValueError:
        raise Refused(WRONG_DATA) from None
