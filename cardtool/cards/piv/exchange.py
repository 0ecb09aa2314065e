"""Road MOVE (``placement``): a staged key takes the place of a working one, one act at a time.

What is to be done next is read from the card itself, so whatever happened before (pulled, reset, killed, power
lost), going on is asking for the next act again. Needs admin status, and the PIN where a key wants it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NoReturn

from cardtool.cards.certificates import public_key_in
from cardtool.cards.keys import SigningPublicKey
from cardtool.cards.piv.keydata import PublicKey
from cardtool.cards.piv.objects import KeyHistory
from cardtool.cards.piv.placement import Placement, Road
from cardtool.cards.piv.recipes import (
    BeforeUse,
    read_certificate,
    read_key_history,
    sign_message,
    write_certificate,
)
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.slots import fingerprint_in, key_in, look_into, spare_slots
from cardtool.cards.piv.types import RETIRED_SLOTS, Algorithm, ObjectTag, Slot
from cardtool.cards.piv.yubico import PinPolicy, YubicoExtensions
from cardtool.errors import (
    CardAnswerMalformed,
    NoCertificate,
    NoFreeSlot,
    NotSupportedByCard,
    ReadBackDiffers,
)


class Act(StrEnum):
    """The acts in their order; each is one write to the card, or one proof."""

    STAGE_CERTIFICATE = "stage-certificate"
    PROVE_STAGED = "prove-staged"
    KEEP_OLD_CERTIFICATE = "keep-old-certificate"
    COUNT_OLD = "count-old"
    MOVE_OLD_OUT = "move-old-out"
    MOVE_NEW_IN = "move-new-in"
    WRITE_CERTIFICATE = "write-certificate"
    PROVE = "prove"
    CLEAR_STAGING = "clear-staging"
    DELETE_OLD = "delete-old"


@dataclass(frozen=True)
class Successor:
    """The new key's certificate (DER), and the fingerprint of the key it follows."""

    certificate: bytes
    old_key: str

    @property
    def public_key(self) -> SigningPublicKey:
        """Raises NoCertificate for a certificate whose key no card can use here."""
        key = public_key_in(self.certificate)
        if not isinstance(key, SigningPublicKey):
            raise NoCertificate
        return key

    @property
    def fingerprint(self) -> str | None:
        return fingerprint_in(self.certificate)


def stage_key(
    session: PivSession, extensions: YubicoExtensions, placement: Placement, algorithm: Algorithm
) -> PublicKey:
    """Make the new key in the staging slot, with the PIN policy of the slot it will work in.

    Raises NoFreeSlot if the staging slot holds a key or certificate by now.
    """
    staging = _staging(placement)
    if not look_into(session, staging, extensions).empty:
        raise NoFreeSlot
    policy = PinPolicy.ALWAYS if placement.slot is Slot.SIGNATURE else PinPolicy.ONCE
    return extensions.generate_key(staging, algorithm, policy)


def find_exchange(
    session: PivSession, extensions: YubicoExtensions, home: Slot, successor: Successor
) -> Placement:
    """The placement of an exchange that was begun, found on the card: by the new key and the old one.

    Raises NoFreeSlot where neither is on the way and there is no room for them either.
    """
    on_the_way = _find_keys(extensions, {successor.old_key, successor.fingerprint or ""})
    spare = spare_slots(session, extensions)
    parked = on_the_way.get(successor.old_key) or next(spare, None)
    staging = on_the_way.get(successor.fingerprint or "") or _staged_certificate(session, successor)
    staging = staging or _first(slot for slot in spare if slot is not parked)
    if parked is None or staging is None:
        raise NoFreeSlot
    return Placement(Road.MOVE, home, staging=staging, parked=parked)


