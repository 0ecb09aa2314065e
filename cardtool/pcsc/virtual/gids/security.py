"""MANAGE SECURITY ENVIRONMENT and PERFORM SECURITY OPERATION (ISO/IEC 7816-8, GIDS 2.0)."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from cardtool.pcsc.virtual import rsa as rsa_operations
from cardtool.pcsc.virtual import tlv
from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.gids.access import Act
from cardtool.pcsc.virtual.gids.applet import Applet, Environment
from cardtool.pcsc.virtual.gids.key_data import RSA_BITS
from cardtool.pcsc.virtual.gids.state import KEY_FILES, CardFile
from cardtool.pcsc.virtual.status import (
    CONDITIONS_NOT_SATISFIED,
    FUNCTION_NOT_SUPPORTED,
    REFERENCE_NOT_FOUND,
    WRONG_DATA,
    WRONG_LENGTH,
    WRONG_P1_P2,
    Refused,
)

SET_FOR_KEY_USE = 0x41
SET_FOR_AUTHENTICATION = frozenset({0x81, 0xC1})
RESTORE = 0xF3
AUTHENTICATION_TEMPLATE = 0xA4
SIGNATURE_TEMPLATE = 0xB6
CONFIDENTIALITY_TEMPLATE = 0xB8
MECHANISM = 0x80
SYMMETRIC_REFERENCE = 0x83
PRIVATE_REFERENCE = 0x84
TRIPLE_DES = 0x02
CONTROL_REFERENCES = 0xA5
SIGNATURE_OF_DIGEST = (0x9E, 0x9A)
DECIPHER = (0x80, 0x86)
_PADDING = 0xF0
_KEY_KIND = 0x0F
PADDED_BY_HOST, PADDED_BY_CARD = 0x10, 0x50
DECIPHER_RAW, DECIPHER_PKCS1, DECIPHER_OAEP = 0x00, 0x40, 0x80
_PKCS1_OVERHEAD = 11


def manage_security_environment(applet: Applet, command: Command) -> bytes:
    if command.p1 == RESTORE:
        applet.session.environment = None
        return b""
    environment = _asked_for(command)
    file = applet.key_file(environment.key_file & 0xFF)
    if (environment.template, environment.mechanism) not in _uses(file):
        raise Refused(REFERENCE_NOT_FOUND)
    applet.require(file, Act.USE_KEY)
    applet.session.environment = environment
    return b""


def perform_security_operation(applet: Applet, command: Command) -> bytes:
    operation = (command.p1, command.p2)
    if operation == SIGNATURE_OF_DIGEST:
        key, padded_by = _key_for(applet, SIGNATURE_TEMPLATE)
        return _sign(key, padded_by, command.data)
    if operation == DECIPHER:
        key, padded_by = _key_for(applet, CONFIDENTIALITY_TEMPLATE)
        return _decipher(key, padded_by, command.data)
    raise Refused(WRONG_P1_P2)


def _asked_for(command: Command) -> Environment:
    values = tlv.parse_map(command.data)
    if command.p1 == SET_FOR_KEY_USE:
        reference, mechanism = values.get(PRIVATE_REFERENCE, b""), values.get(MECHANISM, b"")
    elif command.p1 in SET_FOR_AUTHENTICATION:
        reference, mechanism = values.get(SYMMETRIC_REFERENCE, b""), bytes([TRIPLE_DES])
    else:
        raise Refused(FUNCTION_NOT_SUPPORTED)
    if len(reference) != 1 or len(mechanism) != 1:
        raise Refused(WRONG_DATA)
    return Environment(command.p2, mechanism[0], KEY_FILES | reference[0])


def _uses(file: CardFile) -> set[tuple[int, int]]:
    """Template and mechanism of every use that the file's control parameters allow its key."""
    templates = tlv.parse(tlv.parse_map(file.control).get(CONTROL_REFERENCES, b""))
    return {
        (tag, int.from_bytes(tlv.parse_map(content).get(MECHANISM, b""), "big")) for tag, content in templates
    }


def _key_for(applet: Applet, template: int) -> tuple[rsa.RSAPrivateKey, int]:
    """The key and the way of padding; the PIN may have been lost since they were set."""
    environment = applet.session.environment
    if environment is None or environment.template != template:
        raise Refused(CONDITIONS_NOT_SATISFIED)
    file = applet.state.files[environment.key_file]
    applet.require(file, Act.USE_KEY)
    if not file.key:
        raise Refused(REFERENCE_NOT_FOUND)
    key = file.private_key
    if RSA_BITS.get(environment.mechanism & _KEY_KIND) != key.key_size:
        raise Refused(CONDITIONS_NOT_SATISFIED)
    return key, environment.mechanism & _PADDING


def _sign(key: rsa.RSAPrivateKey, padded_by: int, data: bytes) -> bytes:
    if padded_by == PADDED_BY_HOST:
        return rsa_operations.raw_operation(key, data)
    if padded_by != PADDED_BY_CARD:
        raise Refused(CONDITIONS_NOT_SATISFIED)
    size = key.key_size // 8
    if len(data) > size - _PKCS1_OVERHEAD:
        raise Refused(WRONG_LENGTH)
    filling = b"\xff" * (size - len(data) - 3)
    return rsa_operations.raw_operation(key, b"\x00\x01" + filling + b"\x00" + data)


def _decipher(key: rsa.RSAPrivateKey, padded_by: int, cryptogram: bytes) -> bytes:
    """The bare cryptogram: Windows and OpenSC put no padding indicator before it, whatever ISO/IEC 7816-8 says."""
    if len(cryptogram) != key.key_size // 8:
        raise Refused(WRONG_LENGTH)
    if padded_by == DECIPHER_OAEP:
        oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303 - the specification's
        try:
            return key.decrypt(cryptogram, oaep)
        except ValueError:
            raise Refused(WRONG_DATA) from None
    block = rsa_operations.raw_operation(key, cryptogram)
    if padded_by == DECIPHER_RAW:
        return block
    head, separator, message = block[2:].partition(b"\x00")
    if padded_by != DECIPHER_PKCS1 or block[:2] != b"\x00\x02" or not separator or len(head) < 8:
        raise Refused(WRONG_DATA)
    return message
