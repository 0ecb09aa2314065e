"""GENERAL AUTHENTICATE with the admin key: external (the host answers) or mutual (both do).

GIDS 2.0 with what its users found to be meant: 3DES in CBC mode from a zero vector, and in mutual
authentication seven bytes of key material followed by 80 at the end of each side's message.
"""

from __future__ import annotations

import hmac
import secrets

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from cardtool.pcsc.virtual import tlv
from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.gids.applet import Applet, Challenge
from cardtool.pcsc.virtual.gids.security import AUTHENTICATION_TEMPLATE
from cardtool.pcsc.virtual.status import (
    COMMAND_NOT_ALLOWED,
    CONDITIONS_NOT_SATISFIED,
    SECURITY_STATUS_NOT_SATISFIED,
    WRONG_DATA,
    Refused,
)

TEMPLATE = 0x7C
CHALLENGE = 0x81
RESPONSE = 0x82
EXTERNAL_SIZE = 8
MUTUAL_SIZE = 16
MATERIAL_SIZE = 7
END = b"\x80"
_BLOCK = 8


def general_authenticate(applet: Applet, command: Command) -> bytes:
    if not applet.state.operational:
        raise Refused(COMMAND_NOT_ALLOWED)
    command.require(p1=0x00, p2=0x00)
    objects = tlv.parse_map(tlv.only(command.data, TEMPLATE))
    if CHALLENGE in objects:
        return _give_challenge(applet, objects[CHALLENGE])
    if RESPONSE in objects:
        return _check_response(applet, objects[RESPONSE])
    raise Refused(WRONG_DATA)


def _give_challenge(applet: Applet, host: bytes) -> bytes:
    """An empty challenge asks for external authentication, one of 16 bytes for mutual."""
    if len(host) not in (0, MUTUAL_SIZE):
        raise Refused(WRONG_DATA)
    applet.session.admin = False
    challenge = secrets.token_bytes(MUTUAL_SIZE if host else EXTERNAL_SIZE)
    applet.session.next_challenge = Challenge(challenge, host)
    return tlv.encode(TEMPLATE, tlv.encode(CHALLENGE, challenge))


def _check_response(applet: Applet, response: bytes) -> bytes:
    challenge = applet.session.challenge
    if challenge is None:
        raise Refused(CONDITIONS_NOT_SATISFIED)
    cipher = Cipher(TripleDES(_key(applet)), modes.CBC(bytes(_BLOCK)))
    opened = _run(cipher, response, encrypt=False)
    applet.session.admin = False
    if not hmac.compare_digest(
        opened[: len(challenge.card + challenge.host)], challenge.card + challenge.host
    ):
        raise Refused(SECURITY_STATUS_NOT_SATISFIED)
    if not challenge.host:
        applet.session.admin = True
        return b""
    if len(opened) != 2 * MUTUAL_SIZE + MATERIAL_SIZE + len(END) or not opened.endswith(END):
        raise Refused(SECURITY_STATUS_NOT_SATISFIED)
    applet.session.admin = True
    answer = challenge.host + challenge.card + secrets.token_bytes(MATERIAL_SIZE) + END
    return tlv.encode(TEMPLATE, tlv.encode(RESPONSE, _run(cipher, answer, encrypt=True)))


def _key(applet: Applet) -> bytes:
    """The key that MANAGE SECURITY ENVIRONMENT named."""
    environment = applet.session.environment
    if environment is None or environment.template != AUTHENTICATION_TEMPLATE:
        raise Refused(CONDITIONS_NOT_SATISFIED)
    return applet.state.files[environment.key_file].key


def _run(cipher: Cipher[modes.CBC], data: bytes, *, encrypt: bool) -> bytes:
    if not data or len(data) % _BLOCK:
        raise Refused(WRONG_DATA)
    context = cipher.encryptor() if encrypt else cipher.decryptor()
    return context.update(data) + context.finalize()
