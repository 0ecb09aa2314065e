"""Fees (spec 4.2): checked, reserved, captured on issue; released or kept as credit when abandoned; never twice."""

from __future__ import annotations

import io
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from cryptography import x509
from starlette.testclient import TestClient

from server_stub import debits as debiting
from server_stub import enrolment, fees, issuing, renewal, standing
from server_stub.app import open_ra
from server_stub.bank import BadBank, BankAccount, BankRefused, BankUnreachable, Money, NoBank, load
from server_stub.db.models import Debit, Order
from server_stub.demo.bank import PracticeBank
from server_stub.logs import JsonLines
from server_stub.officers import Role
from server_stub.policy.unit import Fee
from server_stub.problems import Problem
from server_stub.ra import Ra
from server_stub.settings import Settings
from tests.server.paying import (
    AMOUNT,
    GIRO,
    NEW_KEY,
    PASSBOOK,
    ask,
    books,
    debit,
    debits,
    fee,
    renew,
    serial_of,
    told,
    with_certificate,
)
from tests.server.test_faults import order_fault
from tests.server.world import Caller, World, put_behind, ra_of

RESERVED, CAPTURED, RELEASED = ({state: AMOUNT} for state in ("reserved", "captured", "released"))
DAY = 86400


@pytest.fixture
def payer(world: World, alice: Caller) -> Caller:
    """Alice within the window to renew, which costs something."""
    payer = with_certificate(world, alice)
    world.let_pay()
    return payer


@pytest.fixture
def order(payer: Caller) -> str:
    return str(renew(payer)["id"])


def lend(world: World, **more: object) -> None:
    world.let_pay(abandoned="credit", credit_days=30, **more)


def test_from_due_to_captured(payer: Caller, ra: Ra) -> None:
    made = renew(payer)
    assert (made["state"], made["fee"]["state"], made["fee"]["amount"]) == ("created", "due", AMOUNT)
    answer = debit(payer, made["id"])
    paid = answer.json()
    assert (answer.status_code, paid["state"]) == (200, "authorised"), "a key in a file needs nothing more"
    assert paid["fee"] == {
        "amount": AMOUNT,
        "currency": "TWD",
        "state": "reserved",
        "account": "***********876",
        "reason": None,
        "deadline": made["deadline"],
    }
    assert books(ra) == RESERVED
    assert ask(payer, made["id"]).json()["fee"]["state"] == "captured"
    assert books(ra) == CAPTURED
    assert debit(payer, made["id"], GIRO).json()["state"] == "issued", "again is no error"
    assert books(ra) == CAPTURED
    assert told(ra) == ["debit.intended", "debit.reserved", "debit.captured", "debit.told"]


def test_a_card_is_opened_only_when_the_fee_is_set_aside(world: World, alice: Caller, serial: str) -> None:
    world.advance(720 * DAY)
    world.let_pay()
    late = world.sign_in(alice.person)
    order = renew(late, serial)["id"]
    relay = late.post(f"/orders/{order}/relays", {"verification": late.verification("renew")})
    assert (relay.json()["code"], relay.json()["state"]) == ("R302", "fee-due")
    assert debit(late, order).json()["state"] == "reserved"
    assert late.authorise(order, "renew")["state"] == "authorised"
    assert ask(late, order).json()["state"] == "issued"
    assert books(world.ra) == CAPTURED


def test_without_the_fee_no_certificate(payer: Caller, order: str) -> None:
    assert ask(payer, order).json()["state"] == "created"


def test_programs_that_renew_without_a_person_do_not_get_round_it(payer: Caller, ra: Ra) -> None:
    """EST and CMC go from request to certificate in one go."""
    with ra.act(write=False) as act:
        row, _ = standing.find(act, serial_of(payer))
        current = x509.load_pem_x509_certificate((row.pem or "").encode())
    payer.card.signing_key = NEW_KEY
    request = issuing.check(payer.card.csr(), "RSA-2048")

    def reenrol() -> x509.Certificate:
        world_ra = ra_of(payer.client)
        return enrolment.at_once(
            world_ra, "program", request, lambda act: renewal.take_order(act, current), is_delivery=True
        )

    with pytest.raises(Problem) as refused:
        reenrol()
    assert refused.value.members == {"state": "fee-due"}
    (order,) = payer.get("/orders?state=open").json()["orders"]
    assert debit(payer, order["id"]).json()["state"] == "authorised"
    assert reenrol().public_key() == NEW_KEY.public_key()
    debiting.settle_all(ra)
    assert books(ra) == CAPTURED


