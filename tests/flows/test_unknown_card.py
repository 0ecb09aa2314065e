"""No flow says more to a card that is neither PIV nor GIDS than "which one are you?" (spec 1.2, 8; 3.1)."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import pytest

import cardtool.flows
from cardtool.errors import Cancelled
from cardtool.flows.apply_card import ApplyContext
from cardtool.flows.context import Context, Ports
from cardtool.flows.engine import Flow
from cardtool.flows.sign_in import SignInContext
from cardtool.flows.signature_test import SignatureTestContext
from cardtool.pcsc.apdu import INS, Command
from tests.support.bench import READER, Bench
from tests.support.unknown_card import UnknownCard

CONTEXTS: dict[str, Callable[[Ports, str], Context]] = {
    "SGN": lambda ports, _reader: SignInContext(ports),
    "PWS": lambda ports, _reader: SignInContext(ports),
    "OUT": lambda ports, _reader: SignInContext(ports),
    "CRD": lambda ports, reader: Context(ports, reader=reader),
    "APC": lambda ports, reader: ApplyContext(ports, "blue", reader=reader),
    "SIG": lambda ports, reader: SignatureTestContext(ports, reader=reader),
}
"""Every flow with the context it runs in."""


def flows() -> dict[str, Flow[Any]]:
    """Whatever flow any module of the room has."""
    names = [found.name for found in pkgutil.walk_packages(cardtool.flows.__path__, "cardtool.flows.")]
    held = [value for name in names for value in vars(importlib.import_module(name)).values()]
    return {flow.code: flow for flow in held if isinstance(flow, Flow)}


def test_no_flow_is_forgotten() -> None:
    assert set(flows()) == set(CONTEXTS)


@pytest.mark.parametrize("chosen", ["", READER], ids=["found", "named"])
@pytest.mark.parametrize("code", CONTEXTS)
def test_it_is_only_asked_what_it_is(bench: Bench, code: str, chosen: str) -> None:
    card = UnknownCard()
    bench.hub.insert(READER, card)
    for page in ("CRD-1", "APC-2", "SIG-1"):
        bench.says(page, Cancelled())
    ended = bench.run(flows()[code], CONTEXTS[code](bench.ports, chosen))
    assert {Command.parse(sent).ins for sent in card.commands} <= {INS.SELECT}
    assert bench.pins_presented() == 0
    if code in ("CRD", "APC", "SIG"):
        assert card.commands, "the flow did not look at the card at all"
        assert ended is not None
