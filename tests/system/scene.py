"""Everything of one test together: a branch of the RA, readers with cards, CardTool; and whether it all agrees."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cardtool.pcsc.virtual.piv import VirtualPivCard
from tests.system.acts import Acts
from tests.system.branch import Branch
from tests.system.pcscd import READERS, CardProcess, Pcscd, end, holds_card, wait_until
from tests.system.programs import BIN, CardTool, Ended, Office, Person
from tests.system.tap import Tap

SLOT_9A, OBJECT_9A = 0x9A, 0x5FC105
PIN_TRIES = 3


@dataclass
class Scene:
    """``acts`` count only where the branch is watched: then a tap lies before each card, too."""

    daemon: Pcscd
    branch: Branch
    home: Path
    acts: Acts = field(default_factory=Acts)
    taps: list[Tap] = field(default_factory=list)
    cards: list[CardProcess] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tool = CardTool(self.home, self.office.url)
        if self.branch.gate:
            self.branch.gate.acts = self.acts

    @property
    def office(self) -> Office:
        return self.branch.office

    def person(self) -> Person:
        """Somebody who may apply and whom no other test knows."""
        return self.branch.people.pop(0)

    def insert(self, person: Person, *options: str, reader: int = 0) -> CardProcess:
        """Put the person's card into reader 0 or 1 by ``cardtool-card``."""
        port = self.daemon.port + reader
        if self.branch.gate:
            self.taps.append(Tap(self.daemon, reader, self.acts))
            port = self.taps[-1].port
        reference = f"{self.office.table}:{person.card}"
        command = [str(BIN / "cardtool-card"), "--vpcd", f"localhost:{port}", "--personalised", reference]
        inside = list if self.branch.gate else self.daemon.inside
        process = subprocess.Popen(inside([*command, *options]), stdin=subprocess.DEVNULL)
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
