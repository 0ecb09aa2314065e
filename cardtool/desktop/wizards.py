"""The wizards of the window: each code with the flow it runs, on the card thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from cardtool.desktop.world import World
from cardtool.flows.apply_card import APC, ApplyContext
from cardtool.flows.card_login import CRD
from cardtool.flows.context import Context, Ports
from cardtool.flows.engine import Flow, run
from cardtool.flows.ports import Cancel, Progress, Prompts
from cardtool.flows.results import Applied, SignatureProof
from cardtool.flows.sign_in import OUT, SGN, SignInContext
from cardtool.flows.signature_test import SIG, SignatureTestContext

if TYPE_CHECKING:
    from cardtool.cards.overview import CardOverview
    from cardtool.ra.wire import Session

Start = Callable[[Prompts, Progress, Cancel], object]
Ran = TypeVar("Ran", bound=Context)


class Wizards:
    """``ended`` is told what every flow knew at its end, however it ended. ``reader``: the one used last, or ''."""

    def __init__(self, world: World, reader: str, ended: Callable[[Context], None]) -> None:
        self._world = world
        self._reader = reader
        self._ended = ended

    def all(self) -> Mapping[str, Start]:
        runs = {
            "SGN": self._sign_in,
            "CRD": self._card,
            "APC": self._apply,
            "SIG": self._test,
            "OUT": self._out,
        }
        return {code: self._with_ports(begin) for code, begin in runs.items()}

    def _with_ports(self, begin: Callable[[Ports], object]) -> Start:
        def start(prompts: Prompts, progress: Progress, cancel: Cancel) -> object:
            world = self._world
            ports = Ports(
                prompts=prompts,
                progress=progress,
                cancel=cancel,
                clock=world.clock,
                desk=world.desk,
                journal=world.journal,
                ra=world.ra,
                anchors=world.anchors,
                language=world.language,
            )
            return begin(ports)

        return start

    def _run(self, flow: Flow[Ran], context: Ran) -> Ran:
        try:
            run(flow, context)
        finally:
            if context.session is not None:
                self._world.keep_session()  # also of a wizard that was cut off: it goes on next time
            self._ended(context)
        return context

    def _sign_in(self, ports: Ports) -> Session:
        context = self._run(SGN, SignInContext(ports, self._world.unit))
        assert context.session is not None
        return context.session

    def _card(self, ports: Ports) -> CardOverview:
        return self._run(CRD, Context(ports, reader=self._reader)).chosen_card

    def _apply(self, ports: Ports) -> Applied:
        context = self._run(APC, ApplyContext(ports, self._world.unit, reader=self._reader))
        assert context.outcome is not None
        return context.outcome

    def _test(self, ports: Ports) -> SignatureProof:
        context = self._run(SIG, SignatureTestContext(ports, reader=self._reader))
        assert context.outcome is not None
        return context.outcome

    def _out(self, ports: Ports) -> None:
        self._run(OUT, SignInContext(ports, self._world.unit))
        self._world.drop_session()
