"""Everything of one test together: an RA, people with cards, readers, CardTool; and whether it all agrees."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cardtool.pcsc.virtual.piv import VirtualPivCard
from tests.system.acts import Acts
from tests.system.gate import Gate
from tests.system.pcscd import READERS, CardProcess, Pcscd, end, holds_card, wait_until
from tests.system.programs import BIN, CardTool, Ended, Office, Person
from tests.system.tap import Tap

SLOT_9A, OBJECT_9A = 0x9A, 0x5FC105
PIN_TRIES = 3


@dataclass
class Scene:
    """``acts`` count only in a watched scene, where a tap lies before each card and a gate before the RA."""

    daemon: Pcscd
    office: Office
    tool: CardTool
    acts: Acts = field(default_factory=Acts)
    watched: bool = False
    taps: list[Tap] = field(default_factory=list)
    cards: list[CardProcess] = field(default_factory=list)

    def insert(self, person: Person, *options: str, reader: int = 0) -> CardProcess:
        """Put the person's card into reader 0 or 1 by ``cardtool-card``."""
        port = self.daemon.port + reader
        if self.watched:
            self.taps.append(Tap(self.daemon, reader, self.acts))
            port = self.taps[-1].port
        reference = f"{self.office.table}:{person.card}"
        command = [str(BIN / "cardtool-card"), "--vpcd", f"localhost:{port}", "--personalised", reference]
        command = [*command, *options]
        process = subprocess.Popen(
            command if self.watched else self.daemon.inside(command), stdin=subprocess.DEVNULL
        )
        self.cards.append(CardProcess(READERS[reader], self.office.state_file(person.card), process))
        self.cards[-1].wait_until_in()
        return self.cards[-1]

    def put_back(self) -> None:
        """The card that a plan pulled."""
        self.cards[0].wait_until_out()
        self.taps[0].insert()
        self.cards[0].wait_until_in()

    def clear(self) -> None:
        for card in self.cards:
            end(card.process)
        for tap in self.taps:
            tap.stop()
        self.office.stop()
        wait_until(lambda: not any(map(holds_card, READERS)), "the readers to be empty")

    def issued(self, person: Person) -> x509.Certificate:
        """The one signing certificate that counts for the person's card, as the RA keeps it."""
        (pem,) = (row[0] for row in self.office.rows(LIVE_CERTIFICATES, person.account))
        return x509.load_pem_x509_certificate(pem.encode())

    def assert_agreed(self, person: Person, done: Ended) -> None:
        """The invariants of spec 5.2 after an application that ended well, seen past the programs."""
        assert done.status == 0, done
        certificate = self.issued(person)
        assert f"{certificate.serial_number:X}" == done.said["serial"].upper().lstrip("0")
        states = [row[0] for row in self.office.rows(ORDER_STATES, person.account)]
        assert states.count("stored") == 1, states
        assert set(states) <= {"stored", "cancelled"}
        self._assert_card_holds(person, certificate)
        assert self.tool.journal == []
        assert "audit log whole" in self.office.verify_audit()
        self._assert_no_secret_left(person, done)

    def _assert_card_holds(self, person: Person, certificate: x509.Certificate) -> None:
        card = VirtualPivCard.inspect(self.office.state_file(person.card))
        assert certificate.public_bytes(Encoding.DER) in card.objects[OBJECT_9A]
        assert card.keys[SLOT_9A].private.public_key() == certificate.public_key()
        assert card.pin.value.rstrip(b"\xff") == person.pin.encode()
        assert (card.pin.tries, card.puk.tries) == (PIN_TRIES, card.puk.limit)

    def _assert_no_secret_left(self, person: Person, done: Ended) -> None:
        assert person.pin not in done.errors
        assert person.password not in done.errors
        for path in filter(Path.is_file, self.tool.home.rglob("*")):
            content = path.read_bytes()
            assert person.password.encode() not in content, path.name
            assert person.pin.encode() not in content, path.name


LIVE_CERTIFICATES = """
    SELECT certificates.pem FROM certificates JOIN cards ON cards.id = certificates.card_id
    JOIN accounts ON accounts.id = cards.account_id
    WHERE certificates.profile = 'signing' AND certificates.state IN ('intended', 'valid', 'on-hold')
    AND accounts.name = ?
"""
ORDER_STATES = """
    SELECT orders.state FROM orders JOIN accounts ON accounts.id = orders.account_id WHERE accounts.name = ?
"""


def first_world(data: Path) -> Path:
    """The demo world as its first start makes it, at rest: a copy of it starts at once."""
    office = Office(data)
    try:
        office.start()
    finally:
        office.stop()
    return data


@contextmanager
def open_scene(daemon: Pcscd, world: Path, folder: Path, *, watched: bool) -> Iterator[Scene]:
    shutil.copytree(world, folder / "ra")
    acts = Acts()
    gate = Gate(acts) if watched else None
    office = Office(folder / "ra", gate.url if gate else "")
    if gate:
        gate.target = office.port
    try:
        office.start()
        scene = Scene(daemon, office, CardTool(folder / "home", office.url), acts, watched)
        try:
            yield scene
        finally:
            scene.clear()
    finally:
        office.stop()
        if gate:
            gate.stop()
