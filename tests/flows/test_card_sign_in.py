"""A card near its end signs in by its own signature and renews, without the site password (spec 1.3, S0)."""

from __future__ import annotations

import json
import subprocess
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from urllib3 import HTTPResponse

from cardtool.cards.keys import SigningPublicKey
from cardtool.cards.piv.recipes import (
    private_key,
    read_certificate,
    sign_message,
    verification_signature,
    write_certificate,
)
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import AdminAlgorithm, Algorithm, Slot
from cardtool.errors import AccountSuspended, CaptchaExpired, CardSignInRefused, NotAllowed, RaError
from cardtool.flows.apply_card import APC, ApplyContext
from cardtool.flows.questions import AskPin
from cardtool.pcsc.apdu import INS
from cardtool.pki.certificate import check_issued, public_key_of
from cardtool.pki.csr import build_csr
from cardtool.ra.card_sign_in import sign_in_by_card
from cardtool.ra.client import RaClient
from cardtool.ra.statements import card_verification_statement, renewal_statement, stored_statement
from cardtool.ra.wire import Order, OrderState, Session
from cardtool.secret import Secret
from server_stub import tries
from tests.support.acts import Acts
from tests.support.bench import READER, Bench
from tests.support.template import ACCOUNT, OTHER_ACCOUNT, PASSWORD, PIN

OLD, NEW = Slot.AUTHENTICATION, Slot.SIGNATURE
IDENTIFIER = f"ID-{ACCOUNT}"
WITHIN_THE_WINDOW = 715 * 86400
CHAINED = 0x10
"""More of the same command follows (ISO/IEC 7816-4 section 5.1.1)."""


@pytest.fixture
def unit() -> str:
    return "exchange"


@dataclass
class Person:
    """At the computer with the card, PIN presented; ``ra``: a client that never heard the site password."""

    bench: Bench
    ra: RaClient
    piv: PivSession
    certificate: x509.Certificate

    @property
    def public(self) -> SigningPublicKey:
        return public_key_of(self.certificate.public_bytes(Encoding.DER))

    def present_pin(self) -> None:
        """9C wants it before each signature."""
        with Secret(PIN) as pin:
            self.piv.verify_pin(pin)

    def captcha(self) -> tuple[str, str]:
        made = self.ra.new_captcha("exchange")
        return made.id, made.demo_answer or ""

    def sign_in(self, identifier: str = IDENTIFIER) -> Session:
        challenge = self.ra.card_challenge("exchange", identifier, self.captcha())
        key = private_key(self.piv, OLD, self.public)
        return sign_in_by_card(
            self.ra, "exchange", identifier, challenge, self.certificate, key, self.bench.now()
        )


@pytest.fixture
def person(bench: Bench) -> Iterator[Person]:
    assert bench.run(APC, ApplyContext(bench.ports, "exchange")) is None
    with bench.office.ra.act("test") as act:
        bench.office.ra.clock.advance(act.db, WITHIN_THE_WINDOW)
    bench.client.forget_session()
    bench.log.clear()
    ra = bench.office.client(Acts())
    (card,) = bench.ports.desk.survey()
    answer = bench.ask(AskPin(page="CRD-2", card=card, tries_left=None))
    with bench.ports.desk.session(READER) as piv, answer.pin:
        piv.verify_pin(answer.pin)
        der = read_certificate(piv, OLD)
        assert der is not None
        yield Person(bench, ra, piv, x509.load_der_x509_certificate(der))
    ra.close()


def test_it_signs_in_with_one_pin_and_one_signature(person: Person) -> None:
    before = len(person.bench.sent())
    session = person.sign_in()
    assert (session.account, session.unit, session.by_card) == (ACCOUNT, "exchange", True)
    assert person.ra.account().identifier == IDENTIFIER
    sent = [apdu.command for apdu in person.bench.sent()[before:] if apdu.command.ins != INS.GET_RESPONSE]
    (signature,) = [command for command in sent if not command.cla & CHAINED]
    assert (signature.ins, signature.p2) == (INS.GENERAL_AUTHENTICATE, OLD)
    assert person.bench.pins_presented() == 1