def test_what_costs_nothing_is_not_debited(world: World, bob: Caller) -> None:
    world.let_pay()
    order = bob.order()
    assert order["fee"] is None
    answer = debit(bob, order["id"])
    assert (answer.json()["code"], answer.json()["state"]) == ("R302", "no-fee")


@pytest.mark.parametrize(
    ("ending", "reason"),
    [("0001", "no-account"), ("0002", "not-holder"), ("0003", "blocked"), ("0004", "funds")],
)
def test_a_refusal_is_explained_and_another_account_pays(
    payer: Caller, order: str, ra: Ra, ending: str, reason: str
) -> None:
    refused = debit(payer, order, f"0001234000{ending}")
    assert (refused.status_code, refused.json()["code"], refused.json()["reason"]) == (422, "R308", reason)
    assert (fee(payer, order)["state"], fee(payer, order)["reason"]) == ("refused", reason)
    assert debit(payer, order).json()["fee"]["state"] == "reserved"
    assert books(ra) == RESERVED


def test_a_refused_reference_is_void_at_the_bank(payer: Caller, order: str, ra: Ra) -> None:
    """What was refused now may have been asked before, and be on its way still."""
    debit(payer, order, "00012340000004")
    debiting.settle_all(ra)
    (row,) = debits(ra)
    assert (row.state, row.is_pending) == ("refused", False)
    with pytest.raises(BankRefused):
        ra.bank.reserve(row.reference, BankAccount("giro", GIRO, ""), Money(AMOUNT, "TWD"))
    assert books(ra) == {}


def test_who_comes_late_with_a_refusal_changes_nothing(payer: Caller, order: str, ra: Ra) -> None:
    """Two requests ask at once; the bank says yes to one of them, then no to the other."""
    bank = ra.bank

    class Overtaken(PracticeBank):
        def check(self, account: BankAccount, /) -> None:
            debiting.ask(ra, row.reference)
            raise BankRefused("blocked")

    row = _intended(ra, order)
    asked = debiting.ask(replace(ra, bank=Overtaken(ra.database)), row.reference)
    assert asked.state == "reserved"
    debiting.settle_all(ra)
    assert books(ra) == RESERVED
    assert bank.look_up(row.reference) == "reserved"


def _intended(ra: Ra, order: str) -> Debit:
    with ra.act("test") as act:
        fee = Fee(amount=AMOUNT, kinds=("renew",), accounts=("giro",))
        return fees.intend(act, act.db.get_one(Order, order), fee, "giro", GIRO)


def test_only_kinds_of_account_that_the_unit_takes(world: World, payer: Caller, order: str) -> None:
    world.let_pay(accounts=("giro",))
    assert debit(payer, order).json()["reason"] == "kind"
    assert debit(payer, order, GIRO).status_code == 200


@pytest.mark.parametrize("ending", ["0005", "0006"])
def test_what_the_bank_did_not_answer_is_asked_again(payer: Caller, order: str, ra: Ra, ending: str) -> None:
    number = f"0001234000{ending}"
    silent = debit(payer, order, number)
    assert (silent.status_code, silent.json()["code"]) == (503, "R309")
    assert fee(payer, order)["state"] == "uncertain"
    again = debit(payer, order, number)
    assert again.status_code == (503 if ending == "0005" else 200)
    assert books(ra) == ({} if ending == "0005" else RESERVED)


@pytest.mark.parametrize("ending", ["0005", "0006"])
def test_another_account_instead_of_an_uncertain_one(payer: Caller, order: str, ra: Ra, ending: str) -> None:
    assert debit(payer, order, f"0001234000{ending}").status_code == 503
    assert debit(payer, order, GIRO).json()["fee"]["account"] == "*****770"
    assert books(ra) == (RESERVED if ending == "0005" else {**RESERVED, **RELEASED})


def test_nothing_new_before_the_bank_has_released_the_former(
    client: TestClient, payer: Caller, order: str, ra: Ra
) -> None:
    assert debit(payer, order, "00012340000006").status_code == 503
    order_fault(client, "bank-times-out", 2)
    assert [debit(payer, order, GIRO).status_code for _ in range(3)] == [503, 503, 200]
    assert books(ra) == {**RESERVED, **RELEASED}


@pytest.mark.parametrize("fault", ["bank-times-out", "bank-late", "bank-refuses"])
def test_faults_of_the_bank_on_order(
    client: TestClient, payer: Caller, order: str, ra: Ra, fault: str
) -> None:
    order_fault(client, fault)
    assert debit(payer, order).json()["code"] == ("R308" if fault == "bank-refuses" else "R309")
    assert debit(payer, order).json()["state"] == "authorised"
    assert books(ra) == RESERVED
    assert client.get("/api/v1/info").status_code == 200, "no request of a client's met it"


