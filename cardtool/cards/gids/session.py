"""A conversation with the GIDS application: one method per command of the specification.

No method does more than its command, except that data is checked before it is sent. What takes several
commands is in ``files``, ``recipes`` and ``admin``.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import rsa

from cardtool.cards.answers import command_error, presentation_error
from cardtool.cards.gids.objects import PinCounter
from cardtool.cards.gids.types import (
    PIN_LENGTH_MAX,
    PIN_LENGTH_MIN,
    Algorithm,
    FileId,
    KeyRef,
    ObjectTag,
    Template,
)
from cardtool.cards.identify import GIDS_AID_WITHOUT_VERSION, SELECT_BY_NAME
from cardtool.cards.pin import PinStatus, check_form
from cardtool.cards.session import CardSession
from cardtool.errors import CardAnswerMalformed
from cardtool.pcsc import tlv
from cardtool.pcsc.apdu import INS, SHORT_LE_MAX, SW, Command, command_name
from cardtool.secret import Secret

SELECT_BY_IDENTIFIER = 0x00
NO_ANSWER_DATA = 0x0C
TAG_LIST = 0x5C
PUBLIC_KEY = 0x7F49
MODULUS, PUBLIC_EXPONENT = 0x81, 0x82
KEY_REFERENCE = 0x84
KEY_VALUE_TEMPLATE = 0xA5
KEY_VALUE = 0x87
PUBLIC_PART_ONLY = bytes.fromhex("7F4980")
CONTROL_REFERENCE_TEMPLATE = 0xAC
CRYPTOGRAPHIC_MECHANISM = 0x80
SYMMETRIC_KEY_REFERENCE, PRIVATE_KEY_REFERENCE = 0x83, 0x84
SET_FOR_USE, SET_FOR_AUTHENTICATION = 0x41, 0xC1
SIGNATURE_OF_DIGEST = (0x9E, 0x9A)
DECIPHER = (0x80, 0x86)
DYNAMIC_AUTHENTICATION_TEMPLATE = 0x7C
CHALLENGE, RESPONSE = 0x81, 0x82
EXTERNAL_CHALLENGE_BYTES = 8
MUTUAL_CHALLENGE_BYTES = 16
MUTUAL_RESPONSE_BYTES = 40
NEW_PIN_ONLY = 0x01
NEW_PIN_BY_ADMIN = 0x02


class GidsSession(CardSession):
    """One card, selected, on one thread, best inside ``connection.transaction()``."""

    # --- files and data objects ---

    def select(self) -> bytes:
        """SELECT the application; its template, with the version. Raises ObjectNotFound."""
        return self.command(INS.SELECT, SELECT_BY_NAME, 0x00, GIDS_AID_WITHOUT_VERSION)

    def select_file(self, file: int) -> None:
        """Make ``file`` the current one. Raises ObjectNotFound."""
        self.command(INS.SELECT, SELECT_BY_IDENTIFIER, NO_ANSWER_DATA, file.to_bytes(2, "big"), le=None)

    def get_data(self, file: int, tag: int) -> bytes:
        """The content of a data object in ``file``. Raises ObjectNotFound, SecurityStatusNotSatisfied."""
        answer = self.command(INS.GET_DATA, file >> 8, file & 0xFF, tlv.encode(TAG_LIST, _tag(tag)))
        return tlv.unwrap(tag, answer, command_name(INS.GET_DATA))

    def put_data(self, file: int, tag: int, content: bytes) -> None:
        """Write a data object. An empty one is emptied; written empty once more it is gone."""
        self.command(INS.PUT_DATA, file >> 8, file & 0xFF, tlv.encode(tag, content), le=None)

    def create_file(self, control: bytes) -> None:
        """Make the file that the control parameters describe; it becomes the current one, not yet active."""
        self.command(INS.CREATE_FILE, 0x00, 0x00, tlv.encode(0x62, control), le=None)

    def activate_file(self) -> None:
        """Let the current file's access rules hold; of no file: those of the application."""
        self.command(INS.ACTIVATE_FILE, 0x00, 0x00, le=None)

    def delete_file(self) -> None:
        """**Destroy** the current file, with the key in it."""
        self.command(INS.DELETE_FILE, 0x00, 0x00, le=None)

    # --- PIN ---

    def verify_pin(self, pin: Secret) -> None:
        """Raises PinNotSent (nothing sent), WrongPin, PinBlocked, PinRefused."""
        check_pin(pin)
        self._present(Command(0x00, INS.VERIFY, 0x00, KeyRef.PIN, pin.bytes()))

    def pin_counter(self) -> PinCounter:
        """The tries left, without spending one. Raises ObjectNotFound where the card does not tell."""
        return PinCounter.parse(self.get_data(FileId.APPLICATION, ObjectTag.PIN_STATUS))

    def pin_status(self) -> PinStatus:
        """Ask without spending a try. Some cards never say that the PIN is verified."""
        response = self.transmit(Command(0x00, INS.VERIFY, 0x00, KeyRef.PIN))
        if response.ok:
            return PinStatus(verified=True, tries_left=None)
        blocked = response.sw == SW.AUTHENTICATION_METHOD_BLOCKED
        return PinStatus(verified=False, tries_left=0 if blocked else response.tries_left)

    def logout(self) -> bool:
        """Drop PIN and admin status; False where the card does not know how."""
        return self.transmit(Command(0x00, INS.VERIFY, 0x00, KeyRef.LOG_OUT)).ok

    def change_pin(self, old: Secret, new: Secret) -> None:
        """CHANGE REFERENCE DATA. Raises PinNotSent, WrongPin, PinBlocked, PinRefused."""
        check_pin(old)
        check_pin(new)
        data = old.bytes() + new.bytes()
        self._present(Command(0x00, INS.CHANGE_REFERENCE_DATA, 0x00, KeyRef.PIN, data))

    def set_first_pin(self, pin: Secret) -> None:
        """CHANGE REFERENCE DATA without an old value: on a blank card. Raises PinNotSent, PinRefused."""
        check_pin(pin)
        self._present(Command(0x00, INS.CHANGE_REFERENCE_DATA, NEW_PIN_ONLY, KeyRef.PIN, pin.bytes()))

    def reset_retry_counter(self, new_pin: Secret) -> None:
        """Set a new PIN with admin status, which is lost by it. Raises PinNotSent, PinRefused."""
        check_pin(new_pin)
        command = Command(0x00, INS.RESET_RETRY_COUNTER, NEW_PIN_BY_ADMIN, KeyRef.PIN, new_pin.bytes())
        self._present(command)

    def _present(self, command: Command) -> None:
        response = self._gaining(command)
        if not response.ok:
            raise presentation_error(response, command.name)

    # --- admin key ---

    def set_admin_key(self) -> None:
        """Name the admin key for the challenge that follows (MANAGE SECURITY ENVIRONMENT)."""
        reference = tlv.encode(SYMMETRIC_KEY_REFERENCE, bytes([KeyRef.ADMIN_KEY]))
        self._manage(SET_FOR_AUTHENTICATION, Template.AUTHENTICATION, reference)

    def external_challenge(self) -> bytes:
        """Eight bytes for whoever has the admin key to encrypt; void after any other command."""
        return self._challenge(b"", EXTERNAL_CHALLENGE_BYTES)

    def external_response(self, response: bytes) -> None:
        """The challenge, encrypted. Wrong: SecurityStatusNotSatisfied or CardCommandFailed."""
        self._respond(response)

    def mutual_challenge(self, challenge: bytes) -> bytes:
        """Exchange challenges of 16 bytes; the card's."""
        return self._challenge(challenge, MUTUAL_CHALLENGE_BYTES)

    def mutual_response(self, response: bytes) -> bytes:
        """Our proof, 40 bytes, against the card's; whoever has the key must check that."""
        return _dynamic(self._respond(response), RESPONSE, MUTUAL_RESPONSE_BYTES)

    def _challenge(self, challenge: bytes, length: int) -> bytes:
        data = tlv.encode(DYNAMIC_AUTHENTICATION_TEMPLATE, tlv.encode(CHALLENGE, challenge))
        return _dynamic(self.command(INS.GENERAL_AUTHENTICATE, 0x00, 0x00, data), CHALLENGE, length)

    def _respond(self, response: bytes) -> bytes:
        data = tlv.encode(DYNAMIC_AUTHENTICATION_TEMPLATE, tlv.encode(RESPONSE, response))
        command = Command(0x00, INS.GENERAL_AUTHENTICATE, 0x00, 0x00, data, SHORT_LE_MAX)
        answer = self._gaining(command)
        if not answer.ok:
            raise command_error(answer, command.name)
        return answer.data

    # --- keys ---

    def generate_asymmetric_key_pair(self, key: int, algorithm: Algorithm) -> rsa.RSAPublicKey:
        """Make a key in the file of reference ``key``, **destroying the one that is there**."""
        items = tlv.encode(CRYPTOGRAPHIC_MECHANISM, bytes([algorithm]))
        items += tlv.encode(SYMMETRIC_KEY_REFERENCE, bytes([key]))
        data = tlv.encode(CONTROL_REFERENCE_TEMPLATE, items)
        answer = self.command(INS.GENERATE_ASYMMETRIC_KEY_PAIR, 0x00, 0x00, data)
        return _public_key(answer, command_name(INS.GENERATE_ASYMMETRIC_KEY_PAIR))

    def public_key(self, key: int) -> rsa.RSAPublicKey:
        """The public half. Raises ObjectNotFound or CardCommandFailed where there is no such key."""
        wanted = _key_object(key, PUBLIC_PART_ONLY)
        answer = self.command(INS.GET_DATA, FileId.APPLICATION >> 8, FileId.APPLICATION & 0xFF, wanted)
        return _public_key(answer, command_name(INS.GET_DATA))

    def put_admin_key(self, value: Secret) -> None:
        """Replace the admin key (24 bytes). Needs admin status."""
        data = _key_object(KeyRef.ADMIN_KEY, tlv.encode(KEY_VALUE, value.bytes()))
        self.command(INS.PUT_DATA, FileId.APPLICATION >> 8, FileId.APPLICATION & 0xFF, data, le=None)

    def set_key(self, template: Template, mechanism: int, key: int) -> None:
        """Choose key and mechanism for the operation that follows (MANAGE SECURITY ENVIRONMENT). Wants the PIN."""
        items = tlv.encode(CRYPTOGRAPHIC_MECHANISM, bytes([mechanism]))
        self._manage(SET_FOR_USE, template, items + tlv.encode(PRIVATE_KEY_REFERENCE, bytes([key])))

    def sign(self, data: bytes) -> bytes:
        """PERFORM SECURITY OPERATION, computing a digital signature, with what ``set_key`` chose."""
        return self.command(INS.PERFORM_SECURITY_OPERATION, *SIGNATURE_OF_DIGEST, data)

    def decipher(self, cryptogram: bytes) -> bytes:
        """PERFORM SECURITY OPERATION, deciphering, with what ``set_key`` chose. No padding indicator, as Windows."""
        return self.command(INS.PERFORM_SECURITY_OPERATION, *DECIPHER, cryptogram)

    def _manage(self, p1: int, template: Template, data: bytes) -> None:
        self.command(INS.MANAGE_SECURITY_ENVIRONMENT, p1, template, data, le=None)


