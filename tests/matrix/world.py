"""One case: a person, a computer, a reader with a card, an RA; a fault; and what holds afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import select

from cardtool.cards.desk import Desk
from cardtool.errors import CardToolError, RegistrationNotApproved
from cardtool.flows.apply_card import APC, ApplyContext
from cardtool.flows.context import Ports
from cardtool.flows.engine import run
from cardtool.flows.journal import Journal
from cardtool.flows.ports import Act, PinOnReader, Question
from cardtool.flows.questions import AcceptTerms, AskPin, AskSignIn, ChooseCard, PinAnswer, SignInAnswer
from cardtool.flows.results import Applied
from cardtool.pcsc.virtual.piv import VirtualPivCard, codec
from cardtool.pki.anchors import AnchorBook
from cardtool.pki.certificate import describe, load
from cardtool.secret import Secret
from server_stub.db.models import Certificate, Order
from server_stub.seals import AuditBroken, Notary
from tests.support.acts import Acts
from tests.support.faults import Fault, Killed
from tests.support.office import Office
from tests.support.readers import Readers
from tests.support.template import ACCOUNT, PASSWORD, PIN, PIN_TRIES, WRONG_PIN, Template

SLOT = {"blue": 0x9A, "green": 0x9C}
OBJECT = {"blue": 0x5FC105, "green": 0x5FC10A}
MOST_QUESTIONS = 30
MOST_STARTS = 5


class Case:
    """``attempt`` is one run of the program; ``violations`` looks at everything with eyes of its own."""

    def __init__(self, template: Template, folder: Path, *, wrong_pin_first: bool = False) -> None:
        self.template = template
        self.folder = folder
        self.office = Office(template.settings(folder / "ra").data)
        self.card = VirtualPivCard(codec.decode(template.card))
        self.other = VirtualPivCard(codec.decode(template.other))
        self.readers = Readers(self.card, Acts(), self._half_a_minute)
        self.wrong_pins_left = int(wrong_pin_first)
        self.wrong_pins_sent = 0
        self.questions = 0

    def close(self) -> None:
        self.office.stop()

    def _half_a_minute(self) -> None:
        with self.office.ra.act("test") as act:
            self.office.ra.clock.advance(act.db, 30)

    # --- one run of the program ---------------------------------------------------------------

    def attempt(self, acts: Acts) -> Applied | str:
        """What was applied for, or why the program ended: an error code, or ``killed``."""
        acts.swap = lambda: self.readers.swap(self.other)
        self.readers.acts = acts
        self.questions = 0
        client = self.office.client(acts)
        try:
            context = ApplyContext(self._ports(acts, client), self.template.unit, ACCOUNT)
            run(APC, context)
        except Killed:
            return "killed"
        except CardToolError as error:
            return error.code
        finally:
            client.close()
        assert context.outcome is not None
        return context.outcome

    def _ports(self, acts: Acts, client: Any) -> Ports:
        return Ports(
            prompts=_Person(self, acts),
            progress=_Quiet(),
            cancel=_Wish(acts),
            clock=_OfficeClock(self.office),
            desk=Desk(self.readers, sleep=lambda _seconds: None),
            journal=Journal(self.folder / "journal.json", write=acts.write),
            ra=client,
            anchors=AnchorBook(self.folder / "anchors.json", write=acts.write),
        )

    def survive_all(self, *plan: tuple[int, Fault]) -> list[str]:
        """Start with a fault in each of the first starts, then until it is through; what went wrong after that.

        A later start may be too short for its fault to come.
        """
        starts = [Acts(at, fault) for at, fault in plan]
        ends = [self.attempt(starts[0])]
        for acts in [*starts[1:], *(Acts() for _ in range(MOST_STARTS))]:
            if not isinstance(ends[-1], str):
                break
            self.readers.heal()
            ends.append(self.attempt(acts))
        if not starts[0].happened:
            return [f"act {plan[0][0]} never came"]
        end = self._ended_before() if ends[-1] == RegistrationNotApproved.code else ends[-1]
        return [f"never through: {ends}"] if isinstance(end, str) else self.violations(end)

    def _ended_before(self) -> Applied | str:
        """Killed after the very last act: nothing is left to resume, the RA's order says what was reached."""
        with self.office.ra.act(write=False) as act:
            order = act.db.scalars(select(Order).where(Order.state == "stored")).one_or_none()
            row = order and act.db.scalars(select(Certificate).where(Certificate.order_id == order.id)).one()
        if order is None or row is None or row.pem is None:
            return "the RA has no finished order"
        der = load(row.pem)
        return Applied(describe(der), der, order.card_id, order.slot_hint, order.id, resumed=True)

    # --- the invariants of spec 5.2 -----------------------------------------------------------

    def violations(self, applied: Applied) -> list[str]:
        checks = {
            "the certificate on the card is the one reported": self._holds(applied),
            "the card signs for it": self._signs(applied),
            "RA and card agree: one order, one certificate": self._agrees(applied),
            "no try was used but for wrong PINs": self._tries(),
            "PIN and PUK are as before": self._secrets_kept(),
            "the journal is empty": not Journal(self.folder / "journal.json").entries(),
            "no secret is left behind": self._no_secret_left(),
            "the other card is untouched": codec.encode(self.other.state) == self.template.other,
            "the audit chain verifies": self._audit(),
        }
        return [name for name, holds in checks.items() if not holds]

    def _holds(self, applied: Applied) -> bool:
        content = self.card.state.objects.get(OBJECT[self.template.unit], b"")
        return applied.der in content

    def _signs(self, applied: Applied) -> bool:
        key = self.card.state.keys[SLOT[self.template.unit]].private
        certified = x509.load_der_x509_certificate(applied.der).public_key()
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert isinstance(certified, ec.EllipticCurvePublicKey)
        with suppress(Exception):
            certified.verify(key.sign(b"proof", ec.ECDSA(SHA256())), b"proof", ec.ECDSA(SHA256()))
            return True
        return False

    def _agrees(self, applied: Applied) -> bool:
        with self.office.ra.act(write=False) as act:
            orders = act.db.scalars(select(Order)).all()
            live = act.db.scalars(
                select(Certificate).where(
                    Certificate.profile == "signing", Certificate.state.in_(("valid", "on-hold", "intended"))
                )
            ).all()
        stored = [order for order in orders if order.state == "stored"]
        others = [order for order in orders if order.state != "stored"]
        serial = f"{x509.load_der_x509_certificate(applied.der).serial_number:x}"
        return (
            [order.id for order in stored] == [applied.order]
            and not others
            and [row.serial for row in live] == [serial]
        )

    def _tries(self) -> bool:
        """Counted at the card: a right PIN gives back all tries and would hide a wrong one before."""
        state = self.card.state
        spent = self.wrong_pins_sent == self.readers.refused_verifies
        return spent and state.pin.tries == PIN_TRIES and state.puk.tries == state.puk.limit

    def _secrets_kept(self) -> bool:
        before = codec.decode(self.template.card)
        now = self.card.state
        return (now.pin.value, now.puk.value, now.management_key) == (
            before.pin.value,
            before.puk.value,
            before.management_key,
        )

    def _no_secret_left(self) -> bool:
        secrets = (PIN.encode(), PASSWORD.encode(), PIN.encode().hex().encode())
        files = [path for path in self.folder.rglob("*") if path.is_file() and "ra" not in path.parts]
        return not any(secret in path.read_bytes() for path in files for secret in secrets)

    def _audit(self) -> bool:
        """Every act of the RA is in its chain, in order and unchanged."""
        with self.office.ra.act(write=False) as act, suppress(AuditBroken):
            return Notary.open(self.office.ra.settings.data).verify(act.db) > 0
        return False


