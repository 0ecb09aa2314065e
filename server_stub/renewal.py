"""Renewal: the holder of a certificate's key asks for its successor, with a new key."""

from __future__ import annotations

from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key

from server_stub import orders, standing, tries
from server_stub.custody.statements import BadStatement, check_statement
from server_stub.db.models import Account, Certificate, Order
from server_stub.problems import Code, Problem
from server_stub.ra import Act


def find(act: Act, certificate: x509.Certificate) -> tuple[Certificate, Order]:
    """As ``counting``; whoever signed with it is its holder. Raises Problem SUSPENDED as well: the customer is."""
    row, order = counting(act, certificate)
    tries.check_open(act, order.account.unit, order.account.name)
    return row, order


def counting(act: Act, certificate: x509.Certificate) -> tuple[Certificate, Order]:
    """The very certificate we issued, which counts now. Raises Problem NOT_ALLOWED for any other one."""
    try:
        row, order = standing.find(act, f"{certificate.serial_number:x}")
    except Problem as error:
        raise Problem(Code.NOT_ALLOWED) from error
    is_same = row.pem == certificate.public_bytes(Encoding.PEM).decode()
    if not is_same or standing.state(act, row) != "valid":
        raise Problem(Code.NOT_ALLOWED)
    return row, order


def take_order(act: Act, certificate: x509.Certificate) -> Order:
    """The order for its successor. Raises Problem as ``find``, and CONFLICT (too-early) before the unit's window."""
    row, order = find(act, certificate)
    _require_window(act, row, order)
    return orders.create_successor(act, order, row.serial)


def begin(act: Act, account: Account, serial: str, wish: orders.Wish) -> tuple[Order, bool]:
    """The order to renew the customer's own certificate, and whether it is new. Its old key has still to sign.

    Raises Problem NOT_FOUND, TERMS_CHANGED, CONFLICT (its state; too-early; another-order).
    """
    row, before = standing.find(act, serial, account)
    existing = orders.successor(act, serial)
    if existing is not None:
        return existing, False
    _require_standing(act, row, "valid")
    _require_window(act, row, before)
    if not act.ra.policy(before.unit).accepts_terms(wish.terms_version, wish.terms_sha256):
        raise Problem(Code.TERMS_CHANGED)
    order = orders.create_successor(act, before, serial, wish)
    orders.authorise_file(act, order)
    return order, True


def check_old_key(act: Act, order: Order, key_sha256: str, statement: bytes, signature: bytes) -> None:
    """The old certificate's key asks for the new key ``key_sha256`` (of its SubjectPublicKeyInfo, hex).

    An order begun in time goes on after the old certificate's end. Raises Problem CONFLICT for one that is on hold
    or revoked, CARD_NOT_VERIFIED.
    """
    row, _ = standing.find(act, order.renews or "", order.account)
    _require_standing(act, row, "valid", "expired")
    expected = {
        "audience": act.ra.settings.url,
        "key_sha256": key_sha256,
        "order": order.id,
        "type": "renewal",
    }
    try:
        check_statement(load_der_public_key(row.public_key), statement, signature, expected, act.now)
    except BadStatement as error:
        raise Problem(Code.CARD_NOT_VERIFIED) from error


def _require_standing(act: Act, row: Certificate, *states: str) -> None:
    current = standing.state(act, row)
    if current not in states:
        raise Problem(Code.CONFLICT, state=current)


def _require_window(act: Act, row: Certificate, order: Order) -> None:
    opens = timedelta(days=act.ra.policy(order.unit).unit.renewal_opens_days)
    if act.now < row.not_after - opens:
        raise Problem(Code.CONFLICT, state="too-early")
