"""Yubico's extensions of the PIV applet (docs.yubico.com, "PIV APDUs"); each may be missing from a card."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519

from cardtool.pcsc.virtual import tlv
from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.piv import keys, pins, slots
from cardtool.pcsc.virtual.piv.applet import Applet, Handler
from cardtool.pcsc.virtual.piv.attestation import attest
from cardtool.pcsc.virtual.piv.data import ATTESTATION_CERTIFICATE
from cardtool.pcsc.virtual.piv.generate import mechanism, policies
from cardtool.pcsc.virtual.piv.instructions import Ins
from cardtool.pcsc.virtual.piv.keys import CURVES, RSA_BITS, KeyPair, PrivateKey, TouchPolicy
from cardtool.pcsc.virtual.piv.personality import ADMIN_ALGORITHMS, Algorithm, Extension
from cardtool.pcsc.virtual.piv.state import (
    DEFAULT_PIN,
    DEFAULT_PUK,
    MANAGEMENT_KEY_SIZES,
    ManagementKey,
    Reference,
    default_management_key,
    factory_reference,
    padded,
)
from cardtool.pcsc.virtual.status import (
    CONDITIONS_NOT_SATISFIED,
    REFERENCE_NOT_FOUND,
    WRONG_DATA,
    WRONG_P1_P2,
    Refused,
)

_NOWHERE = 0xFF
"""The destination of MOVE KEY that means deletion."""

_ORIGIN_GENERATED, _ORIGIN_IMPORTED = 1, 2
_PRIME_P, _PRIME_Q, _ECC, _ED25519, _X25519 = 0x01, 0x02, 0x06, 0x07, 0x08


def get_version(applet: Applet, command: Command) -> bytes:
    applet.require(Extension.VERSION)
    command.require(p1=0, p2=0)
    return bytes(applet.personality.version)


def get_serial(applet: Applet, command: Command) -> bytes:
    applet.require(Extension.SERIAL)
    command.require(p1=0, p2=0)
    return applet.state.serial.to_bytes(4, "big")


def get_metadata(applet: Applet, command: Command) -> bytes:
    """What a key, the PIN or the PUK is like; reading it spends no try."""
    applet.require(Extension.METADATA)
    if command.p1 != 0x00:
        raise Refused(WRONG_P1_P2)
    if command.p2 == pins.PIN:
        return _reference_metadata(applet.state.pin, DEFAULT_PIN)
    if command.p2 == pins.PUK:
        return _reference_metadata(applet.state.puk, DEFAULT_PUK)
    if command.p2 == slots.MANAGEMENT:
        return _management_key_metadata(applet.state.management_key)
    key = applet.state.keys.get(command.p2)
    if key is None:  # no such slot, or an empty one: real cards make no difference here
        raise Refused(REFERENCE_NOT_FOUND)
    return _key_metadata(key)


def set_management_key(applet: Applet, command: Command) -> bytes:
    """Data: algorithm, 9B, length, key. P2 FE asks for a touch at every use."""
    applet.require(Extension.SET_MANAGEMENT_KEY)
    applet.require_admin()
    if command.p1 != 0xFF or command.p2 not in (0xFF, 0xFE):
        raise Refused(WRONG_P1_P2)
    if (
        len(command.data) < 3
        or command.data[0] not in ADMIN_ALGORITHMS
        or command.data[1] != slots.MANAGEMENT
    ):
        raise Refused(WRONG_DATA)
    algorithm, value = Algorithm(command.data[0]), command.data[3:]
    if len(value) != command.data[2] or len(value) != MANAGEMENT_KEY_SIZES[algorithm]:
        raise Refused(WRONG_DATA)
    touch = TouchPolicy.ALWAYS if command.p2 == 0xFE else TouchPolicy.NEVER
    applet.state.management_key = ManagementKey(algorithm, value, touch)
    return b""


def set_pin_retries(applet: Applet, command: Command) -> bytes:
    """New limits P1 for the PIN and P2 for the PUK; both values go back to the factory's."""
    applet.require(Extension.SET_RETRIES)
    applet.require_admin()
    applet.require_pin()
    if not command.p1 or not command.p2:
        raise Refused(WRONG_P1_P2)
    applet.state.pin = factory_reference(DEFAULT_PIN, command.p1)
    applet.state.puk = factory_reference(DEFAULT_PUK, command.p2)
    return b""