def test_housekeeping_settles_what_nobody_asks_again(world: World, payer: Caller, order: str, ra: Ra) -> None:
    assert debit(payer, order, "00012340000006").status_code == 503
    debiting.settle_all(ra)
    assert fee(payer, order)["state"] == "uncertain", "a question may be on its way just now"
    world.advance(61)
    debiting.settle_all(ra)
    shown = payer.get(f"/orders/{order}").json()
    assert (shown["state"], shown["fee"]["state"]) == ("authorised", "reserved")


def test_a_bank_that_is_away_when_the_certificate_comes(
    client: TestClient, payer: Caller, order: str, ra: Ra
) -> None:
    debit(payer, order)
    order_fault(client, "bank-times-out")
    assert ask(payer, order).json()["state"] == "issued", "the certificate does not wait"
    assert books(ra) == RESERVED
    debiting.settle_all(ra)
    assert books(ra) == CAPTURED
    debiting.settle_all(ra)
    assert told(ra).count("debit.captured") == told(ra).count("debit.told") == 1


def test_cancelled_it_is_released(payer: Caller, order: str, ra: Ra) -> None:
    debit(payer, order)
    assert payer.delete(f"/orders/{order}").json()["fee"]["state"] == "released"
    assert books(ra) == RELEASED
    answer = debit(payer, order)
    assert (answer.json()["code"], answer.json()["state"]) == ("R302", "cancelled")


def test_expired_it_is_released_though_nobody_looks(world: World, payer: Caller, order: str, ra: Ra) -> None:
    debit(payer, order)
    world.advance(15 * DAY)
    debiting.settle_all(ra)
    assert books(ra) == RELEASED


def test_cancelled_before_the_bank_answered_it_is_released(payer: Caller, order: str, ra: Ra) -> None:
    debit(payer, order, "00012340000006")
    assert books(ra) == RESERVED
    payer.delete(f"/orders/{order}")
    assert books(ra) == RELEASED


def test_an_issued_order_that_is_cancelled_keeps_what_it_cost(payer: Caller, order: str, ra: Ra) -> None:
    debit(payer, order)
    ask(payer, order)
    assert payer.delete(f"/orders/{order}").json()["fee"]["state"] == "captured"
    assert books(ra) == CAPTURED


def test_credit_pays_for_the_next_order(world: World, payer: Caller, ra: Ra) -> None:
    lend(world)
    first = renew(payer)["id"]
    debit(payer, first)
    kept = payer.delete(f"/orders/{first}").json()["fee"]
    assert (kept["state"], kept["account"]) == ("credit", "***********876")
    assert kept["deadline"] > payer.now()
    assert books(ra) == RESERVED
    second = renew(payer)
    assert (second["state"], second["fee"]["state"]) == ("authorised", "reserved")
    assert payer.get(f"/orders/{first}").json()["fee"] is None
    assert ask(payer, second["id"]).json()["fee"]["state"] == "captured"
    assert books(ra) == CAPTURED


def test_credit_that_comes_later_is_used_instead_of_a_debit(world: World, payer: Caller, ra: Ra) -> None:
    lend(world)
    first, serial = renew(payer)["id"], serial_of(payer)
    debit(payer, first)
    payer.delete(f"/orders/{first}")
    lend(world, amount=70)
    second = renew(payer, serial)
    assert second["fee"]["state"] == "due", "another amount"
    lend(world)
    assert debit(payer, second["id"], GIRO).json()["fee"]["account"] == "***********876"
    assert books(ra) == RESERVED


def test_credit_of_another_customer_is_not_touched(world: World, payer: Caller, bob: Caller) -> None:
    lend(world)
    first = renew(payer)["id"]
    debit(payer, first)
    payer.delete(f"/orders/{first}")
    other = with_certificate(world, bob)
    lend(world)
    assert renew(other)["fee"]["state"] == "due"


def test_credit_that_nobody_uses_is_released(world: World, payer: Caller, ra: Ra) -> None:
    lend(world)
    order = renew(payer)["id"]
    debit(payer, order)
    payer.delete(f"/orders/{order}")
    world.advance(29 * DAY)
    debiting.settle_all(ra)
    assert books(ra) == RESERVED
    world.advance(2 * DAY)
    debiting.settle_all(ra)
    assert books(ra) == RELEASED
    assert fee(world.sign_in(payer.person), order)["state"] == "released"


