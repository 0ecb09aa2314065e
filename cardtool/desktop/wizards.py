"""The wizards of the window: each code with the flow it runs, on the card thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cardtool.desktop.world import World
from cardtool.flows.apply_card import APC, Applied, ApplyContext
from cardtool.flows.card_login import CRD
from cardtool.flows.context import Context, Ports
from cardtool.flows.engine import run
from cardtool.flows.ports import Cancel, Progress, Prompts
from cardtool.flows.sign_in import OUT, SGN, SignInContext
from cardtool.flows.signature_test import SIG, SignatureProof, SignatureTestContext

if TYPE_CHECKING:
    from cardtool.cards.overview import CardOverview
    from cardtool.ra.wire import Session

Start = Callable[[Prompts, Progress, Cancel], object]


class Wizards:
    """``changed`` is called after every wizard, however it ended."""

    def __init__(self, world: World, changed: Callable[[], None]) -> None:
        self._world = world
        self._changed = changed

    def all(self) -> Mapping[str, Start]:
        runs = {
            "SGN": self._sign_in,
            "CRD": self._card,
            "APC": self._apply,
            "SIG": self._test,
            "OUT": self._out,
        }
        return {code: self._noticed(start) for code, start in runs.items()}

    def _noticed(self, start: Callable[[Ports], object]) -> Start:
        def begin(prompts: Prompts, progress: Progress, cancel: Cancel) -> object:
            world = self._world
            try:
                return start(
                    Ports(
                        prompts=prompts,
                        progress=progress,
                        cancel=cancel,
                        clock=world.clock,
                        desk=world.desk,
                        journal=world.journal,
                        ra=world.ra,
                        anchors=world.anchors,
                    )
                )
            finally:
                self._changed()

        return begin

    def _sign_in(self, ports: Ports) -> Session:
        context = SignInContext(ports, self._world.unit)
        run(SGN, context)
        self._world.keep_session()
        assert context.session is not None
        return context.session

    def _card(self, ports: Ports) -> CardOverview:
        context = Context(ports, reader=self._world.settings.reader)
        run(CRD, context)
        return context.chosen_card

    def _apply(self, ports: Ports) -> Applied:
        context = ApplyContext(ports, self._world.unit, reader=self._world.settings.reader)
        run(APC, context)
        self._world.keep_session()
        assert context.outcome is not None
        return context.outcome

    def _test(self, ports: Ports) -> SignatureProof:
        context = SignatureTestContext(ports, reader=self._world.settings.reader)
        run(SIG, context)
        assert context.outcome is not None
        return context.outcome

    def _out(self, ports: Ports) -> None:
        run(OUT, SignInContext(ports, self._world.unit))
        self._world.drop_session()
