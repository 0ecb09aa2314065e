"""Which slot an application may use: never one whose certificate still works (spec 3.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from cardtool.cards.piv.types import Slot
from cardtool.errors import CardHasCertificate, CertificateRefused
from cardtool.flows.apply_card.context import ApplyContext
from cardtool.pki.certificate import describe, mark_of
from cardtool.ra.wire import CertificateAtRa


def allowed_slots(context: ApplyContext) -> tuple[Slot, ...]:
    return tuple(Slot.from_label(name) for name in context.policy.slots)


def free_slot(
    held: Mapping[Slot, bytes | None], now: datetime, known: Callable[[], tuple[CertificateAtRa, ...]]
) -> Slot:
    """The first slot without a certificate, else the first; ``held`` in the unit's order.

    ``known``: the customer's certificates at the RA, asked only where one on the card may still work. Raises
    CardHasCertificate where one does: its key is not destroyed here, renewal is the road.
    """
    in_force = {slot: der for slot, der in held.items() if der is not None and _in_force(der, now)}
    revoked = {one.mark for one in known() if one.state == "revoked"} if in_force else set()
    for slot, der in in_force.items():
        if mark_of(der) not in revoked:
            raise CardHasCertificate(slot.label)
    return min(held, key=lambda slot: held[slot] is not None)


def _in_force(der: bytes, now: datetime) -> bool:
    """What is no certificate, whoever wrote it there, is nobody's to lose."""
    try:
        return describe(der).not_after > now
    except CertificateRefused:
        return False
