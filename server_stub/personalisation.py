"""Cards are made: the RA's half. Everything may be cut at any moment and run again for the same card."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from server_stub import cards, enrolment, issuing, orders, standing
from server_stub.db.models import Account, Card, Certificate
from server_stub.orders import State
from server_stub.personaliser import Personaliser, PersonaliserFailed
from server_stub.policy.unit import CardPolicy
from server_stub.problems import Problem
from server_stub.ra import Act, Ra

ADMIN_ALGORITHM = "AES-192"
VERIFICATION_ALGORITHM = "P-256"
PUK_TRIES = 5
CARD_YEARS = 10
_AUTHOR = "personalisation"


@dataclass(frozen=True)
class Blank:
    """A card to be made. ``certified``: it also gets a signing certificate at once (demo only)."""

    card_id: str
    state_file: Path
    kind: str
    pin: str
    certified: bool = False


def register_blank(act: Act, account: Account, label: str) -> Card:
    """Give a card its id and GUID, before anything is written to it."""
    card = Card(
        id=secrets.token_hex(16),
        account_id=account.id,
        label=label,
        status="blank",
        admin_algorithm=ADMIN_ALGORITHM,
        master_version=act.ra.master.version,
        puk_number=0,
    )
    act.db.add(card)
    act.db.flush()
    act.record("card.registered", card.id, label=label)
    cards.announce_guid(act, card, secrets.token_hex(16))
    return card


def make(ra: Ra, personaliser: Personaliser, blank: Blank) -> None:
    """Personalise the card and take it into service. Raises PersonaliserFailed."""

    def certify(use: str, csr: str) -> str:
        try:
            return _verification(ra, blank, csr) if use == "verification_csr" else _signing(ra, blank, csr)
        except Problem as error:
            raise PersonaliserFailed(error.kind.code) from error

    serial = personaliser.personalise(_job(ra, blank), certify)
    with ra.act(_AUTHOR) as act:
        _take_into_service(act, blank, serial)


def _job(ra: Ra, blank: Blank) -> dict[str, object]:
    with ra.act(write=False) as act:
        card = act.db.get_one(Card, blank.card_id)
        guid = cards.guids(act, card)[0]
        policy = _policy(act, card)
    admin_key = ra.master.admin_key(card.master_version, card.id, card.admin_algorithm)
    signing = {"slot": policy.slots[0], "algorithm": policy.key_algorithm}
    return {
        "card": {"state_file": str(blank.state_file), "kind": blank.kind},
        "card_id": card.id,
        "guid": guid,
        "admin_key": {"algorithm": card.admin_algorithm, "key": admin_key.hex()},
        "pin": blank.pin,
        "pin_tries": policy.pin_tries,
        "puk": ra.master.puk(card.master_version, card.id, card.puk_number),
        "puk_tries": PUK_TRIES,
        "verification_key": VERIFICATION_ALGORITHM,
        **({"signing_key": signing} if blank.certified else {}),
    }


def _verification(ra: Ra, blank: Blank, csr: str) -> str:
    """The certificate of the 9E key. A card that had to make its key anew gets one for the new key."""
    request = issuing.check(csr, VERIFICATION_ALGORITHM)
    place = _verification_place(blank)
    with ra.act(_AUTHOR) as act:
        former = issuing.live(act, place)
        if former and former.state == "valid" and former.key_fingerprint != request.spki_sha256:
            standing.revoke(act, former, "superseded")
        intent = issuing.intend(act, place, request)
        unit = act.ra.policy(_account(act, blank.card_id).unit).unit
    holder = issuing.Holder(orders.subject_name(unit, blank.card_id), None)
    return _finish(ra, intent, issuing.sign(ra, intent, holder))


def _signing(ra: Ra, blank: Blank, csr: str) -> str:
    """A customer's certificate by the same road of orders, without the customer."""
    with ra.act(_AUTHOR) as act:
        account = _account(act, blank.card_id)
        card = act.db.get_one(Card, blank.card_id)
        terms = act.ra.policy(account.unit).terms["zh_TW"]
        order, _ = orders.create(act, account, card, orders.Wish("apply", terms.version, terms.sha256))
        request = issuing.check(csr, order.key_algorithm)
        if order.state == State.CREATED:
            orders.move(act, order, State.AUTHORISED)
        intent = enrolment.intend(act, order, request)
    signed = intent.sign(ra)
    with ra.act(_AUTHOR) as act:
        enrolment.complete(act, intent, signed)
    return _finish(ra, intent.certificate, None)


def _finish(ra: Ra, intent: Certificate, signed: x509.Certificate | None) -> str:
    with ra.act(_AUTHOR) as act:
        row = act.db.get_one(Certificate, intent.serial)
        if signed is not None:
            issuing.keep(act, row, signed)
        pem = row.pem
    if pem is None:
        raise PersonaliserFailed("no certificate")
    return pem


def _take_into_service(act: Act, blank: Blank, serial: int | None) -> None:
    proof = issuing.live(act, _verification_place(blank))
    if proof is None or proof.pem is None:
        raise PersonaliserFailed("done without a verification key")
    card = act.db.get_one(Card, blank.card_id)
    card.status = "active"
    card.verification_key = proof.public_key
    card.key_fingerprint = proof.key_fingerprint
    card.vendor_serial = serial
    act.record("card.personalised", card.id, key=proof.key_fingerprint)
    for order in orders.of_account(act, _account(act, card.id), card.id, only_open=True):
        enrolment.settle_stored(act, order)


def _verification_place(blank: Blank) -> issuing.Place:
    return issuing.Place("card-verification", blank.card_id, None, CARD_YEARS)


def _account(act: Act, card_id: str) -> Account:
    return act.db.get_one(Account, act.db.get_one(Card, card_id).account_id)


def _policy(act: Act, card: Card) -> CardPolicy:
    policy = act.ra.policy(_account(act, card.id).unit).unit.card
    if policy is None:
        raise PersonaliserFailed("the unit has no cards")
    return policy