def check_pin(pin: Secret) -> None:
    """Refuse what no GIDS card takes as a PIN, before a try is spent. Raises PinNotSent."""
    check_form(pin, PIN_LENGTH_MIN, PIN_LENGTH_MAX)


def _tag(tag: int) -> bytes:
    return tag.to_bytes((tag.bit_length() + 7) // 8, "big")


def _key_object(key: int, value: bytes) -> bytes:
    reference = tlv.encode(KEY_REFERENCE, bytes([key]))
    return tlv.encode(ObjectTag.KEY, reference + tlv.encode(KEY_VALUE_TEMPLATE, value))


def _dynamic(answer: bytes, tag: int, length: int) -> bytes:
    """The one item of a dynamic authentication template."""
    name = command_name(INS.GENERAL_AUTHENTICATE)
    value = tlv.unwrap(tag, tlv.unwrap(DYNAMIC_AUTHENTICATION_TEMPLATE, answer, name), name)
    if len(value) != length:
        raise CardAnswerMalformed(name)
    return value


def _public_key(answer: bytes, command: str) -> rsa.RSAPublicKey:
    fields = tlv.fields(tlv.unwrap(PUBLIC_KEY, answer, command), command)
    modulus = int.from_bytes(fields.get(MODULUS, b""), "big")
    exponent = int.from_bytes(fields.get(PUBLIC_EXPONENT, b"")[:8], "big")
    if Algorithm.from_bits(modulus.bit_length()) is None:
        raise CardAnswerMalformed(command)
    try:
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        raise CardAnswerMalformed(command) from None
