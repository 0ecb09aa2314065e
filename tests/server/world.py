"""Customers, callers and software cards for the tests of the server. Shares no code with the client."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import b32decode
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from server_stub import accounts, officers, sessions, totp
from server_stub.db.models import Account, Card, Customer
from server_stub.passwords import hash_password
from server_stub.policy.unit import Fee, FilePolicy, Issuing, SignIn, States
from server_stub.ra import Ra

ORIGIN = "http://ra.test"
UNIT = "exchange"
PASSWORD = "Correct8horse"
OFFICER_PASSWORD = "Battery9staple"
_HASH = hash_password(PASSWORD)
_RSA = [rsa.generate_private_key(65537, 2048) for _ in range(4)]
_TIME = "%Y-%m-%dT%H:%M:%SZ"

SigningKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass
class SoftCard:
    """What a personalised card can do, as far as the RA sees it."""

    card_id: str
    admin_key: bytes
    verification_key: ec.EllipticCurvePrivateKey
    signing_key: SigningKey = field(default_factory=lambda: _RSA[0])
    witness: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    @property
    def rsa_key(self) -> rsa.RSAPrivateKey:
        """The signing key of a card that nobody gave another kind of."""
        assert isinstance(self.signing_key, rsa.RSAPrivateKey)
        return self.signing_key

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(spki(self.verification_key.public_key())).hexdigest()

    def encrypt(self, block: bytes) -> bytes:
        encryptor = Cipher(AES(self.admin_key), ECB()).encryptor()
        return encryptor.update(block) + encryptor.finalize()

    def csr(self) -> str:
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        return builder.sign(self.signing_key, SHA256()).public_bytes(Encoding.PEM).decode()


@dataclass
class Person:
    account: str
    card: SoftCard
    unit: str = UNIT
    password: str = PASSWORD


@dataclass
class Caller:
    """A signed-in person: sends requests with token and a fresh idempotency key."""

    client: TestClient
    person: Person
    token: str

    @property
    def card(self) -> SoftCard:
        return self.person.card

    def get(self, path: str) -> Response:
        return self.client.get(f"/api/v1{path}", headers=self._headers(None))

    def post(self, path: str, body: object, key: str | None = None) -> Response:
        return self.client.post(f"/api/v1{path}", json=body, headers=self._headers(key))

    def put(self, path: str, body: object, key: str | None = None) -> Response:
        return self.client.put(f"/api/v1{path}", json=body, headers=self._headers(key))

    def delete(self, path: str, key: str | None = None) -> Response:
        return self.client.delete(f"/api/v1{path}", headers=self._headers(key))

    def now(self) -> str:
        return str(self.client.get("/api/v1/info").json()["time"])

    def terms(self) -> dict[str, str]:
        terms = self.client.get(f"/api/v1/units/{self.person.unit}/terms").json()
        return {"terms_version": terms["version"], "terms_sha256": terms["sha256"]}

    def order(self) -> dict[str, Any]:
        body = {"kind": "apply", "card_id": self.card.card_id, **self.terms()}
        answer = self.post("/orders", body)
        assert answer.status_code in {200, 201}, answer.text
        return dict(answer.json())

    def signed(self, key: SigningKey, **members: str) -> dict[str, str]:
        return sign_statement(key, {"audience": ORIGIN, "time": self.now(), **members})

    def verification(self, purpose: str = "apply") -> str:
        path = f"/cards/{self.card.card_id}/verifications"
        made = self.post(path, {"purpose": purpose}).json()
        body = self.signed(
            self.card.verification_key,
            card_id=self.card.card_id,
            nonce=made["nonce"],
            purpose=purpose,
            type="card-verification",
        )
        answer = self.put(f"{path}/{made['id']}", body)
        assert answer.status_code == 200, answer.text
        return str(made["id"])

    def relay(self, order: str, purpose: str = "apply") -> str:
        answer = self.post(f"/orders/{order}/relays", {"verification": self.verification(purpose)})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def witness(self, relay: str) -> Response:
        return self.post(f"/relays/{relay}/witness", {"witness": self.card.encrypt(self.card.witness).hex()})

    def authorise(self, order: str, purpose: str = "apply") -> dict[str, Any]:
        relay = self.relay(order, purpose)
        answer = self.witness(relay).json()
        assert answer["witness"] == self.card.witness.hex()
        response = self.card.encrypt(bytes.fromhex(answer["challenge"])).hex()
        return dict(self.post(f"/relays/{relay}/response", {"response": response}).json())

    def request(self, order: str, key: str | None = None) -> Response:
        return self.post(f"/orders/{order}/request", {"csr": self.card.csr()}, key)

    def stored(self, order: str, pem: str) -> Response:
        der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)
        digest = hashlib.sha256(der).hexdigest()
        body = self.signed(self.card.signing_key, certificate_sha256=digest, order=order, type="stored")
        return self.post(f"/orders/{order}/stored", body)

    def activate(self, order: dict[str, Any], password: str = PASSWORD, **members: str) -> Response:
        """With the key's own word; ``members`` falsify it."""
        der = x509.load_pem_x509_certificate(order["certificate"].encode()).public_bytes(Encoding.DER)
        about = {"certificate_sha256": hashlib.sha256(der).hexdigest(), "order": order["id"]}
        body = self.signed(self.card.signing_key, **{**about, "type": "activation", **members})
        return self.post(f"/orders/{order['id']}/activation", {**body, "password": password})

    def issue(self) -> dict[str, Any]:
        """An order brought as far as its certificate."""
        order = self.order()
        self.authorise(order["id"])
        answer = self.request(order["id"])
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    @staticmethod
    def fresh_key() -> str:
        return secrets.token_hex(16)

    def _headers(self, key: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key or self.fresh_key()}