def test_a_fee_that_a_unit_gives_up_binds_no_money(world: World, payer: Caller, order: str, ra: Ra) -> None:
    """The unit's file changed while an order was under way."""
    debit(payer, order)
    world._change_units(fee=None)
    assert ask(payer, order).json()["state"] == "issued"
    debiting.settle_all(ra)
    assert books(ra) == CAPTURED


@pytest.mark.parametrize("numbers", [[PASSBOOK] * 8, [PASSBOOK, GIRO] * 4], ids=["the same", "two accounts"])
def test_at_once_it_is_debited_once(payer: Caller, order: str, ra: Ra, numbers: list[str]) -> None:
    with ThreadPoolExecutor(len(numbers)) as threads:
        answers = list(threads.map(lambda number: debit(payer, order, number), numbers))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["fee"]["account"] for answer in answers}) == 1
    assert books(ra) == RESERVED


def test_the_same_key_gets_the_same_answer(payer: Caller, order: str, ra: Ra) -> None:
    key = Caller.fresh_key()
    answers = [debit(payer, order, key=key) for _ in range(2)]
    assert answers[0].content == answers[1].content
    ask(payer, order)
    assert debit(payer, order, key=key).content == answers[0].content
    other = debit(payer, order, GIRO, key)
    assert (other.status_code, other.json()["state"]) == (409, "idempotency-key-used")
    assert len(debits(ra)) == 1


def test_accounts_cannot_be_tried_out(world: World, payer: Caller, order: str) -> None:
    limits = replace(world.ra.settings.limits, debits_per_account=2)
    ra = replace(world.ra, settings=replace(world.ra.settings, limits=limits))
    put_behind(payer.client, ra)
    numbers = [f"000123400{tries}0001" for tries in range(3)]
    world.begin_minute()
    assert [debit(payer, order, number).status_code for number in numbers] == [422, 422, 429]


@pytest.mark.parametrize(
    "body",
    [
        {"account": "gold", "number": PASSBOOK},
        {"account": "giro", "number": "123"},
        {"account": "giro", "number": "1234 5678"},
        {"account": "giro", "number": 12345678},
        {"account": "giro"},
    ],
)
def test_what_is_no_account_is_not_asked(payer: Caller, order: str, ra: Ra, body: dict[str, object]) -> None:
    assert payer.post(f"/orders/{order}/debit", body).json()["code"] == "R108"
    assert debits(ra) == []


def test_officers_see_what_came_of_it(world: World, payer: Caller, order: str) -> None:
    debit(payer, order, "00012340000004")
    debit(payer, order)
    auditor = world.officer_caller("may", Role.AUDITOR)
    found = auditor.get("/debits?identifier=ID-alice").json()["debits"]
    assert {(row["state"], row["order"], row["customer"]) for row in found} == {
        ("refused", order, "alice"),
        ("reserved", order, "alice"),
    }
    assert auditor.get("/debits?identifier=ID-bob").json() == {"debits": []}
    assert auditor.get("/debits").json()["code"] == "R108"


def test_no_account_number_is_told_or_kept(world: World, payer: Caller, order: str, ra: Ra) -> None:
    """Neither in clear nor by a hash that could be tried out; sealed, while the bank has not answered."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(handler)
    try:
        shown = [debit(payer, order, "00012340000005").text]
        assert debits(ra)[0].sealed_number
        shown += [debit(payer, order).text, payer.get(f"/orders/{order}").text]
        shown.append(world.officer_caller("may", Role.AUDITOR).get("/debits?identifier=ID-alice").text)
    finally:
        logging.getLogger().removeHandler(handler)
    assert [row.sealed_number for row in debits(ra)] == [None, None]
    files = [path for path in ra.settings.data.rglob("*") if path.is_file() and "ca" not in path.parts]
    stored = b"".join(path.read_bytes() for path in files)
    for number in (PASSBOOK, "00012340000005"):
        assert number not in "".join(shown) + stream.getvalue()
        assert number.encode() not in stored


def test_in_earnest_there_is_no_bank_unless_one_is_named(settings: Settings) -> None:
    earnest = replace(settings, demo=False, data=settings.data / "earnest")
    ra = open_ra(earnest)
    assert isinstance(ra.bank, NoBank)
    with pytest.raises(BankUnreachable):
        ra.bank.look_up("x")
    ra.close()
    named = open_ra(replace(earnest, bank="server_stub.bank:NoBank"))
    assert isinstance(named.bank, NoBank)
    named.close()


@pytest.mark.parametrize("name", ["", "nowhere:Bank", "server_stub.bank:Nothing", "server_stub.bank", ".:x"])
def test_an_adapter_that_is_not_there(name: str) -> None:
    with pytest.raises(BadBank):
        load(name)
