"""What an application knows while it runs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cardtool.cards.piv.types import Slot
from cardtool.flows.journal import Entry
from cardtool.flows.results import Applied
from cardtool.flows.sign_in import SignInContext
from cardtool.pki.algorithms import PublicKey
from cardtool.ra.wire import Account, CardAtRa, CardPolicy, Order, OrderState, Terms

FINISHED = (OrderState.STORED, OrderState.ACTIVATED)


@dataclass
class ApplyContext(SignInContext):
    account: Account | None = None
    terms: Terms | None = None
    cards_at_ra: dict[str, CardAtRa] = field(default_factory=dict)
    order: Order | None = None
    slot: Slot | None = None
    new_key: PublicKey | None = None
    admin: bool = False
    resumed: bool = False
    outcome: Applied | None = None

    @property
    def policy(self) -> CardPolicy:
        assert self.unit is not None
        assert self.unit.card is not None, "the unit issues on cards: checked when the wizard is offered"
        return self.unit.card

    @property
    def at_ra(self) -> CardAtRa:
        """The chosen card as the RA knows it."""
        assert self.chosen_card.verification_key is not None
        return self.cards_at_ra[self.chosen_card.verification_key]

    @property
    def accepted_terms(self) -> Terms:
        assert self.terms is not None, "no step before this one read the terms"
        return self.terms

    @property
    def open_order(self) -> Order:
        assert self.order is not None, "no step before this one opened an order"
        return self.order

    @property
    def chosen_slot(self) -> Slot:
        assert self.slot is not None, "no step before this one chose a slot"
        return self.slot

    @property
    def issued(self) -> bool:
        return self.order is not None and self.order.certificate is not None

    @property
    def stored(self) -> bool:
        return self.order is not None and self.order.state in FINISHED

    @property
    def new_guid(self) -> bytes:
        """The card's next GUID. It follows from the order, so writing it twice is writing it once."""
        digest = bytearray(hashlib.sha256(b"guid" + self.open_order.id.encode()).digest()[:16])
        digest[6] = digest[6] & 0x0F | 0x80  # RFC 9562: version 8, made by the application
        digest[8] = digest[8] & 0x3F | 0x80
        return bytes(digest)

    def release_card(self) -> None:
        """What was known of order and slot may be overtaken when the card is held next: ask again then."""
        super().release_card()
        self.order, self.slot, self.new_key, self.admin = None, None, None, False

    def entry(self, step: str = "") -> Entry:
        return Entry(
            flow="APC",
            account=self.account_name,
            unit=self.unit_id,
            order=self.order.id if self.order else "",
            card_id=self.order.card_id if self.order else "",
            slot=self.slot.label if self.slot else "",
            step=step,
            at=self.ports.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        )

    def passed(self, step: str) -> None:
        if self.order is None:
            return
        if self.stored and step == "prove":
            self.ports.journal.close(self.entry())
        elif not self.stored:
            self.ports.journal.note(self.entry(step))
