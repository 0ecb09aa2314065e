"""One suite for every card there is: software cards in-process and through the real pcscd, and any card named.

``pytest tests/contract --reader NAME [--serial N] [--profile FILE] [--card-secrets FILE] [--allow-writes]`` runs it
on a real card of any make. What the card's profile (tests/contract/profile.py) does not claim is skipped, and the
table at the end says so:

- without more it only looks;
- with ``--card-secrets`` (JSON: ``pin``, ``puk``, ``admin_key`` in hex) it also presents the right PIN;
- with ``--allow-writes`` it presents wrong ones too, **makes keys and overwrites objects**: test cards only.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cardtool.cards.desk import Desk
from cardtool.cards.piv.self_managed import gain_admin_status
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import Algorithm
from cardtool.errors import NotSupportedByCard
from cardtool.pcsc.faults import Recorder, watch
from cardtool.pcsc.transport import ReaderHub
from cardtool.pcsc.virtual.piv import VirtualPivCard
from cardtool.pcsc.virtual.piv.personality import FRAGILE, GENERIC, YUBIKEY, Personality
from cardtool.pcsc.virtual.reader import VirtualHub
from cardtool.secret import Secret
from tests.contract import profile as profiles
from tests.contract.profile import KNOWN, Profile

READER = "Software Reader 0"
SOFTWARE = {"yubikey": YUBIKEY, "generic": GENERIC, "fragile": FRAGILE}
FACTORY = {"pin": "123456", "puk": "12345678", "admin_key": "0102030405060708" * 3}


@dataclass
class CardUnderTest:
    """A card, what is known of it, and what may be done to it. ``secrets`` is empty for a card only looked at."""

    hub: ReaderHub
    reader: str
    secrets: dict[str, str] = field(repr=False)
    allow_writes: bool
    profile: Profile
    pull: Callable[[], None] | None = None
    insert: Callable[[], None] | None = None
    recorder: Recorder = field(default_factory=Recorder)

    @property
    def desk(self) -> Desk:
        return Desk(watch(self.hub, self.recorder))

    @property
    def label(self) -> str:
        return f"{self.profile.name} {'in-process' if isinstance(self.hub, VirtualHub) else 'pcscd'}"

    @property
    def algorithm(self) -> Algorithm:
        return self.profile.signing

    @property
    def wrong_pin(self) -> Secret:
        return Secret("111111" if self.secrets["pin"] != "111111" else "222222")

    @property
    def other_pin(self) -> Secret:
        return Secret("246813" if self.secrets["pin"] != "246813" else "314629")

    @property
    def pin(self) -> Secret:
        return Secret(self.secrets["pin"])

    @property
    def puk(self) -> Secret:
        return Secret(self.secrets["puk"])

    @property
    def admin_key(self) -> Secret:
        return Secret(bytes.fromhex(self.secrets["admin_key"]))

    @contextlib.contextmanager
    def session(self) -> Iterator[PivSession]:
        with self.desk.session(self.reader) as session:
            yield session

    @contextlib.contextmanager
    def admin_session(self) -> Iterator[PivSession]:
        """A session with PIN and admin status."""
        with self.session() as session:
            gain_admin_status(session, self.admin_key)
            session.verify_pin(self.pin)
            yield session


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("card", "a real card (see tests/contract/conftest.py)")
    group.addoption("--reader", help="name of the reader the card is in")
    group.addoption("--serial", type=int, help="refuse any other card than the one with this serial number")
    group.addoption("--profile", type=Path, help="JSON file with what the card claims")
    group.addoption("--card-secrets", type=Path, help="JSON file with pin, puk and admin_key")
    group.addoption("--allow-writes", action="store_true", help="wrong PINs, new keys: test cards only")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "card" not in metafunc.fixturenames:
        return
    if metafunc.config.getoption("reader", default=None):
        metafunc.parametrize("card", ["named"], indirect=True)
        return
    through_pcscd = [pytest.param(f"pcscd {name}", marks=pytest.mark.system) for name in SOFTWARE]
    metafunc.parametrize("card", [*SOFTWARE, *through_pcscd], indirect=True)


@pytest.fixture
def card(request: pytest.FixtureRequest) -> CardUnderTest:
    kind: str = request.param
    if kind == "named":
        found = _named(request.config)
    elif kind in SOFTWARE:
        found = _in_process(SOFTWARE[kind])
    else:
        found = _through_pcscd(request, SOFTWARE[kind.split()[1]])
    for mark in request.node.iter_markers("needs"):
        _skip_unless(found, mark.args, request.node.user_properties)
    return found


USES = ("secrets", "writes", "hands")
"""What the person who runs the suite grants, beside what the card claims."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", f"needs(what, ...): {', '.join(USES)} or a claim of the card's profile; else skipped"
    )


def _skip_unless(card: CardUnderTest, needs: tuple[str, ...], noted: list[tuple[str, object]]) -> None:
    there = {"secrets": bool(card.secrets), "writes": card.allow_writes, "hands": card.pull is not None}
    assert all(need in there or need in KNOWN for need in needs), needs
    missing = [need for need in needs if not there.get(need, need in card.profile.claims)]
    if missing:
        noted.append(("not claimed", (card.label, missing[0])))
        pytest.skip(f"{card.label}: {', '.join(missing)}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was skipped, by card and by what it does not claim."""
    noted = [
        (str(value[0]), str(value[1]))
        for report in terminalreporter.getreports("skipped")
        for name, value in report.user_properties
        if name == "not claimed"
    ]
    for line in profiles.table(noted):
        terminalreporter.write_line(line)


def _in_process(personality: Personality) -> CardUnderTest:
    hub = VirtualHub(patience=0.5)
    soft = VirtualPivCard.create(personality=personality)
    hub.plug(READER)
    hub.insert(READER, soft)
    return CardUnderTest(
        hub,
        READER,
        FACTORY,
        True,
        profiles.of_software(personality),
        lambda: hub.pull(READER),
        lambda: hub.insert(READER, soft),
    )


def _through_pcscd(request: pytest.FixtureRequest, personality: Personality) -> CardUnderTest:
    process = request.getfixturevalue("vpcd_card")(personality)
    profile = profiles.of_software(personality)
    return CardUnderTest(_pcsc(), process.reader, FACTORY, True, profile, process.pull, process.insert)


def _named(config: pytest.Config) -> CardUnderTest:
    secrets: Path | None = config.getoption("card_secrets")
    reader: str = config.getoption("reader")
    declared: Path | None = config.getoption("profile")
    assert declared or not config.getoption("allow_writes"), "say with --profile what the card claims"
    card = CardUnderTest(
        _pcsc(),
        reader,
        json.loads(secrets.read_text(encoding="utf-8")) if secrets else {},
        config.getoption("allow_writes"),
        profiles.read(declared) if declared else profiles.undeclared(reader),
    )
    try:
        with Desk(card.hub).session(reader):
            pass
    except NotSupportedByCard:
        pytest.skip("the card in this reader is no PIV card")
    wanted: int | None = config.getoption("serial")
    if wanted is not None:
        serials = {overview.reader: overview.serial for overview in card.desk.survey()}
        assert serials.get(card.reader) == wanted, "another card lies in the reader; nothing was done to it"
    return card


def _pcsc() -> ReaderHub:
    from cardtool.pcsc.scard import ScardHub  # noqa: PLC0415 - in-process cards need no pyscard

    return ScardHub()
