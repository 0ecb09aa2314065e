"""What an RA may answer wrongly in an application: refused, nothing written, and afterwards it still ends well."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from urllib3 import HTTPResponse

from cardtool.errors import (
    CardToolError,
    CertificateRefused,
    RaAnswerMalformed,
    RaError,
    RaFault,
    RegistrationNotApproved,
)
from cardtool.flows.apply_card import APC, ApplyContext
from cardtool.flows.journal import Entry
from cardtool.flows.results import Applied
from cardtool.pcsc.apdu import INS
from server_stub.ca.authority import Authority
from server_stub.db.models import Account, Certificate, Order
from server_stub.demo.forgery import Forgery
from tests.support.bench import Bench, Spoil
from tests.support.ra_answers import (
    UNREADABLE,
    chain_of,
    fault,
    forged,
    garbage_certificate,
    not_yet_valid,
    problem,
)
from tests.support.template import ACCOUNT

REQUEST = "POST /orders/[0-9a-f]+/request"
CERTIFICATE_OF_9A = 0x5FC105
FALSE_CERTIFICATES: dict[str, tuple[Callable[[Bench], Spoil], str]] = {
    "for another key": (lambda bench: forged(bench, Forgery.KEY), "key"),
    "expired": (lambda bench: forged(bench, Forgery.VALIDITY), "validity"),
    "not yet valid": (not_yet_valid, "validity"),
    "from another CA": (lambda bench: forged(bench, Forgery.CHAIN), "chain"),
    "garbage": (garbage_certificate, "malformed"),
}
ANSWERS = {**UNREADABLE, "503": fault}
EXCHANGES = {
    "units": "GET /units",
    "account": "GET /account",
    "orders": "GET /orders",
    "terms": "GET /units/blue/terms",
    "card": "GET /cards",
    "order": "POST /orders",
    "verification": "POST /cards/[0-9a-f]+/verifications",
    "relay": "POST /orders/[0-9a-f]+/relays",
    "witness": "POST /relays/[0-9a-f]+/witness",
    "response": "POST /relays/[0-9a-f]+/response",
    "request": REQUEST,
    "chain": "GET /ca/chain",
    "stored": "POST /orders/[0-9a-f]+/stored",
}


def apply(bench: Bench) -> tuple[CardToolError | None, Applied | None]:
    context = ApplyContext(bench.ports, "blue")
    return bench.run(APC, context), context.outcome


def check_it_finishes(bench: Bench) -> None:
    """Now the application goes through, and RA and card agree: one order, one certificate."""
    ended, applied = apply(bench)
    assert ended is None
    assert applied is not None
    with bench.office.ra.act(write=False) as act:
        states = [order.state for order in act.db.query(Order)]
        rows = act.db.query(Certificate).filter(
            Certificate.profile == "signing", Certificate.not_after > act.now
        )
        live = [row.pem for row in rows if row.state in ("valid", "intended", "on-hold")]
    assert sorted(set(states) - {"cancelled"}) == ["stored"]
    assert states.count("stored") == 1
    (pem,) = live
    assert x509.load_pem_x509_certificate(str(pem).encode()) == x509.load_der_x509_certificate(applied.der)
    assert applied.der in bench.card.state.objects[CERTIFICATE_OF_9A]
    assert bench.ports.journal.entries() == ()


@pytest.mark.parametrize("kind", FALSE_CERTIFICATES)
def test_a_false_certificate_is_not_written(bench: Bench, kind: str):
    make, reason = FALSE_CERTIFICATES[kind]
    bench.spoil(REQUEST, make(bench))
    ended, _ = apply(bench)
    assert isinstance(ended, CertificateRefused)
    assert ended.reason == reason
    assert bench.sent(INS.PUT_DATA) == []
    check_it_finishes(bench)


@pytest.mark.parametrize("kind", ["for another key", "not yet valid", "from another CA"])
def test_nor_one_that_comes_when_the_application_is_taken_up_again(bench: Bench, kind: str):
    """The RA's last answer before the key is looked at names the false one."""
    bench.before_act["write"] = lambda: bench.hub.unplug("Reader")
    bench.says("APC-2", lambda _question: (_ for _ in ()).throw(RaFault()))
    assert isinstance(apply(bench)[0], RaFault)
    bench.hub.plug("Reader")
    bench.hub.insert("Reader", bench.card)
    bench.log.clear()
    bench.spoil("POST /relays/[0-9a-f]+/response", FALSE_CERTIFICATES[kind][0](bench))
    ended, applied = apply(bench)
    if applied is None:
        assert isinstance(ended, CertificateRefused)
        assert bench.sent(INS.PUT_DATA) == []
        check_it_finishes(bench)
    else:  # the false one was for another key: the order was given up and another one made
        assert kind == "for another key"
        assert applied.der in bench.card.state.objects[CERTIFICATE_OF_9A]


