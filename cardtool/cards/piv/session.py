"""A conversation with the PIV application: one method per command of SP 800-73-5 part 2, section 3.

No method does more than its command, except that data is checked before it is sent. What takes several
commands is in ``recipes`` and ``admin``; Yubico's extensions are in ``yubico``.
"""

from __future__ import annotations

from cardtool.cards.answers import command_error, presentation_error
from cardtool.cards.pin import PinStatus, check_form
from cardtool.cards.piv.keydata import PUBLIC_KEY_TEMPLATE, PublicKey, parse_public_key
from cardtool.cards.piv.types import (
    PIV_AID_WITHOUT_VERSION,
    AdminAlgorithm,
    Algorithm,
    KeyRef,
    ObjectTag,
    Slot,
)
from cardtool.cards.session import CardSession
from cardtool.errors import CardAnswerMalformed, NotSupportedByCard
from cardtool.pcsc import tlv
from cardtool.pcsc.apdu import INS, SHORT_LE_MAX, SW, Command
from cardtool.pcsc.chaining import Channel
from cardtool.pcsc.pinpad import PinBlock, PinPad, modify_structure, pad_error, verify_structure
from cardtool.pcsc.transport import Connection
from cardtool.secret import Secret

SELECT_BY_NAME = 0x04
GET_DATA_NAME = "GET DATA"
OBJECT_IN_CURRENT_APPLICATION = 0x3FFF
TAG_LIST = 0x5C
DATA_OBJECT = 0x53
APPLICATION_PROPERTY_TEMPLATE = 0x61
CONTROL_REFERENCE_TEMPLATE = 0xAC
CRYPTOGRAPHIC_MECHANISM = 0x80
DYNAMIC_AUTHENTICATION_TEMPLATE = 0x7C
WITNESS = 0x80
CHALLENGE = 0x81
RESPONSE = 0x82
EXPONENTIATION = 0x85
PIN_LENGTH_MIN = 6
PIN_LENGTH_MAX = 8
PIN_PADDING = b"\xff"
EMPTY_PIN_BLOCK = PIN_PADDING * PIN_LENGTH_MAX
PIN_BLOCK = PinBlock(PIN_LENGTH_MIN, PIN_LENGTH_MAX, PIN_LENGTH_MAX)
LOG_OUT = 0xFF


