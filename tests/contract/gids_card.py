"""A GIDS card for the contract suite: what is known of it, and what may be done to it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from cardtool.cards.desk import Desk
from cardtool.cards.gids.files import CardFiles
from cardtool.cards.gids.session import GidsSession
from cardtool.cards.keys import CardRSAPrivateKey
from cardtool.cards.overview import CardOverview
from cardtool.errors import NotSupportedByCard
from cardtool.pcsc.faults import Recorder, watch
from cardtool.pcsc.scard import ScardHub
from cardtool.pcsc.transport import ReaderHub
from cardtool.pcsc.virtual.gids import PLAIN, SPARSE, Personality, VirtualGidsCard
from cardtool.pcsc.virtual.reader import VirtualHub
from cardtool.secret import Secret
from tests.contract import profile as profiles
from tests.contract.profile import Profile

READER = "Software Reader 0"
SOFTWARE = {personality.name: personality for personality in (PLAIN, SPARSE)}
FACTORY = {"pin": "123456", "admin_key": "0102030405060708" * 3}
NAMED = "named"


@dataclass
class GidsUnderTest:
    """``secrets`` is empty for a card that is only looked at; of the claims those of RSA sizes mean something here."""

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
    def pin(self) -> Secret:
        return Secret(self.secrets["pin"])

    @property
    def admin_key(self) -> Secret:
        return Secret(bytes.fromhex(self.secrets["admin_key"]))

    @property
    def overview(self) -> CardOverview:
        return next(item for item in self.desk.survey() if item.reader == self.reader)

    @contextlib.contextmanager
    def session(self) -> Iterator[GidsSession]:
        with self.desk.gids_session(self.reader) as session:
            yield session

    @contextlib.contextmanager
    def user_session(self) -> Iterator[tuple[GidsSession, CardFiles]]:
        """With PIN status, and the table of files read."""
        with self.session() as session:
            session.verify_pin(self.pin)
            yield session, CardFiles(session)

    def lacks(self, *needs: str) -> str | None:
        """The first need that this card, or whoever runs the suite, does not meet."""
        granted = {"secrets": bool(self.secrets), "writes": self.allow_writes, "hands": self.pull is not None}
        return next((need for need in needs if not granted.get(need, need in self.profile.claims)), None)


def kinds(config: pytest.Config) -> list[object]:
    """The card named on the command line, else every software card, in-process and through pcscd."""
    if config.getoption("reader", default=None):
        return [NAMED]
    return [*SOFTWARE, *(pytest.param(f"pcscd {name}", marks=pytest.mark.system) for name in SOFTWARE)]


def make(request: pytest.FixtureRequest, kind: str) -> GidsUnderTest:
    if kind == NAMED:
        return _named(request.config)
    if kind in SOFTWARE:
        return _in_process(SOFTWARE[kind])
    return _through_pcscd(request, SOFTWARE[kind.split()[1]])


def _claims(personality: Personality) -> Profile:
    return Profile(f"GIDS {personality.name}", frozenset(f"RSA-{bits}" for bits in personality.key_bits))


def _in_process(personality: Personality) -> GidsUnderTest:
    hub = VirtualHub(patience=0.5)
    soft = VirtualGidsCard.create(personality=personality)
    hub.plug(READER)
    hub.insert(READER, soft)
    pull, insert = lambda: hub.pull(READER), lambda: hub.insert(READER, soft)
    return GidsUnderTest(hub, READER, FACTORY, True, _claims(personality), pull, insert)


def _through_pcscd(request: pytest.FixtureRequest, personality: Personality) -> GidsUnderTest:
    state: Path = request.getfixturevalue("tmp_path") / "gids.json"
    VirtualGidsCard.create(state, personality).close()
    process = request.getfixturevalue("vpcd_card")(state=state)
    claims = _claims(personality)
    return GidsUnderTest(ScardHub(), process.reader, FACTORY, True, claims, process.pull, process.insert)


def _named(config: pytest.Config) -> GidsUnderTest:
    secrets: Path | None = config.getoption("card_secrets")
    declared: Path | None = config.getoption("profile")
    reader: str = config.getoption("reader")
    card = GidsUnderTest(
        ScardHub(),
        reader,
        json.loads(secrets.read_text(encoding="utf-8")) if secrets else {},
        config.getoption("allow_writes"),
        profiles.read(declared) if declared else profiles.undeclared(reader),
    )
    try:
        with card.session():
            return card
    except NotSupportedByCard:
        pytest.skip("the card in this reader is no GIDS card")


def self_signed(key: CardRSAPrivateKey, filler: int = 0) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "測試")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
    )
    if filler:
        noise = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.25.1"), os.urandom(filler))
        builder = builder.add_extension(noise, critical=False)
    return builder.sign(key, hashes.SHA256())