@pytest.fixture(scope="module")
def foreign_root(tmp_path_factory: pytest.TempPathFactory) -> x509.Certificate:
    folder = tmp_path_factory.mktemp("foreign") / "ca"
    return Authority.open(folder, name="Foreign", practice=True, key_algorithm="P-256").chain[-1]


class TestRoot:
    def test_another_root_than_the_pinned_one_is_refused(self, bench: Bench, foreign_root: x509.Certificate):
        assert bench.ports.anchors is not None
        bench.ports.anchors.pin(bench.client.origin, foreign_root)
        ended, _ = apply(bench)
        assert isinstance(ended, CertificateRefused)
        assert ended.reason == "chain"
        assert bench.sent(INS.PUT_DATA) == []

    def test_one_that_proved_nothing_is_not_pinned(self, bench: Bench, foreign_root: x509.Certificate):
        """Else one wrong answer at the first meeting would refuse every good one for ever."""
        bench.spoil("GET /ca/chain", chain_of(foreign_root))
        assert isinstance(apply(bench)[0], CertificateRefused)
        assert bench.sent(INS.PUT_DATA) == []
        check_it_finishes(bench)

    def test_a_book_that_cannot_be_read_is_no_empty_one(self, bench: Bench):
        (bench.folder / "anchors.json").write_text("{")
        ended, _ = apply(bench)
        assert isinstance(ended, CertificateRefused)
        assert ended.reason == "anchors"
        assert bench.sent(INS.PUT_DATA) == []


@pytest.mark.parametrize(
    ("exchange", "kind"),
    [
        *((exchange, "truncated") for exchange in EXCHANGES if exchange != "request"),
        *(("request", kind) for kind in ANSWERS),
    ],
)
def test_an_answer_that_cannot_be_read_ends_in_words_and_is_made_good(bench: Bench, exchange: str, kind: str):
    bench.spoil(EXCHANGES[exchange], ANSWERS[kind])
    ended, applied = apply(bench)
    if applied is None:
        assert isinstance(ended, RaFault if kind == "503" else RaAnswerMalformed)
        check_it_finishes(bench)
    assert bench.spoils == []


def test_an_end_that_the_ra_noted_is_the_end(bench: Bench):
    """Only its answer was lost: no card is needed to see it, and nothing is offered as unfinished."""
    bench.spoil(EXCHANGES["stored"], fault)
    apply(bench)
    bench.hub.unplug("Reader")
    bench.log.clear()
    check_it_finishes(bench)
    assert bench.asked() == []


def test_what_the_journal_names_but_the_ra_does_not_know_is_dropped(bench: Bench):
    bench.ports.journal.note(Entry("APC", ACCOUNT, "blue", order="0" * 32, slot="9A"))
    with bench.office.ra.act("test") as act:
        act.db.query(Account).filter(Account.name == ACCOUNT).one().registration = "used"
    assert isinstance(apply(bench)[0], RegistrationNotApproved)
    assert bench.ports.journal.entries() == ()


def test_an_order_whose_certificate_expired_before_it_was_stored_is_begun_again(bench: Bench):
    """The card lay in a drawer for years: the order must not be stuck for ever."""
    bench.before_act["write"] = lambda: bench.hub.unplug("Reader")
    bench.says("APC-2", lambda _question: (_ for _ in ()).throw(RaFault()))
    apply(bench)
    with bench.office.ra.act("test") as act:
        bench.office.ra.clock.advance(act.db, int(timedelta(days=500).total_seconds()))
    bench.hub.plug("Reader")
    bench.hub.insert("Reader", bench.card)
    check_it_finishes(bench)


@pytest.mark.parametrize(
    "answer",
    [
        problem(404, "R303"),
        problem(409, "R302", state="cancelled"),
        problem(403, "R307"),
        problem(418, "X999"),
    ],
)
def test_a_no_from_the_ra_ends_the_wizard_and_is_made_good(bench: Bench, answer: Callable[[], HTTPResponse]):
    bench.refuse("POST /orders/[0-9a-f]+/relays", answer)
    ended, _ = apply(bench)
    assert isinstance(ended, RaError)
    assert not bench.wrote()
    check_it_finishes(bench)


def test_the_journal_in_a_folder_that_cannot_be_written_ends_before_the_key_is_made(
    bench: Bench, tmp_path: Path
):
    (tmp_path / "journal.json").mkdir()
    ended, _ = apply(bench)
    assert ended is not None
    assert ended.code == "L201"
    assert not bench.wrote()