class PivSession(CardSession):
    """One card, selected, on one thread, best inside ``connection.transaction()``."""

    def __init__(self, connection: Connection, channel: Channel | None = None) -> None:
        super().__init__(connection, channel)
        self._admin_algorithm = AdminAlgorithm.TDES

    # --- 3.1 data access ---

    def select(self) -> bytes:
        """SELECT the PIV application; the application property template. Raises ObjectNotFound."""
        return self.command(INS.SELECT, SELECT_BY_NAME, 0x00, PIV_AID_WITHOUT_VERSION)

    def get_data(self, tag: int) -> bytes:
        """The content of a data object, without its tag 53 (Discovery: 7E). Raises ObjectNotFound."""
        command = get_data_command(tag)
        response = self.transmit(command)
        if not response.ok:
            raise command_error(response, command.name)
        return tlv.unwrap(_container(tag), response.data, command.name)

    def put_data(self, tag: int, content: bytes) -> None:
        """Write a data object; empty ``content`` deletes it. Needs admin status."""
        data = _tag_list(tag) + tlv.encode(_container(tag), content)
        self.command(INS.PUT_DATA, *_p1_p2(), data, le=None)

    # --- 3.2 authentication ---

    def verify_pin(self, pin: Secret) -> None:
        """Raises PinNotSent (nothing sent), WrongPin, PinBlocked, PinRefused."""
        check_value(pin)
        self._present(INS.VERIFY, 0x00, KeyRef.PIV_PIN, _padded(pin), KeyRef.PIV_PIN)

    def verify_pin_on_pad(self, pad: PinPad) -> None:
        """The PIN typed on the reader: at most one VERIFY. Raises as ``verify_pin``."""
        template = Command(0x00, INS.VERIFY, 0x00, KeyRef.PIV_PIN, EMPTY_PIN_BLOCK)
        self._present_on_pad(
            pad.verify, verify_structure(template.encode(), PIN_BLOCK, pad.language), template
        )

    def change_pin_on_pad(self, pad: PinPad) -> None:
        """The old PIN and twice the new one typed on the reader. Raises as ``verify_pin_on_pad``."""
        template = Command(0x00, INS.CHANGE_REFERENCE_DATA, 0x00, KeyRef.PIV_PIN, 2 * EMPTY_PIN_BLOCK)
        self._present_on_pad(
            pad.modify, modify_structure(template.encode(), PIN_BLOCK, pad.language), template
        )

    def _present_on_pad(self, control_code: int | None, structure: bytes, template: Command) -> None:
        if control_code is None:
            raise NotSupportedByCard("PIN pad")
        response = self._gaining_on_pad(control_code, structure, template.name)
        if error := pad_error(response, PIN_BLOCK):
            raise error
        if not response.ok:
            raise presentation_error(response, template.name)

    def pin_status(self) -> PinStatus:
        """Ask without spending a try. Between a VERIFY and a signature with 9C this loses the consent."""
        response = self.transmit(Command(0x00, INS.VERIFY, 0x00, KeyRef.PIV_PIN))
        if response.ok:
            return PinStatus(verified=True, tries_left=None)
        blocked = response.sw == SW.AUTHENTICATION_METHOD_BLOCKED
        return PinStatus(verified=False, tries_left=0 if blocked else response.tries_left)

    def logout(self) -> bool:
        """Drop PIN status; False where the card does not know how (then only a reset does it)."""
        return self.transmit(Command(0x00, INS.VERIFY, LOG_OUT, KeyRef.PIV_PIN)).ok

    def change_reference_data(self, key: KeyRef, old: Secret, new: Secret) -> None:
        """Change the PIN, or the PUK.

        Raises PinNotSent, WrongPin or WrongPuk, PinBlocked or PukBlocked, PinRefused.
        """
        check_value(old)
        check_value(new)
        self._present(INS.CHANGE_REFERENCE_DATA, 0x00, key, _padded(old) + _padded(new), key)

    def reset_retry_counter(self, puk: Secret, new_pin: Secret) -> None:
        """Set a new PIN with the PUK. Raises PinNotSent, WrongPuk, PukBlocked, PinRefused.

        Reset the card before: after one success some applets accept any PUK until then.
        """
        check_value(puk)
        check_value(new_pin)
        data = _padded(puk) + _padded(new_pin)
        self._present(INS.RESET_RETRY_COUNTER, 0x00, KeyRef.PIV_PIN, data, KeyRef.PUK)

    def _present(self, ins: INS, p1: int, p2: KeyRef, data: bytes, key: KeyRef) -> None:
        command = Command(0x00, ins, p1, p2, data)
        response = self._gaining(command)
        if not response.ok:
            raise presentation_error(response, command.name, puk=key is KeyRef.PUK)

    def admin_witness(self, algorithm: AdminAlgorithm) -> bytes:
        """Mutual authentication, first half: the card's witness, encrypted under its admin key."""
        return self._admin_request(algorithm, WITNESS)

    def admin_mutual_response(self, witness: bytes, challenge: bytes) -> bytes:
        """Second half: the decrypted witness and our challenge; the challenge, encrypted by the card.

        Whoever has the key must compare it. A wrong witness: SecurityStatusNotSatisfied or CardCommandFailed.
        """
        items = tlv.encode(WITNESS, witness) + tlv.encode(CHALLENGE, challenge)
        answer = self._authenticate_admin(items)
        return _of_length(_Items.parse(answer), RESPONSE, self._admin_algorithm.block_size)

    def admin_challenge(self, algorithm: AdminAlgorithm) -> bytes:
        """Single authentication, first half: the card's challenge, in clear."""
        return self._admin_request(algorithm, CHALLENGE)

    def admin_single_response(self, response: bytes) -> None:
        """Second half: the card's challenge, encrypted by us."""
        self._authenticate_admin(tlv.encode(RESPONSE, response))

    def _authenticate_admin(self, items: bytes) -> bytes:
        data = tlv.encode(DYNAMIC_AUTHENTICATION_TEMPLATE, items)
        command = Command(
            0x00, INS.GENERAL_AUTHENTICATE, self._admin_algorithm, KeyRef.ADMIN, data, SHORT_LE_MAX
        )
        response = self._gaining(command)
        if not response.ok:
            raise command_error(response, command.name)
        return response.data

    def _admin_request(self, algorithm: AdminAlgorithm, tag: int) -> bytes:
        self._admin_algorithm = algorithm
        answer = self._general_authenticate(algorithm, KeyRef.ADMIN, tlv.encode(tag))
        return _of_length(_Items.parse(answer), tag, algorithm.block_size)

    # --- 3.2.4 and 3.3 asymmetric keys ---

    def sign(self, slot: Slot, algorithm: Algorithm, payload: bytes) -> bytes:
        """The private key on ``payload``: RSA a padded block of the key's size, ECDSA a digest (DER answer).

        9C wants a VERIFY as the very last command before. Raises SecurityStatusNotSatisfied.
        """
        data = tlv.encode(RESPONSE) + tlv.encode(CHALLENGE, payload)
        return _Items.parse(self._general_authenticate(algorithm, slot, data))[RESPONSE]

    def decipher(self, slot: Slot, algorithm: Algorithm, block: bytes) -> bytes:
        """RSA on an encrypted block of the key's size; the padding is still there."""
        return self.sign(slot, algorithm, block)

    def key_agreement(self, slot: Slot, algorithm: Algorithm, peer: bytes) -> bytes:
        """ECDH with the other side's point (uncompressed) or X25519 key; the shared secret."""
        data = tlv.encode(RESPONSE) + tlv.encode(EXPONENTIATION, peer)
        return _Items.parse(self._general_authenticate(algorithm, slot, data))[RESPONSE]

    def generate_asymmetric_key_pair(
        self, slot: Slot, algorithm: Algorithm, further: bytes = b""
    ) -> PublicKey:
        """Make a key in ``slot``, **destroying the one that is there**; needs admin status.

        ``further``: data objects that extensions add to the template. If the answer is lost the key may have
        been made all the same.
        """
        mechanism = tlv.encode(CRYPTOGRAPHIC_MECHANISM, bytes([algorithm]))
        data = tlv.encode(CONTROL_REFERENCE_TEMPLATE, mechanism + further)
        answer = self.command(INS.GENERATE_ASYMMETRIC_KEY_PAIR, 0x00, slot, data)
        name = "GENERATE ASYMMETRIC KEY PAIR"
        return parse_public_key(tlv.unwrap(PUBLIC_KEY_TEMPLATE, answer, name), algorithm, name)

    def _general_authenticate(self, algorithm: int, key: int, items: bytes) -> bytes:
        data = tlv.encode(DYNAMIC_AUTHENTICATION_TEMPLATE, items)
        return self.command(INS.GENERAL_AUTHENTICATE, algorithm, key, data)


