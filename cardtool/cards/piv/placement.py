"""Which key goes where, and by which road a new key takes the place of one that still works.

Signing keys live in 9A and 9C only: systems and browsers take retired slots for decryption keys. Encryption
keys live in 9D, older ones in the retired slots. A working key is not destroyed before its successor's
certificate is on the card and has signed: by the first road that the card can take.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from cardtool.cards.keys import SigningPublicKey
from cardtool.cards.piv.capabilities import Capabilities, by_model
from cardtool.cards.piv.recipes import BeforeUse, sign_message
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.slots import look_into, spare_slots
from cardtool.cards.piv.types import Slot
from cardtool.cards.piv.yubico import YubicoExtensions

_OTHER_SIGNING_SLOT = {Slot.AUTHENTICATION: Slot.SIGNATURE, Slot.SIGNATURE: Slot.AUTHENTICATION}


class Road(StrEnum):
    """How a new key comes to its slot, best first."""

    FREE = "free"
    """The slot holds nothing that works: generate there."""
    MOVE = "move"
    """Generate in a spare slot, prove it, move the old key out and the new one in (``exchange``)."""
    ALTERNATE = "alternate"
    """Generate in the other one of 9A and 9C. 9C asks for the PIN at every use: tell the person."""
    REKEY = "rekey"
    """The old key signs an authorisation, then GENERATE destroys it: tell the person beforehand."""
    SAME_KEY = "same key"
    """An encryption key that cannot be staged is certified once more: old mail must stay readable."""


@dataclass(frozen=True)
class Placement:
    """``slot``: where the new key works in the end. For MOVE: generated in ``staging``, the old one goes to
    ``parked``, for good if it is an encryption key.
    """

    road: Road
    slot: Slot
    staging: Slot | None = None
    parked: Slot | None = None

    @property
    def generated_in(self) -> Slot:
        return self.staging or self.slot


def place_signing_key(
    session: PivSession,
    extensions: YubicoExtensions | None,
    home: Slot = Slot.AUTHENTICATION,
    *,
    only_signing_key: bool = True,
    expendable: frozenset[str] = frozenset(),
) -> Placement:
    """The road for a key that is to work in ``home`` (9A or 9C); nothing is written or tried.

    ``expendable``: fingerprints of keys that may be destroyed, e.g. of an order that was never finished.
    ``only_signing_key``: the unit uses one signing key, so the other slot may be taken.
    """
    if look_into(session, home, extensions).may_be_replaced(expendable):
        return Placement(Road.FREE, home)
    if moved := _by_moving(session, extensions, home):
        return moved
    other = _OTHER_SIGNING_SLOT[home]
    if only_signing_key and look_into(session, other, extensions).may_be_replaced(expendable):
        return Placement(Road.ALTERNATE, other)
    return Placement(Road.REKEY, home)


def place_encryption_key(
    session: PivSession, extensions: YubicoExtensions | None, *, expendable: frozenset[str] = frozenset()
) -> Placement:
    """The road for a key that is to work in 9D; the old one stays readable in a retired slot."""
    home = Slot.KEY_MANAGEMENT
    if look_into(session, home, extensions).may_be_replaced(expendable):
        return Placement(Road.FREE, home)
    return _by_moving(session, extensions, home) or Placement(Road.SAME_KEY, home)


def _by_moving(session: PivSession, extensions: YubicoExtensions | None, home: Slot) -> Placement | None:
    """Needs MOVE KEY, and metadata to be sure of two empty slots. The lower one is for the old key: no gaps."""
    can: Capabilities = by_model(extensions) if extensions else Capabilities()
    if extensions is None or not (can.moves_keys and can.metadata):
        return None
    spare = tuple(islice(spare_slots(session, extensions), 2))
    if len(spare) < 2:
        return None
    return Placement(Road.MOVE, home, staging=spare[1], parked=spare[0])


def sign_rekey_authorisation(
    session: PivSession,
    slot: Slot,
    working_key: SigningPublicKey,
    statement: bytes,
    before_use: BeforeUse = lambda: None,
) -> bytes:
    """Road REKEY, first act: the old key signs ``statement`` (``ra.statements.rekey_statement``).

    GENERATE may follow only when the RA has stored it. Raises ProofFailed, SecurityStatusNotSatisfied.
    """
    return sign_message(session, slot, working_key, statement, before_use)
