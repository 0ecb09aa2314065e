"""Renewal: the holder of a certificate's key asks for its successor, with a new key."""

from __future__ import annotations

from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from server_stub import orders, standing, tries
from server_stub.db.models import Certificate, Order
from server_stub.problems import Code, Problem
from server_stub.ra import Act


def find(act: Act, certificate: x509.Certificate) -> tuple[Certificate, Order]:
    """The very certificate we issued, which counts now; whoever signed with it is its holder.

    Raises Problem NOT_ALLOWED for any other one, SUSPENDED when the customer is.
    """
    try:
        row, order = standing.find(act, f"{certificate.serial_number:x}")
    except Problem as error:
        raise Problem(Code.NOT_ALLOWED) from error
    is_same = row.pem == certificate.public_bytes(Encoding.PEM).decode()
    if not is_same or standing.state(act, row) != "valid":
        raise Problem(Code.NOT_ALLOWED)
    tries.check_open(act, order.account.unit, order.account.name)
    return row, order


def take_order(act: Act, certificate: x509.Certificate) -> Order:
    """The order for its successor. Raises Problem as ``find``, and CONFLICT (too-early) before the unit's window."""
    row, order = find(act, certificate)
    opens = timedelta(days=act.ra.policy(order.unit).unit.renewal_opens_days)
    if act.now < row.not_after - opens:
        raise Problem(Code.CONFLICT, state="too-early")
    return orders.create_successor(act, order, row.serial)
