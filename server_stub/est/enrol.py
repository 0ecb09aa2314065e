"""Enrolment and re-enrolment of keys in files, by the road of orders."""

from __future__ import annotations

from cryptography import x509

from server_stub import accounts, enrolment, issuing, orders, renewal, sessions
from server_stub.db.models import Account, Order
from server_stub.est import wire
from server_stub.policy.load import Policy
from server_stub.policy.unit import FilePolicy
from server_stub.problems import Code, Problem
from server_stub.ra import Act, Ra


def unit_of(ra: Ra, label: str | None) -> tuple[Policy, FilePolicy]:
    """The unit a label names, with its rule for files; without a label, the only unit that has EST.

    Raises Problem NOT_FOUND.
    """
    offered = [(policy, policy.unit.file) for policy in ra.policies.values()]
    named = [
        (policy, file) for policy, file in offered if file and file.est and label in {None, policy.unit.id}
    ]
    if len(named) != 1:
        raise Problem(Code.NOT_FOUND)
    return named[0]


def enrol(ra: Ra, label: str | None, attempt: accounts.Attempt, request_der: bytes) -> x509.Certificate:
    """The certificate for an account's first key, or again for the same key: an answer may be lost.

    Raises Problem as ``accounts.sign_in``, and PASSWORD_MUST_CHANGE, NOT_APPROVED, REQUEST_REFUSED, CONFLICT.
    """
    policy, file = unit_of(ra, label)
    account = accounts.authenticate(ra, attempt, _may_enrol)
    request = issuing.check(wire.as_pem_request(request_der), file.key_algorithm)
    done = _done_before(ra, account, request.spki_sha256)
    if done is not None:
        return done
    terms = policy.terms["zh_TW"]
    wish = orders.Wish("apply", terms.version, terms.sha256)

    def take_order(act: Act) -> Order:
        return orders.create(act, act.db.get_one(Account, account.id), None, wish)[0]

    return enrolment.at_once(ra, sessions.subject_of(account), request, take_order, is_delivery=True)


def reenrol(ra: Ra, current: x509.Certificate, request_der: bytes) -> x509.Certificate:
    """``current``: the certificate whose key TLS has proven.

    Raises Problem NOT_ALLOWED, SUSPENDED, CONFLICT, REQUEST_REFUSED.
    """
    with ra.act(write=False) as act:
        row, order = renewal.find(act, current)
    file = ra.policy(order.unit).unit.file
    if order.card_id is not None or file is None or not file.est:
        raise Problem(Code.NOT_ALLOWED)
    if not wire.has_same_names(request_der, current):
        raise Problem(Code.REQUEST_REFUSED, reason="subject")
    request = issuing.check(wire.as_pem_request(request_der), file.key_algorithm)
    author = f"certificate/{row.serial}"
    return enrolment.at_once(
        ra, author, request, lambda act: renewal.take_order(act, current), is_delivery=True
    )


def _may_enrol(_act: Act, account: Account) -> Account:
    if account.must_change_password:
        raise Problem(Code.PASSWORD_MUST_CHANGE, keep=True)
    return account


def _done_before(ra: Ra, account: Account, fingerprint: str) -> x509.Certificate | None:
    with ra.act(write=False) as act:
        row = issuing.of_key(act, account, fingerprint)
    return x509.load_pem_x509_certificate(row.pem.encode()) if row and row.pem else None