@dataclass
class OfficerCaller:
    """A signed-in officer."""

    client: TestClient
    token: str

    def get(self, path: str) -> Response:
        return self.client.get(f"/api/v1/officer{path}", headers=self._headers(None))

    def post(self, path: str, body: object, key: str | None = None) -> Response:
        return self.client.post(f"/api/v1/officer{path}", json=body, headers=self._headers(key))

    def _headers(self, key: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key or Caller.fresh_key()}


@dataclass
class OfficerPerson:
    """An officer with the authenticator application."""

    client: TestClient
    name: str
    totp_key: bytes

    def code(self, now: datetime) -> str:
        return totp.code(self.totp_key, int(now.timestamp()) // totp.STEP_SECONDS)

    def sign_in(self, code: str, password: str = OFFICER_PASSWORD) -> Response:
        body = {"name": self.name, "password": password, "code": code}
        headers = {"Idempotency-Key": Caller.fresh_key()}
        return self.client.post("/api/v1/officer/sessions", json=body, headers=headers)


def ra_of(client: TestClient) -> Ra:
    """The one behind ``client``."""
    ra = _application(client).state.ra
    assert isinstance(ra, Ra)
    return ra


def put_behind(client: TestClient, ra: Ra) -> None:
    """From now on it is ``ra`` that answers."""
    _application(client).state.ra = ra


def _application(client: TestClient) -> FastAPI:
    assert isinstance(client.app, FastAPI)
    return client.app


class World:
    """Fills the database as the registration counter and personalisation would."""

    def __init__(self, client: TestClient, ra: Ra) -> None:
        self.client = client
        self.ra = ra
        self._keys = list(_RSA)

    def customer(
        self,
        name: str,
        *,
        unit: str = UNIT,
        registration: str = "approved",
        must_change: bool = False,
    ) -> Person:
        card = self._card_keys()
        with self.ra.act("test") as act:
            customer = Customer(
                unit=unit,
                identifier=f"ID-{name}",
                holder=name,
                email=f"{name}@example.tw",
                phone="0912345678",
            )
            act.db.add(customer)
            act.db.flush()
            account = Account(
                unit=unit,
                name=name,
                customer_id=customer.id,
                password_hash=_HASH,
                must_change_password=must_change,
                registration=registration,
            )
            act.db.add(account)
            act.db.flush()
            act.db.add(_card_row(card, account.id, name))
        return Person(name, card, unit)

    def captcha(self, unit: str = UNIT) -> dict[str, str]:
        """A captcha with its right answer, as a demo client reads it."""
        answer = self.client.post(
            "/api/v1/captchas", json={"unit": unit}, headers={"Idempotency-Key": Caller.fresh_key()}
        )
        assert answer.status_code == 201, answer.text
        return {"id": answer.json()["id"], "answer": answer.headers["X-Demo-Captcha"]}

    def try_sign_in(self, account: str, password: str, unit: str = UNIT, **more: object) -> Response:
        body = {"unit": unit, "account": account, "password": password, "captcha": self.captcha(unit), **more}
        return self.client.post(
            "/api/v1/sessions", json=body, headers={"Idempotency-Key": Caller.fresh_key()}
        )

    def sign_in(self, person: Person, *, certificate: str | None = None) -> Caller:
        """A session without the costly way to it; ``try_sign_in`` goes that way.

        ``certificate``: the serial of the one whose key signed in, for a session made by the card.
        """
        with self.ra.act("test") as act:
            account = accounts.find(act, person.unit, person.account)
            assert account is not None
            token, _ = sessions.begin(act, account, certificate=certificate)
        return Caller(self.client, person, token)

    def officer(self, name: str, *roles: officers.Role) -> OfficerPerson:
        uri = officers.add(self.ra, name, roles, OFFICER_PASSWORD)
        (secret,) = parse_qs(urlsplit(uri).query)["secret"]
        return OfficerPerson(self.client, name, b32decode(secret))

    def officer_caller(self, name: str, *roles: officers.Role) -> OfficerCaller:
        person = self.officer(name, *roles)
        answer = person.sign_in(person.code(self.now()))
        assert answer.status_code == 201, answer.text
        return OfficerCaller(self.client, str(answer.json()["token"]))

    def let_users(self, *, suspend: str = "officer", revoke: str = "officer") -> None:
        """Change what every unit leaves to its users."""
        self._change_units(states=States.model_validate({"suspend": suspend, "revoke": revoke}))

    def let_units(self, **issuing: object) -> None:
        """Change what every unit says of issuing; each issues to files as well."""
        file = FilePolicy(key_algorithm="RSA-2048")
        self._change_units(issuing=Issuing.model_validate(issuing), file=file)

    def let_cards_sign_in(self, *, allowed: bool = True, captcha: bool = False) -> None:
        """Change whether they may; without ``captcha``, which takes long to draw, nobody need look at one."""
        sign_in = SignIn(identifier="account", captcha=captcha)
        self._change_units(card_sign_in=allowed, sign_in=sign_in)

    def twin_unit(self, name: str) -> None:
        """Another unit of the same rules."""
        policy = self.ra.policies[UNIT]
        twin = replace(policy, unit=policy.unit.model_copy(update={"id": name}))
        self.ra = replace(self.ra, policies={**self.ra.policies, name: twin})
        put_behind(self.client, self.ra)

    def let_pay(self, **fee: object) -> None:
        """What every unit's renewals cost, from now on, unless ``fee`` says otherwise."""
        usual = {"amount": 60, "kinds": ("renew",), "accounts": ("passbook", "giro")}
        self._change_units(fee=Fee.model_validate({**usual, **fee}))

    def let_keys_come_from(self, origin: str) -> None:
        """Change what every unit demands of the keys on its cards: any or attested."""
        card = self.ra.policies[UNIT].unit.card
        assert card is not None
        self._change_units(card=card.model_copy(update={"key_origin": origin}))

    def let_vendors_vouch(self, *roots: x509.Certificate) -> None:
        """Whose cards are believed, from now on."""
        self.ra = replace(self.ra, attestation_roots=roots)
        put_behind(self.client, self.ra)

    def _change_units(self, **fields: object) -> None:
        policies = {
            name: replace(policy, unit=policy.unit.model_copy(update=fields))
            for name, policy in self.ra.policies.items()
        }
        self.ra = replace(self.ra, policies=policies)
        put_behind(self.client, self.ra)

    def now(self) -> datetime:
        with self.ra.act(write=False) as act:
            return act.now

    def begin_minute(self) -> datetime:
        """The first second of the next minute, which is now: no minute ends in the midst of what is counted."""
        self.advance(60 - self.now().second)
        return self.now()

    def advance(self, seconds: int) -> None:
        with self.ra.act("test") as act:
            self.ra.clock.advance(act.db, seconds)

    def _card_keys(self) -> SoftCard:
        card_id = secrets.token_hex(16)
        admin_key = self.ra.master.admin_key(self.ra.master.version, card_id, "AES-192")
        return SoftCard(card_id, admin_key, ec.generate_private_key(ec.SECP256R1()), self._keys.pop(0))


def _card_row(card: SoftCard, account_id: int, label: str) -> Card:
    return Card(
        id=card.card_id,
        account_id=account_id,
        label=label,
        status="active",
        admin_algorithm="AES-192",
        master_version=1,
        puk_number=0,
        verification_key=spki(card.verification_key.public_key()),
        key_fingerprint=card.fingerprint,
    )


def spki(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def sign_statement(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, members: dict[str, str]
) -> dict[str, str]:
    text = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(text.encode(), padding.PKCS1v15(), SHA256())
    else:
        signature = key.sign(text.encode(), ec.ECDSA(SHA256()))
    return {"statement": text, "signature": signature.hex()}
