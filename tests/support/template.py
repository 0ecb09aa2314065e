"""What every case begins with: an RA with two approved customers, each with a personalised card.

Made once per session with the real personalisation; each case works on copies. The first customer is the
person at the computer, the second one's card is there to be taken for the first one's.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from cardtool.cards.desk import Desk
from cardtool.cards.piv.types import AdminAlgorithm, Algorithm
from cardtool.flows.personalise import Personalisation, personalise
from cardtool.pcsc.virtual.piv import VirtualPivCard, codec
from cardtool.pcsc.virtual.reader import VirtualHub
from cardtool.secret import Secret
from server_stub.app import create_app
from server_stub.ca.authority import Authority
from server_stub.db.models import Account, Card, Customer, Meta
from server_stub.ra import Ra
from server_stub.settings import WIDE, Settings

ORIGIN = "http://127.0.0.1:1"
UNITS = Path(__file__).parent / "units"
ACCOUNT = "person"
PASSWORD = "abcd1234"
PIN = "246813"
WRONG_PIN = "999999"
PIN_TRIES = 3
CARD_ID = "0123456789abcdef0123456789abcdef"
GUID = bytes.fromhex("ab" * 16)
OTHER_ACCOUNT = "neighbour"
OTHER_CARD_ID = "fedcba9876543210fedcba9876543210"
OTHER_GUID = bytes.fromhex("cd" * 16)
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""A hash tells its own cost, so the RA checks these passwords without the effort that real ones take."""


@dataclass(frozen=True)
class Template:
    """``card`` and ``other``: the states of the two customers' personalised cards, as text."""

    unit: str
    folder: Path
    card: str
    other: str

    def settings(self, copy: Path) -> Settings:
        """The RA's folder copied to ``copy``; the CA's keys never change and are shared."""
        copy.mkdir()
        shutil.copy(self.folder / "ra.sqlite", copy)
        for name in ("ca", "master.key", "tag.key"):
            (copy / name).symlink_to(self.folder / name)
        return settings_of(copy)


def settings_of(folder: Path) -> Settings:
    return Settings(data=folder, url=ORIGIN, demo=True, limits=WIDE, extra_units=(UNITS,))


def make_template(folder: Path, unit: str) -> Template:
    settings = settings_of(folder)
    # An EC authority loads 200 ms faster than the usual RSA one, in each of a thousand cases.
    Authority.open(folder / "ca", name=settings.name, practice=True, key_algorithm="P-256")
    app = create_app(settings)
    ra: Ra = app.state.ra
    with ra.act("test") as act:
        act.db.merge(
            Meta(key="demo", value="1")
        )  # as a demo RA marks its own database: its clock can be moved
    card = _customer_with_card(ra, unit, ACCOUNT, CARD_ID, GUID)
    other = _customer_with_card(ra, unit, OTHER_ACCOUNT, OTHER_CARD_ID, OTHER_GUID)
    ra.close()
    return Template(unit, folder, card, other)


def _customer_with_card(ra: Ra, unit: str, name: str, card_id: str, guid: bytes) -> str:
    card = _personalised(ra, card_id, guid)
    with ra.act("test") as act:
        customer = Customer(
            unit=unit, identifier=f"ID-{name}", holder="王小明", email="a@example.tw", phone="0912345678"
        )
        act.db.add(customer)
        act.db.flush()
        account = Account(
            unit=unit,
            name=name,
            customer_id=customer.id,
            password_hash=QUICK.hash(PASSWORD),
            must_change_password=False,
            registration="approved",
        )
        act.db.add(account)
        act.db.flush()
        act.db.add(_row(card, card_id, account.id))
    return codec.encode(card.state)


def _personalised(ra: Ra, card_id: str, guid: bytes) -> VirtualPivCard:
    card, hub = VirtualPivCard.create(), VirtualHub()
    hub.plug("R")
    hub.insert("R", card)
    wanted = Personalisation(
        guid=guid,
        admin_algorithm=AdminAlgorithm.AES_192,
        admin_key=Secret(ra.master.admin_key(1, card_id, "AES-192")),
        pin=Secret(PIN),
        pin_tries=PIN_TRIES,
        puk=Secret("13572468"),
        puk_tries=5,
        verification=Algorithm.ECC_P256,
    )

    def certify(_use: str, csr: str) -> bytes:
        now = datetime.now(UTC).replace(microsecond=0)
        key = x509.load_pem_x509_csr(csr.encode()).public_key()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, card_id)])
        serial = ra.authority.new_serial()
        issued = ra.authority.issue(
            "card-verification", key, subject, None, serial, now, now + timedelta(days=3000)
        )
        return issued.public_bytes(Encoding.DER)

    with Desk(hub).session("R") as piv:
        personalise(piv, wanted, certify)
    card.power_off()
    return card


def _row(card: VirtualPivCard, card_id: str, account_id: int) -> Card:
    spki = (
        card.state.keys[0x9E]
        .private.public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    return Card(
        id=card_id,
        account_id=account_id,
        label="card",
        status="active",
        admin_algorithm="AES-192",
        master_version=1,
        puk_number=0,
        verification_key=spki,
        key_fingerprint=hashlib.sha256(spki).hexdigest(),
        vendor_serial=card.state.serial,
    )
