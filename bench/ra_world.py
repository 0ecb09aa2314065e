"""What the RA's measurements run against: a data folder with customers whose orders wait for their request."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from server_stub import orders, sessions
from server_stub.app import open_ra
from server_stub.db.models import Account, Card, Customer
from server_stub.orders import State, Wish
from server_stub.passwords import hash_password
from server_stub.ra import Act, Ra
from server_stub.settings import WIDE, Settings

PASSWORD = "Practice01"
UNIT = "bench"
UNIT_FILE = """
id = "bench"
carrier = "card"
validity_years = 1
renewal_opens_days = 30
order_days = 14
terms = "tick"
terms_version = "1"
suspension_after = 3
first_sign_in_change = false
sign_in_again_after_change = false
names = { zh_TW = "量測", en = "Bench" }
sign_in = { identifier = "account", captcha = false }
site_password = { minimum = 8, maximum = 20 }
card = { key_algorithm = "P-256", slots = ["9A"], pin_minimum = 6, pin_maximum = 8, pin_tries = 3 }
subject = { country = "TW", organisation = "Bench" }
support = { phone = "1", hours = { zh_TW = "週一", en = "Monday" } }
"""


@dataclass(frozen=True)
class Waiting:
    """A customer's authorised order, and the request that will be sent for it."""

    account: str
    token: str
    order: str
    csr: str


def settings_of(folder: Path, url: str, database: str = "") -> Settings:
    return Settings(
        data=folder / "ra", url=url, database=database, extra_units=(folder / "units",), limits=WIDE
    )


def make(folder: Path, count: int, database: str = "") -> tuple[Ra, list[Waiting]]:
    """An RA (RSA-3072) with ``count`` customers, each with an authorised order. ``database``: URL, or embedded."""
    _write_unit(folder / "units")
    ra = open_ra(settings_of(folder, "http://127.0.0.1", database))
    password_hash = hash_password(PASSWORD)
    waiting: list[Waiting] = []
    for first in range(0, count, 500):
        with ra.act("bench") as act:
            numbers = range(first, min(first + 500, count))
            waiting += [_customer(act, number, password_hash) for number in numbers]
    return ra, waiting


def _write_unit(folder: Path) -> None:
    (folder / UNIT).mkdir(parents=True)
    (folder / f"{UNIT}.toml").write_text(UNIT_FILE, "utf-8")
    for language in ("zh_TW", "en"):
        (folder / UNIT / f"terms.{language}.md").write_text("# Terms\n", "utf-8")


def _customer(act: Act, number: int, password_hash: str) -> Waiting:
    name = f"a{number:06d}"
    customer = Customer(unit=UNIT, identifier=name, holder=name, email=f"{name}@example.tw", phone="1")
    act.db.add(customer)
    act.db.flush()
    account = Account(
        unit=UNIT,
        name=name,
        customer_id=customer.id,
        password_hash=password_hash,
        must_change_password=False,
        registration="approved",
    )
    act.db.add(account)
    act.db.flush()
    order = _authorised(act, account)
    token, session = sessions.begin(act, account)
    session.expires_at += timedelta(hours=12)
    return Waiting(name, token, order, _csr())


def _authorised(act: Act, account: Account) -> str:
    card = Card(
        id=secrets.token_hex(16),
        account_id=account.id,
        label=account.name,
        status="active",
        admin_algorithm="AES-192",
        master_version=1,
        puk_number=0,
    )
    act.db.add(card)
    act.db.flush()
    terms = act.ra.policy(UNIT).terms["en"]
    order, _ = orders.create(act, account, card, Wish("apply", terms.version, terms.sha256))
    orders.move(act, order, State.AUTHORISED)
    return order.id


def _csr() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, SHA256())
    return request.public_bytes(Encoding.PEM).decode()