class _Items(dict[int, bytes]):
    """Items of an answer; asking for one that is missing says what is wrong with the card."""

    COMMAND = "GENERAL AUTHENTICATE"

    @classmethod
    def parse(cls, answer: bytes) -> _Items:
        return cls(tlv.fields(tlv.unwrap(DYNAMIC_AUTHENTICATION_TEMPLATE, answer, cls.COMMAND), cls.COMMAND))

    def __missing__(self, tag: int) -> bytes:
        raise CardAnswerMalformed(self.COMMAND)


def _of_length(items: dict[int, bytes], tag: int, length: int) -> bytes:
    if len(items[tag]) != length:
        raise CardAnswerMalformed(_Items.COMMAND)
    return items[tag]


def get_data_command(tag: int) -> Command:
    """GET DATA for one data object of the PIV application."""
    return Command(0x00, INS.GET_DATA, *_p1_p2(), _tag_list(tag), SHORT_LE_MAX)


def _p1_p2() -> tuple[int, int]:
    return OBJECT_IN_CURRENT_APPLICATION >> 8, OBJECT_IN_CURRENT_APPLICATION & 0xFF


def _tag_list(tag: int) -> bytes:
    return tlv.encode(TAG_LIST, tag.to_bytes((tag.bit_length() + 7) // 8, "big"))


def _container(tag: int) -> int:
    """The Discovery Object and the BIT group are their own containers, all others come in tag 53."""
    return tag if tag in {ObjectTag.DISCOVERY, ObjectTag.BIOMETRIC_TEMPLATES_GROUP} else DATA_OBJECT


def check_value(value: Secret) -> None:
    """Refuse what no PIV card takes as PIN or PUK, before a try is spent. Raises PinNotSent."""
    check_form(value, PIN_LENGTH_MIN, PIN_LENGTH_MAX)


def _padded(value: Secret) -> bytes:
    """SP 800-73-5 part 2, 2.4.3: eight bytes, filled with FF."""
    return value.bytes().ljust(PIN_LENGTH_MAX, PIN_PADDING)
