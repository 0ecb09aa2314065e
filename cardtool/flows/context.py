"""What every flow knows while it runs: its ports, who is signed in, which card is in hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from cardtool.cards.gids.session import GidsSession
from cardtool.cards.overview import CardOverview
from cardtool.cards.piv.session import PivSession
from cardtool.cards.recognise import is_same_card, is_same_gids_card
from cardtool.errors import CardSwapped, CardToolError, NotSupportedByCard, RaTimeout, UnknownCard
from cardtool.flows.journal import Entry, Journal
from cardtool.flows.ports import Cancel, CardDesk, Clock, PinOnReader, Progress, Prompts
from cardtool.ra.wire import Session, UnitInfo
from cardtool.secret import Secret

if TYPE_CHECKING:
    from cardtool.pki.anchors import AnchorBook
    from cardtool.ra.client import RaClient

Result = TypeVar("Result")

KEEP_ALIVE_EVERY = 1.0
"""Seconds. Windows resets a card whose transaction is idle for 5 s; the RA contract says at least every 2 s."""

NETWORK_WAIT = 20.0
"""Seconds a card is held for one answer of the RA (spec 4.3)."""


@dataclass(frozen=True)
class Ports:
    """Everything outside a flow. ``ra`` is None for flows that need no RA."""

    prompts: Prompts
    progress: Progress
    cancel: Cancel
    clock: Clock
    desk: CardDesk
    journal: Journal
    ra: RaClient | None = None
    anchors: AnchorBook | None = None
    language: str = "en"
    """For what others show: the display of a reader's PIN pad."""


@dataclass
class Context:
    """Base of all flow contexts. ``trouble`` is an error that was mended: the next question tells of it.

    ``pin_was_right``: this run's PIN was accepted once. ``refused_pins``: by card, what it called wrong.
    ``pins_on_reader``: how many were typed on the keypad since the card was taken in hand.
    """

    ports: Ports
    unit_id: str = ""
    account_name: str = ""
    reader: str = ""
    unit: UnitInfo | None = None
    session: Session | None = None
    card: CardOverview | None = None
    pin: Secret | None = field(default=None, repr=False)
    trouble: CardToolError | None = None
    card_is_here: bool = False
    always_ask_card: bool = False
    pin_was_right: bool = False
    refused_pins: dict[str, list[Secret]] = field(default_factory=dict, repr=False)
    pins_on_reader: int = 0
    _held: ExitStack = field(default_factory=ExitStack)
    _open: PivSession | GidsSession | None = None

    @property
    def progress(self) -> Progress:
        return self.ports.progress

    @property
    def cancel(self) -> Cancel:
        return self.ports.cancel

    @property
    def ra(self) -> RaClient:
        assert self.ports.ra is not None, "this flow was started without an RA"
        return self.ports.ra

    @property
    def chosen_card(self) -> CardOverview:
        assert self.card is not None, "no step before this one chose a card"
        return self.card

    @property
    def piv(self) -> PivSession:
        assert isinstance(self._open, PivSession), "no step before this one opened a PIV card"
        return self._open

    @property
    def gids(self) -> GidsSession:
        assert isinstance(self._open, GidsSession), "no step before this one opened a GIDS card"
        return self._open

    @property
    def holds_card(self) -> bool:
        return self._open is not None

    def passed(self, step: str) -> None:
        """Nothing to note: flows that change the world override this."""

    def take_trouble(self) -> CardToolError | None:
        trouble, self.trouble = self.trouble, None
        return trouble

    def hold_card(self) -> PivSession | GidsSession:
        """Open the chosen card and hold it in one transaction. Raises CardSwapped if it is another one."""
        if self._open is None:
            try:
                session, is_same = self._open_card(self.chosen_card)
            except (UnknownCard, NotSupportedByCard):
                raise CardSwapped from None
            if not is_same:
                self.release_card()
                raise CardSwapped
            self._open = session
        return self._open

    def _open_card(self, card: CardOverview) -> tuple[PivSession | GidsSession, bool]:
        """As the kind of card that was seen; and whether it is that very card."""
        if card.kind == "gids":
            gids = self._held.enter_context(self.ports.desk.gids_session(card.reader))
            return gids, is_same_gids_card(gids, card)
        piv = self._held.enter_context(self.ports.desk.session(card.reader))
        return piv, is_same_card(piv, card)

    def verify_on_reader(self, of: int | None = None) -> None:
        """One PIN typed on the reader's keypad, announced: each use of the card is consented to (spec 3.6).

        Raises NotSupportedByCard (no such reader any more) and what ``PivSession.verify_pin_on_pad`` raises.
        """
        pad = self.piv.pin_pad(self.ports.language)
        if pad is None:
            raise NotSupportedByCard("PIN pad")
        self.progress.pin_on_reader(PinOnReader(self.pins_on_reader + 1, of))
        try:
            self.piv.verify_pin_on_pad(pad)
        finally:
            self.progress.pin_on_reader(None)
        self.pins_on_reader += 1

    def release_card(self) -> None:
        """Give the card back to others; PIN and admin status end with it."""
        self._open, self.pins_on_reader = None, 0
        self._held.close()
        if self.pin is not None:
            self.pin.wipe()
            self.pin = None

    @contextmanager
    def closing(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.release_card()
            self.forget_secrets()

    def forget_secrets(self) -> None:
        """At the end of every run: whatever a person typed and a flow kept."""
        for pin in chain.from_iterable(self.refused_pins.values()):
            pin.wipe()
        self.refused_pins.clear()

    def keeping_card(self, call: Callable[[], Result]) -> Result:
        """Run a call to the RA on a helper thread while this thread keeps the card's transaction alive."""
        pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ra-call")
        try:
            future = pool.submit(call)
            deadline = monotonic() + NETWORK_WAIT
            while True:
                try:
                    return future.result(timeout=KEEP_ALIVE_EVERY)
                except NotYet:
                    if future.done() or monotonic() > deadline:
                        raise RaTimeout from None
                    self.piv.keep_alive()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def unfinished(context: Context, flow: str) -> Entry | None:
    """The journal's hint for this flow and person, None without one."""
    return context.ports.journal.find(flow, context.unit_id, context.account_name)