def import_key(applet: Applet, command: Command) -> bytes:
    """P1 algorithm, P2 slot; RSA as 01 p and 02 q (the rest is computed), EC 06, Ed25519 07, X25519 08."""
    applet.require(Extension.IMPORT)
    applet.require_admin()
    slots.require_slot(applet, command.p2)
    algorithm = mechanism(applet, bytes([command.p1]))
    objects = tlv.parse_map(command.data)
    pin_policy, touch_policy = policies(applet, command.p2, objects)
    try:
        private = _private_key(algorithm, objects)
    except (KeyError, ValueError):
        raise Refused(WRONG_DATA) from None
    pair = KeyPair(algorithm, keys.to_pkcs8(private), pin_policy, touch_policy, generated=False)
    applet.state.keys[command.p2] = pair
    return b""


def move_key(applet: Applet, command: Command) -> bytes:
    """P1 destination (FF deletes), P2 source. The destination must be empty; F9 takes no part in moves."""
    applet.require(Extension.MOVE)
    applet.require_admin()
    destination, source = command.p1, command.p2
    key = slots.key_in(applet, source)
    if destination != _NOWHERE:
        slots.require_slot(applet, destination)
        if slots.ATTESTATION in (destination, source):
            raise Refused(WRONG_P1_P2)
        if destination in applet.state.keys:
            raise Refused(CONDITIONS_NOT_SATISFIED)
        applet.state.keys[destination] = key
    del applet.state.keys[source]
    return b""


def reset(applet: Applet, command: Command) -> bytes:
    """Back to the factory state; only when PIN and PUK are both blocked. F9 and its certificate stay."""
    applet.require(Extension.RESET)
    command.require(p1=0, p2=0)
    state = applet.state
    if state.pin.tries or state.puk.tries:
        raise Refused(CONDITIONS_NOT_SATISFIED)
    state.keys = {slot: key for slot, key in state.keys.items() if slot == slots.ATTESTATION}
    state.objects = {tag: held for tag, held in state.objects.items() if tag == ATTESTATION_CERTIFICATE}
    state.pin = factory_reference(DEFAULT_PIN, applet.personality.pin_tries)
    state.puk = factory_reference(DEFAULT_PUK, applet.personality.puk_tries)
    state.management_key = default_management_key(applet.personality.admin_algorithm)
    applet.session.pin_verified = applet.session.admin = applet.session.puk_accepted = False
    return b""


def _reference_metadata(reference: Reference, default: bytes) -> bytes:
    is_default = bytes([reference.value == padded(default)])
    tries = bytes([reference.limit, reference.tries])
    return tlv.encode(0x01, b"\xff") + tlv.encode(0x05, is_default) + tlv.encode(0x06, tries)


def _management_key_metadata(key: ManagementKey) -> bytes:
    return (
        tlv.encode(0x01, bytes([key.algorithm]))
        + tlv.encode(0x02, bytes([0, key.touch_policy]))
        + tlv.encode(0x05, bytes([key.is_default]))
    )


def _key_metadata(key: KeyPair) -> bytes:
    policy = bytes([key.pin_policy, key.touch_policy or TouchPolicy.NEVER])
    origin = _ORIGIN_GENERATED if key.generated else _ORIGIN_IMPORTED
    return (
        tlv.encode(0x01, bytes([key.algorithm]))
        + tlv.encode(0x02, policy)
        + tlv.encode(0x03, bytes([origin]))
        + tlv.encode(0x04, keys.public_objects(key.private))
    )


def _private_key(algorithm: Algorithm, objects: dict[int, bytes]) -> PrivateKey:
    if algorithm in RSA_BITS:
        return _rsa_key(objects[_PRIME_P], objects[_PRIME_Q], RSA_BITS[algorithm])
    if algorithm in CURVES:
        return ec.derive_private_key(int.from_bytes(objects[_ECC], "big"), CURVES[algorithm])
    if algorithm is Algorithm.ED25519:
        return ed25519.Ed25519PrivateKey.from_private_bytes(objects[_ED25519])
    return x25519.X25519PrivateKey.from_private_bytes(objects[_X25519])


def _rsa_key(first: bytes, second: bytes, bits: int) -> PrivateKey:
    """The key of two primes and the exponent 65537, which is all that is imported. Raises ValueError."""
    p, q, exponent = int.from_bytes(first, "big"), int.from_bytes(second, "big"), 65537
    if (p * q).bit_length() != bits or p == q:
        raise ValueError("primes")
    d = pow(exponent, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(exponent, p * q),
    )
    return numbers.private_key()


COMMANDS: dict[int, Handler] = {
    Ins.GET_VERSION: get_version,
    Ins.GET_SERIAL: get_serial,
    Ins.GET_METADATA: get_metadata,
    Ins.ATTEST: attest,
    Ins.SET_MANAGEMENT_KEY: set_management_key,
    Ins.SET_PIN_RETRIES: set_pin_retries,
    Ins.RESET: reset,
    Ins.IMPORT_KEY: import_key,
    Ins.MOVE_KEY: move_key,
}
