"""GENERAL AUTHENTICATE (SP 800-73-5 Part 2, 3.2.4 and appendix A): card keys and the management key."""

from __future__ import annotations

import hmac
import secrets

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from cardtool.pcsc.virtual import tlv
from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.piv import keys, slots
from cardtool.pcsc.virtual.piv.applet import Applet, Challenge
from cardtool.pcsc.virtual.piv.personality import Algorithm
from cardtool.pcsc.virtual.piv.state import ManagementKey
from cardtool.pcsc.virtual.status import (
    CONDITIONS_NOT_SATISFIED,
    SECURITY_STATUS_NOT_SATISFIED,
    WRONG_DATA,
    WRONG_P1_P2,
    Refused,
)

TEMPLATE = 0x7C
WITNESS = 0x80
CHALLENGE = 0x81
RESPONSE = 0x82
EXPONENTIATION = 0x85


def general_authenticate(applet: Applet, command: Command) -> bytes:
    objects = tlv.parse_map(tlv.only(command.data, TEMPLATE))
    if command.p2 == slots.MANAGEMENT:
        return _authenticate_admin(applet, command, objects)
    return _use_key(applet, command, objects)


def _use_key(applet: Applet, command: Command, objects: dict[int, bytes]) -> bytes:
    key = slots.key_in(applet, command.p2)
    if command.p1 != key.algorithm:
        raise Refused(WRONG_P1_P2)
    slots.require_pin_for(applet, key)
    if objects.get(RESPONSE) != b"" or len(objects) != 2:
        raise Refused(WRONG_DATA)
    if EXPONENTIATION in objects:
        return _response(keys.agree(key.private, objects[EXPONENTIATION]))
    if CHALLENGE in objects:
        return _response(keys.transform(key.private, objects[CHALLENGE]))
    raise Refused(WRONG_DATA)


def _authenticate_admin(applet: Applet, command: Command, objects: dict[int, bytes]) -> bytes:
    """Single: the host answers our challenge. Mutual: the host opens our witness, we answer its challenge."""
    key = applet.state.management_key
    # P1 = 00 is another name for TDEA (SP 800-78-5 table 6-2).
    if (command.p1 or Algorithm.TDEA) != key.algorithm:
        raise Refused(WRONG_P1_P2)
    if objects == {WITNESS: b""}:
        return _give_witness(applet, key)
    if objects == {CHALLENGE: b""}:
        return _give_challenge(applet, key)
    if WITNESS in objects and CHALLENGE in objects:
        return _finish_mutual(applet, key, objects[WITNESS], objects[CHALLENGE])
    if RESPONSE in objects:
        return _finish_single(applet, key, objects[RESPONSE])
    raise Refused(WRONG_DATA)


def _give_witness(applet: Applet, key: ManagementKey) -> bytes:
    witness = secrets.token_bytes(_block_size(key))
    applet.session.after.challenge = Challenge(witness, mutual=True)
    return tlv.encode(TEMPLATE, tlv.encode(WITNESS, encrypt(key, witness)))


def _give_challenge(applet: Applet, key: ManagementKey) -> bytes:
    challenge = secrets.token_bytes(_block_size(key))
    applet.session.after.challenge = Challenge(challenge, mutual=False)
    return tlv.encode(TEMPLATE, tlv.encode(CHALLENGE, challenge))


def _finish_mutual(applet: Applet, key: ManagementKey, witness: bytes, challenge: bytes) -> bytes:
    given = _given_out(applet, mutual=True)
    if len(challenge) != _block_size(key):
        raise Refused(WRONG_DATA)
    _grant_admin(applet, hmac.compare_digest(witness, given))
    return _response(encrypt(key, challenge))


def _finish_single(applet: Applet, key: ManagementKey, response: bytes) -> bytes:
    given = _given_out(applet, mutual=False)
    _grant_admin(applet, hmac.compare_digest(response, encrypt(key, given)))
    return b""


def _given_out(applet: Applet, *, mutual: bool) -> bytes:
    """The block of the command just before this one: it is good for one answer."""
    challenge = applet.session.before.challenge
    if challenge is None or challenge.mutual != mutual:
        raise Refused(CONDITIONS_NOT_SATISFIED)
    return challenge.block


def _grant_admin(applet: Applet, right: bool) -> None:
    applet.session.admin = right
    if not right:
        raise Refused(SECURITY_STATUS_NOT_SATISFIED)


def _response(value: bytes) -> bytes:
    return tlv.encode(TEMPLATE, tlv.encode(RESPONSE, value))


def _block_size(key: ManagementKey) -> int:
    return _cipher(key).block_size // 8


def encrypt(key: ManagementKey, block: bytes) -> bytes:
    """One block of TDEA or AES, as appendix A of SP 800-73-5 Part 2 asks for."""
    encryptor = Cipher(_cipher(key), modes.ECB()).encryptor()  # noqa: S305 - a single random block
    return encryptor.update(block) + encryptor.finalize()


def _cipher(key: ManagementKey) -> BlockCipherAlgorithm:
    return TripleDES(key.value) if key.algorithm is Algorithm.TDEA else AES(key.value)
