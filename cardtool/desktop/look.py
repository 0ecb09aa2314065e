"""Looks at readers, card, RA and journal, and says what the home screen shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from cardtool.cards.overview import CardOverview, CertificateOnCard, KeyPlace
from cardtool.cards.piv.types import Slot
from cardtool.desktop.ra_view import RaView, RaWatch
from cardtool.desktop.world import World
from cardtool.errors import ReaderNotPermitted, ReaderServiceOff
from cardtool.flows.clock import TOLERANCE, clock_error
from cardtool.pki.certificate import mark_of
from cardtool.pki.summary import CertificateSummary
from cardtool.ra.wire import CardAtRa, Registration, UnitInfo
from cardtool.ui.home_state import AccountIs, CardIs, CertificateIs, HomeState, Service
from cardtool.ui.home_view import CardFace, HomeView, Lamp, Light, Support, Validity

CardAtRaOf = Callable[[str], CardAtRa | None]
"""By the fingerprint of the card's own key (9E)."""
SIGNING_SLOTS = (Slot.AUTHENTICATION, Slot.SIGNATURE)


class Look:
    """Called on the card thread. ``forget``: a wizard changed something, so ask the RA anew.

    ``reader``: of several cards, the one in this reader is meant.
    """

    def __init__(self, world: World, ra: RaWatch | None) -> None:
        self._world = world
        self._ra = ra
        self.reader = world.settings.reader
        self._seen: tuple[tuple[str, bytes | None], ...] | None = None

    def forget(self) -> None:
        if self._ra is not None:
            self._ra.forget()

    def __call__(self) -> HomeView:
        """The tries left are asked for, the card is read where it is not the one that was seen before."""
        ra = self._ra.view() if self._ra is not None else RaView()
        service, cards = self._survey(self._world.desk.glance)
        self._seen = _places(cards)
        return self._view(service, cards, ra, self._ra.card if self._ra else _no_card)

    def at_once(self) -> HomeView | None:
        """What can be said before any card or the RA has answered; None where nothing came or went."""
        service, cards = self._survey(self._world.desk.last_seen)
        if self._seen is None or self._seen == _places(cards):
            return None
        ra = self._ra.last_view if self._ra is not None else RaView()
        return self._view(service, cards, ra, self._ra.last_card if self._ra else _no_card)

    def _view(
        self, service: Service, cards: Sequence[CardOverview], ra: RaView, card_at_ra: CardAtRaOf
    ) -> HomeView:
        unit = ra.unit(ra.account.unit if ra.account else self._world.unit)
        view = HomeView(
            state=self._ra_state(HomeState(service=service, unit_chosen=bool(self._world.unit)), ra),
            now=self._world.clock.now(),
            unit={"zh_TW": unit.names.zh_TW, "en": unit.names.en} if unit else {},
            account=ra.account.account if ra.account else "",
            support=_support(unit),
        )
        view = self._with_cards(view, cards, unit, ra, card_at_ra)
        return replace(view, lamps=(_reader_lamp(service, cards), _card_lamp(view, cards), _ra_lamp(ra)))

    @staticmethod
    def _survey(look: Callable[[], Sequence[CardOverview]]) -> tuple[Service, Sequence[CardOverview]]:
        try:
            return Service.RUNNING, look()
        except ReaderServiceOff:
            return Service.OFF, ()
        except ReaderNotPermitted:
            return Service.NOT_PERMITTED, ()

    def _ra_state(self, state: HomeState, ra: RaView) -> HomeState:
        account = AccountIs.SIGNED_IN if ra.signed_in else AccountIs.SIGNED_OUT
        if ra.must_change:
            account = AccountIs.MUST_CHANGE_PASSWORD
        unfinished = bool(self._world.journal.entries()) or ra.unfinished
        return replace(
            state,
            account=account,
            registered=bool(ra.account and ra.account.registration is Registration.APPROVED),
            unfinished="APC" if unfinished else "",
            clock_wrong=self._ra is not None
            and clock_error(self._world.clock, self._world.ra.skew_seconds) > TOLERANCE,
        )

    def _with_cards(
        self,
        view: HomeView,
        found: Sequence[CardOverview],
        unit: UnitInfo | None,
        ra: RaView,
        card_at_ra: CardAtRaOf,
    ) -> HomeView:
        cards = [card for card in found if card.kind != "empty"]
        chosen = next((card for card in cards if card.reader == self.reader), None)
        card = chosen or (cards[0] if cards else None)
        state = replace(
            view.state,
            readers=len(found),
            cards=len(cards),
            card_chosen=chosen is not None or len(cards) == 1,
        )
        if card is None:
            return replace(view, state=replace(state, card=CardIs.ABSENT))
        if card.kind == "unread":
            return replace(view, state=state, reading=True)
        return _with_card(replace(view, state=state), card, unit, ra, card_at_ra)


