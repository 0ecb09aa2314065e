"""Admin status on a card that its owner manages: the key is asked for, or read where the card keeps it behind the
PIN; it is never guessed, and factory values are never tried.

Yubico's tools can leave the key on the card: a mark in object 5FFF00 says so, the key is in Printed Information,
which every card gives out only after the PIN (yubikey-manager, "PIN protected management key").
"""

from __future__ import annotations

from cardtool.cards.piv import admin
from cardtool.cards.piv.session import GET_DATA_NAME, PivSession
from cardtool.cards.piv.types import ObjectTag
from cardtool.errors import ArgumentInvalid, CardAnswerMalformed, NotSupportedByCard, ObjectNotFound
from cardtool.pcsc import tlv
from cardtool.secret import Secret

ADMIN_DATA = 0x5FFF00
_ADMIN_DATA_TEMPLATE, _FLAGS = 0x80, 0x81
_KEY_IS_STORED = 0x02
_PROTECTED_DATA_TEMPLATE, _STORED_KEY = 0x88, 0x89


def keeps_admin_key(session: PivSession) -> bool:
    """Whether the card says that its key lies behind the PIN; needs no PIN. Without the mark: ask the owner."""
    try:
        template = tlv.unwrap(_ADMIN_DATA_TEMPLATE, session.get_data(ADMIN_DATA), GET_DATA_NAME)
        flags = tlv.fields(template, GET_DATA_NAME).get(_FLAGS, b"")
    except (ObjectNotFound, NotSupportedByCard, CardAnswerMalformed):
        return False
    return bool(flags and flags[0] & _KEY_IS_STORED)


def read_admin_key(session: PivSession) -> Secret:
    """The key that the card keeps; the PIN must be verified. Wipe it after use.

    Raises ObjectNotFound, SecurityStatusNotSatisfied, CardAnswerMalformed.
    """
    content = session.get_data(ObjectTag.PRINTED_INFORMATION)
    template = tlv.unwrap(_PROTECTED_DATA_TEMPLATE, content, GET_DATA_NAME)
    key = tlv.fields(template, GET_DATA_NAME).get(_STORED_KEY)
    if not key:
        raise CardAnswerMalformed(GET_DATA_NAME)
    return Secret(key)


def gain_admin_status(session: PivSession, key: Secret) -> None:
    """With the owner's key, mutually where the card can, else singly.

    Raises ArgumentInvalid for a key of the wrong length (nothing is presented), CardNotGenuine,
    SecurityStatusNotSatisfied or CardCommandFailed for a wrong one.
    """
    algorithm, mutual = admin.find_admin_algorithm(session)
    if len(key) != algorithm.key_size:
        raise ArgumentInvalid("admin_key")
    authenticate = admin.authenticate_mutually if mutual else admin.authenticate_singly
    authenticate(session, algorithm, key)


def gain_kept_admin_status(session: PivSession) -> None:
    """With the key that the card keeps; the PIN must be verified, and the card must have said that it does."""
    with read_admin_key(session) as key:
        gain_admin_status(session, key)