class _Person:
    """Implements Prompts: answers as a patient person would, and puts the card back when asked for it."""

    def __init__(self, case: Case, acts: Acts) -> None:
        self._case = case
        self._acts = acts

    def ask(self, question: Question[Any]) -> Any:
        self._case.questions += 1
        assert self._case.questions < MOST_QUESTIONS, "asked for ever"
        if isinstance(question, AskSignIn):
            return SignInAnswer(question.unit, ACCOUNT, Secret(PASSWORD))
        if isinstance(question, AcceptTerms):
            return True
        if isinstance(question, ChooseCard):
            self._case.readers.heal()
            return None
        assert isinstance(question, AskPin), question
        return PinAnswer(Secret(self._pin()))

    def _pin(self) -> str:
        if self._case.wrong_pins_left:
            self._case.wrong_pins_left -= 1
            self._case.wrong_pins_sent += 1
            return WRONG_PIN
        return PIN


class _Quiet:
    def pin_on_reader(self, wanted: PinOnReader | None) -> None: ...

    def planned(self, acts: Sequence[Act]) -> None: ...
    def started(self, act: Act) -> None: ...
    def finished(self, act: Act, *, skipped: bool) -> None: ...


class _Wish:
    """Implements Cancel: the person's wish comes with its act, and is taken back at the next start."""

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    def requested(self) -> bool:
        return self._acts.cancel


class _OfficeClock:
    def __init__(self, office: Office) -> None:
        self._office = office

    def now(self) -> datetime:
        with self._office.ra.act(write=False) as act:
            return act.now
