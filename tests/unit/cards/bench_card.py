"""A software card with admin status and PIN at hand, for tests of recipes that write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from cardtool.cards.desk import Desk
from cardtool.cards.piv import admin
from cardtool.cards.piv.keydata import PublicKey
from cardtool.cards.piv.session import PivSession
from cardtool.pcsc.faults import CardFault, Injector, Recorder, watch
from cardtool.pcsc.virtual.piv import VirtualPivCard
from cardtool.pcsc.virtual.piv.personality import YUBIKEY, Personality
from cardtool.pcsc.virtual.reader import VirtualHub
from cardtool.secret import Secret

READER = "Software Reader 0"
PIN, PUK = "123456", "12345678"
ADMIN_KEY = bytes.fromhex("0102030405060708" * 3)
_ISSUER = ec.generate_private_key(ec.SECP256R1())


class BenchCard:
    """``recorder`` counts the acts of all sessions."""

    def __init__(self, personality: Personality = YUBIKEY) -> None:
        self.card = VirtualPivCard.create(personality=personality)
        self.hub = VirtualHub(patience=0.5)
        self.hub.plug(READER)
        self.hub.insert(READER, self.card)
        self.recorder = Recorder()

    def desk(self, plan: Mapping[int, CardFault] | None = None) -> Desk:
        injector = Injector(plan or {}, sleep=lambda _seconds: None)
        return Desk(watch(self.hub, self.recorder, injector), sleep=lambda _seconds: None)

    @contextmanager
    def session(self, plan: Mapping[int, CardFault] | None = None) -> Iterator[PivSession]:
        with self.desk(plan).session(READER) as session:
            yield session

    @contextmanager
    def admin(self, plan: Mapping[int, CardFault] | None = None) -> Iterator[PivSession]:
        with self.session(plan) as session:
            algorithm, _witness = admin.find_witness(session)
            admin.authenticate_mutually(session, algorithm, Secret(ADMIN_KEY))
            session.verify_pin(Secret(PIN))
            yield session


def certify(public_key: PublicKey, name: str = "anna") -> bytes:
    """A certificate (DER) by an issuer of the test's own."""
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(public_key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now)
    signed = builder.not_valid_after(now + timedelta(days=1)).sign(_ISSUER, hashes.SHA256())
    return signed.public_bytes(Encoding.DER)