def test_openssl_believes_what_the_card_signed(person: Person, tmp_path: Path) -> None:
    sent: list[dict[str, str]] = []

    def note(request: requests.PreparedRequest, answer: HTTPResponse) -> HTTPResponse:
        sent.append(json.loads(request.body or b""))
        return answer

    person.bench.spoil("POST /sessions/card", note)
    person.sign_in()
    (tmp_path / "message").write_bytes(b64decode(sent[0]["signed_data"]))
    chain = b"".join(link.public_bytes(Encoding.PEM) for link in person.ra.chain())
    (tmp_path / "chain.pem").write_bytes(chain)
    now = int(person.bench.now().timestamp())
    command = f"openssl cms -verify -binary -inform DER -in message -attime {now} -out statement"
    done = subprocess.run(
        [*command.split(), "-CAfile", "chain.pem"], cwd=tmp_path, check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    statement = json.loads((tmp_path / "statement").read_bytes())
    assert (statement["purpose"], statement["nonce"]) == ("sign-in", sent[0]["nonce"])


def test_it_renews_without_the_site_password(person: Person) -> None:
    person.sign_in()
    order = renewed(person)
    assert order.state is OrderState.STORED
    states = [(one.slot, one.state) for one in person.ra.certificates()]
    assert states == [("9A", "valid"), ("9A", "valid")]
    called = [event.name for event in person.bench.called(".*sessions.*")]
    assert called == ["POST /sessions/card/challenge", "POST /sessions/card"]


def renewed(person: Person) -> Order:
    """All of a renewal, the new key in the other slot."""
    ra, piv, now = person.ra, person.piv, person.bench.now
    order = ra.create_renewal(f"{person.certificate.serial_number:x}", ra.terms("exchange"))
    authorise(person, order)
    public = piv.generate_asymmetric_key_pair(NEW, Algorithm.from_label(order.key_algorithm))
    assert isinstance(public, SigningPublicKey)
    csr = build_csr(private_key(piv, NEW, public, person.present_pin))
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    statement = renewal_statement(audience=ra.origin, key=spki, order=order.id, now=now())
    signature = sign_message(piv, OLD, person.public, statement)
    order = ra.send_request(order.id, csr, authorisation=(statement, signature))
    der = x509.load_pem_x509_certificate((order.certificate or "").encode()).public_bytes(Encoding.DER)
    check_issued(der, public, ra.chain(), [ra.chain()[-1]], now())
    write_certificate(piv, NEW, der)
    stored = stored_statement(audience=ra.origin, certificate=der, order=order.id, now=now())
    proof = sign_message(piv, NEW, public, stored, person.present_pin)
    return ra.report_stored(order.id, stored, proof)


def authorise(person: Person, order: Order) -> None:
    """The card's own proof and the relay, as in an application."""
    ra, piv = person.ra, person.piv
    challenge = ra.start_verification(order.card_id, "renew")
    statement = card_verification_statement(
        audience=ra.origin,
        card_id=order.card_id,
        nonce=challenge.nonce,
        purpose="renew",
        now=person.bench.now(),
    )
    ra.finish_verification(order.card_id, challenge.id, statement, verification_signature(piv, statement))
    relay = ra.open_relay(order.id, challenge.id)
    witness = piv.admin_witness(AdminAlgorithm.from_label(relay.algorithm))
    answer = ra.relay_witness(relay.id, witness)
    ra.relay_response(relay.id, piv.admin_mutual_response(answer.witness, answer.challenge))


def test_what_else_takes_the_site_password(person: Person) -> None:
    person.sign_in()
    with Secret(PASSWORD) as old, Secret("Another1pass") as new, pytest.raises(NotAllowed):
        person.ra.change_password(old, new)
    card_id = person.ra.account().cards[0].card_id
    with pytest.raises(NotAllowed):
        person.ra.start_verification(card_id, "apply")
    with pytest.raises(NotAllowed):
        person.ra.create_order("apply", card_id, person.ra.terms("exchange"))


def _suspended(person: Person) -> None:
    with person.bench.office.ra.act("test") as act:
        tries.suspend(act, "exchange", ACCOUNT)
    person.sign_in()


def _stale_captcha(person: Person) -> None:
    captcha = person.captcha()
    for _ in range(2):
        person.ra.card_challenge("exchange", IDENTIFIER, captcha)


REFUSED: dict[str, tuple[type[RaError], Callable[[Person], object]]] = {
    "another's identifier": (CardSignInRefused, lambda person: person.sign_in(f"ID-{OTHER_ACCOUNT}")),
    "nobody's identifier": (CardSignInRefused, lambda person: person.sign_in("ID-nobody")),
    "suspended": (AccountSuspended, _suspended),
    "captcha": (CaptchaExpired, _stale_captcha),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_are_errors_with_words(person: Person, name: str) -> None:
    error, act = REFUSED[name]
    with pytest.raises(error):
        act(person)
    assert not person.ra.has_session
