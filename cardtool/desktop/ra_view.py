"""What the RA says of the person and their cards, remembered so that looking home costs no waiting."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

from cardtool.errors import CardToolError, NotFoundAtRa, RaError, SessionExpired
from cardtool.ra.client import RaClient
from cardtool.ra.wire import Account, CardAtRa, UnitInfo

FRESH_FOR = 30.0
"""Seconds. A change made here is seen at once: ``forget`` is called after every wizard."""


@dataclass(frozen=True)
class RaView:
    """``reached`` None: not asked yet. ``states``: the RA's word (valid, on-hold, revoked) by ``mark_of`` each."""

    reached: bool | None = None
    units: tuple[UnitInfo, ...] = ()
    signed_in: bool = False
    must_change: bool = False
    account: Account | None = None
    unfinished: bool = False
    states: dict[tuple[int, str], str] = field(default_factory=dict)

    def unit(self, wanted: str) -> UnitInfo | None:
        return next((unit for unit in self.units if unit.id == wanted), None)


class RaWatch:
    """For the card thread alone, as ``RaClient`` is."""

    def __init__(self, ra: RaClient) -> None:
        self._ra = ra
        self._view = RaView()
        self._at = -FRESH_FOR
        self._cards: dict[str, CardAtRa | None] = {}

    def forget(self) -> None:
        self._at = -FRESH_FOR
        self._cards.clear()

    def view(self) -> RaView:
        """Never raises: an RA that cannot be reached blocks nothing that the card alone can do."""
        if monotonic() - self._at > FRESH_FOR:
            try:
                self._view = self._ask()
            except CardToolError:
                self._view = RaView(reached=False, units=self._view.units)
            self._at = monotonic()
        return self._view

    @property
    def last_view(self) -> RaView:
        """As last heard, without asking."""
        return self._view

    def last_card(self, verification_key: str) -> CardAtRa | None:
        """The card as the RA last spoke of it, without asking."""
        return self._cards.get(verification_key)

    def card(self, verification_key: str) -> CardAtRa | None:
        """The card as the RA knows it; None where it does not, or nobody is signed in."""
        if not self.view().signed_in:
            return None
        if verification_key not in self._cards:
            try:
                self._cards[verification_key] = self._ra.card_by_key(verification_key)
            except NotFoundAtRa:
                self._cards[verification_key] = None
            except RaError:
                return None
        return self._cards[verification_key]

    def _ask(self) -> RaView:
        units = self._view.units or self._ra.units()
        if not self._ra.has_session:
            self._ra.info()
            return RaView(reached=True, units=units)
        try:
            session = self._ra.current_session()
            if session.must_change_password:
                return RaView(reached=True, units=units, signed_in=True, must_change=True)
            return self._signed_in(units)
        except SessionExpired:
            self._ra.forget_session()
            return RaView(reached=True, units=units)

    def _signed_in(self, units: tuple[UnitInfo, ...]) -> RaView:
        certificates = self._ra.certificates()
        return RaView(
            reached=True,
            units=units,
            signed_in=True,
            account=self._ra.account(),
            unfinished=bool(self._ra.open_orders()),
            states={known.mark: known.state for known in certificates},
        )