def _with_card(
    view: HomeView, card: CardOverview, unit: UnitInfo | None, ra: RaView, card_at_ra: CardAtRaOf
) -> HomeView:
    blocked = card.pin is not None and card.pin.blocked
    state = replace(view.state, card=_card_is(card, card_at_ra), pin_blocked=blocked)
    face, held = _bare_face(card, unit), _newest(card)
    if held is None:
        return replace(view, state=state, card=face)
    certificate, summary = held
    renewal = _renewal_from(summary, unit)
    state = replace(
        state,
        certificate=_certificate_is(summary, ra.states.get(mark_of(certificate.der), ""), view.now),
        renewal_open=renewal is not None and renewal <= view.now,
    )
    return replace(view, state=state, card=_face(face, summary, renewal))


def _bare_face(card: CardOverview, unit: UnitInfo | None) -> CardFace:
    return CardFace(
        serial=str(card.serial or ""),
        tries_left=_tries(card),
        tries=_limit(unit),
        reader=card.reader,
        as_last_seen=card.as_last_seen,
    )


def _no_card(_verification_key: str) -> None:
    """Without an RA no card is known to it."""


def _places(cards: Sequence[CardOverview]) -> tuple[tuple[str, bytes | None], ...]:
    """Which card lies where, as far as a reader tells."""
    return tuple((card.reader, card.atr) for card in cards)


def _card_is(card: CardOverview, card_at_ra: CardAtRaOf) -> CardIs:
    kinds = {"mute": CardIs.MUTE, "held": CardIs.HELD, "unknown": CardIs.UNKNOWN}
    if card.kind in kinds:
        return kinds[card.kind]
    if card.verification_key is None:
        return CardIs.SELF_MANAGED if card.certificates or card.containers else CardIs.BLANK
    known = card_at_ra(card.verification_key)
    return CardIs.FOREIGN if known is not None and not known.mine else CardIs.OURS


def _newest(card: CardOverview) -> tuple[CertificateOnCard, CertificateSummary] | None:
    """The signing certificate that runs longest; what cannot be read is passed over."""
    readable = [(held, held.summary) for held in card.certificates if held.summary and _signs(held.slot)]
    return max(readable, key=lambda found: found[1].not_after, default=None)


def _signs(place: KeyPlace) -> bool:
    return not isinstance(place, Slot) or place in SIGNING_SLOTS


def _certificate_is(summary: CertificateSummary, at_ra: str, now: datetime) -> CertificateIs:
    if at_ra == "revoked":
        return CertificateIs.REVOKED
    if at_ra == "on-hold":
        return CertificateIs.SUSPENDED
    if now < summary.not_before:
        return CertificateIs.NOT_YET_VALID
    return CertificateIs.VALID if now <= summary.not_after else CertificateIs.EXPIRED


def _renewal_from(summary: CertificateSummary, unit: UnitInfo | None) -> datetime | None:
    return summary.not_after - timedelta(days=unit.renewal_opens_days) if unit else None


def _face(face: CardFace, summary: CertificateSummary, renewal: datetime | None) -> CardFace:
    return replace(
        face,
        holder=summary.holder,
        issuer=summary.issuer,
        kind=summary.key_algorithm,
        serial=summary.serial_hex,
        validity=Validity(summary.not_before, summary.not_after, renewal),
    )


def _tries(card: CardOverview) -> int | None:
    return card.pin.tries_left if card.pin else None


def _limit(unit: UnitInfo | None) -> int | None:
    return unit.card.pin_tries if unit and unit.card else None


def _support(unit: UnitInfo | None) -> Support | None:
    if unit is None:
        return None
    return Support(unit.support.phone, {"zh_TW": unit.support.hours.zh_TW, "en": unit.support.hours.en})


def _reader_lamp(service: Service, cards: Sequence[CardOverview]) -> Lamp:
    if service is not Service.RUNNING:
        return Lamp("reader", Light.DANGER, "reader_off")
    if not cards:
        return Lamp("reader", Light.CAUTION, "reader_none")
    return Lamp("reader", Light.GOOD, "reader_named", {"name": cards[0].reader})


def _card_lamp(view: HomeView, cards: Sequence[CardOverview]) -> Lamp:
    words = {CardIs.ABSENT: "card_none", CardIs.HELD: "card_held", CardIs.UNKNOWN: "card_unknown"}
    found = "card_none" if not cards else words.get(view.state.card, "card_in")
    return Lamp("card", Light.GOOD if found == "card_in" else Light.OFF, found)


def _ra_lamp(ra: RaView) -> Lamp:
    if ra.reached is None:
        return Lamp("ra", Light.OFF, "ra_unknown")
    return Lamp("ra", Light.GOOD, "ra_up") if ra.reached else Lamp("ra", Light.DANGER, "ra_down")