class Exchange:
    """``while act := exchange.next_act(): exchange.perform(act)``.

    The old key stays where a finished exchange of an encryption key puts it (a retired slot, counted in the
    Key History); an old signing key is deleted at the end.
    """

    def __init__(
        self,
        session: PivSession,
        extensions: YubicoExtensions,
        placement: Placement,
        successor: Successor,
        before_use: BeforeUse = lambda: None,
    ) -> None:
        self._session = session
        self._extensions = extensions
        self._home, self._staging = placement.slot, _staging(placement)
        self._parked = placement.parked or _no_slot()
        self._successor = successor
        self._before_use = before_use
        self._keeps_old = placement.slot is Slot.KEY_MANAGEMENT
        self._proven: set[Slot] = set()

    def next_act(self) -> Act | None:
        """What is to be done next, by the card itself; None when all is done. Raises NoCertificate where the
        new key is nowhere: then it has to be generated again.
        """
        at_home = key_in(self._extensions, self._home)
        if at_home == self._successor.fingerprint:
            return self._next_at_home()
        if key_in(self._extensions, self._staging) != self._successor.fingerprint:
            raise NoCertificate
        return self._next_while_staged(at_home)

    def perform(self, act: Act) -> None:
        """Raises what the card answers, ReadBackDiffers, ProofFailed; then ask ``next_act`` again."""
        acts: dict[Act, Callable[[], None]] = {
            Act.STAGE_CERTIFICATE: lambda: self._write(self._staging, self._successor.certificate),
            Act.PROVE_STAGED: lambda: self._prove(self._staging),
            Act.KEEP_OLD_CERTIFICATE: lambda: self._write(self._parked, self._certificate(self._home) or b""),
            Act.COUNT_OLD: self._count_old,
            Act.MOVE_OLD_OUT: lambda: self._extensions.move_key(self._home, self._parked),
            Act.MOVE_NEW_IN: lambda: self._extensions.move_key(self._staging, self._home),
            Act.WRITE_CERTIFICATE: lambda: self._write(self._home, self._successor.certificate),
            Act.PROVE: lambda: self._prove(self._home),
            Act.CLEAR_STAGING: lambda: self._session.put_data(self._staging.object_tag, b""),
            Act.DELETE_OLD: lambda: self._extensions.delete_key(self._parked),
        }
        acts[act]()

    def _next_while_staged(self, at_home: str | None) -> Act:
        if self._certificate(self._staging) != self._successor.certificate:
            return Act.STAGE_CERTIFICATE
        if self._staging not in self._proven:
            return Act.PROVE_STAGED
        if at_home is None:
            return Act.MOVE_NEW_IN
        return self._next_to_keep() or Act.MOVE_OLD_OUT

    def _next_to_keep(self) -> Act | None:
        """An old encryption key's certificate goes before it: no moment without a way to read old mail."""
        old = self._certificate(self._home) if self._keeps_old else None
        if old is None:
            return None
        if self._certificate(self._parked) != old:
            return Act.KEEP_OLD_CERTIFICATE
        return Act.COUNT_OLD if self._history().on_card < self._place_in_history() else None

    def _next_at_home(self) -> Act | None:
        if self._certificate(self._home) != self._successor.certificate:
            return Act.WRITE_CERTIFICATE
        if self._home not in self._proven:
            return Act.PROVE
        if self._certificate(self._staging) == self._successor.certificate:
            return Act.CLEAR_STAGING
        gone = self._keeps_old or key_in(self._extensions, self._parked) != self._successor.old_key
        return None if gone else Act.DELETE_OLD

    def _certificate(self, slot: Slot) -> bytes | None:
        """None as well for an object that makes no sense: there is nothing in it to keep."""
        try:
            return read_certificate(self._session, slot)
        except CardAnswerMalformed:
            return None

    def _write(self, slot: Slot, certificate: bytes) -> None:
        write_certificate(self._session, slot, certificate)
        if self._certificate(slot) != certificate:
            raise ReadBackDiffers

    def _prove(self, slot: Slot) -> None:
        """A signature, also by an encryption key: it shows the same, and every card that moves keys makes it."""
        message = b"proof of " + slot.label.encode("ascii")
        sign_message(self._session, slot, self._successor.public_key, message, self._before_use)
        self._proven.add(slot)

    def _history(self) -> KeyHistory:
        return read_key_history(self._session)

    def _place_in_history(self) -> int:
        return self._parked - Slot.RETIRED_1 + 1

    def _count_old(self) -> None:
        """Key History = highest used: else OpenSC and Windows do not see the key."""
        history = replace(self._history(), on_card=self._place_in_history())
        self._session.put_data(ObjectTag.KEY_HISTORY, history.encode())
        if self._history() != history:
            raise ReadBackDiffers


def _find_keys(extensions: YubicoExtensions, wanted: set[str]) -> dict[str, Slot]:
    """Which retired slot holds which of the ``wanted`` keys; asks no further than it must."""
    found: dict[str, Slot] = {}
    for slot in RETIRED_SLOTS:
        if wanted <= found.keys():
            break
        key = key_in(extensions, slot)
        if key in wanted:
            found[key] = slot
    return found


def _staged_certificate(session: PivSession, successor: Successor) -> Slot | None:
    """Where the new certificate still lies after its key has moved on."""
    beyond = RETIRED_SLOTS[read_key_history(session).on_card :]
    return _first(slot for slot in beyond if read_certificate(session, slot) == successor.certificate)


def _first(slots: Iterable[Slot]) -> Slot | None:
    return next(iter(slots), None)


def _staging(placement: Placement) -> Slot:
    return placement.staging or _no_slot()


def _no_slot() -> NoReturn:
    """Another road than MOVE has neither staging nor parked slot."""
    raise NotSupportedByCard("MOVE KEY")
