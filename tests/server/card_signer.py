"""A customer whose card signs in; every part of what is sent may be spoilt."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from httpx2 import Response

from server_stub.ca.delegate import Credential
from server_stub.signed_data import make_signed
from tests.server.world import ORIGIN, UNIT, Caller, SigningKey, World

SIGNED_ACT = "2.25.340101761335824935194603902314608133422"


def canonical(members: dict[str, str]) -> bytes:
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass
class CardSigner:
    """``key`` on the card, and ``certificate`` beside it; none for somebody who has none."""

    world: World
    identifier: str
    certificate: x509.Certificate | None
    key: SigningKey
    unit: str = UNIT

    @classmethod
    def of(cls, world: World, caller: Caller) -> CardSigner:
        """``caller``'s card, with a certificate made now."""
        order = caller.issue()
        caller.stored(order["id"], order["certificate"])
        certificate = x509.load_pem_x509_certificate(order["certificate"].encode())
        return cls(world, f"ID-{caller.person.account}", certificate, caller.card.signing_key)

    @property
    def held(self) -> x509.Certificate:
        assert self.certificate is not None
        return self.certificate

    def post(self, path: str, body: object) -> Response:
        headers = {"Idempotency-Key": Caller.fresh_key(), "Content-Type": "application/json"}
        address = f"/api/v1/sessions/card{path}"
        return self.world.client.post(address, content=json.dumps(body), headers=headers)

    def challenge(self, **members: Any) -> Response:
        return self.post("/challenge", {"unit": self.unit, "identifier": self.identifier, **members})

    def nonce(self) -> str:
        answer = self.challenge()
        assert answer.status_code == 201, answer.text
        return str(answer.json()["nonce"])

    def statement(self, nonce: str, **members: str) -> bytes:
        about = {"identifier": self.identifier, "nonce": nonce, "unit": self.unit}
        right = {
            "audience": ORIGIN,
            "body_sha256": hashlib.sha256(canonical(about)).hexdigest(),
            "nonce": nonce,
            "purpose": "sign-in",
            "time": self.world.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        return canonical({**right, **members})

    def signed(self, statement: bytes, content_type: str = SIGNED_ACT) -> bytes:
        credential = Credential(self.key, self.held)
        return make_signed(statement, content_type, credential, [], self.world.now())

    def send(self, nonce: str, signed: bytes, **members: str) -> Response:
        body = {"unit": self.unit, "identifier": self.identifier, "nonce": nonce}
        return self.post("", {**body, "signed_data": b64encode(signed).decode(), **members})

    def sign_in(self, **members: str) -> Response:
        """With ``members`` of the statement put wrong."""
        nonce = self.nonce()
        return self.send(nonce, self.signed(self.statement(nonce, **members)))

    def look_alike(self, key: rsa.RSAPrivateKey, issuer: rsa.RSAPrivateKey) -> x509.Certificate:
        """All of the certificate's names and numbers, but another key and another signature."""
        old = self.held
        builder = x509.CertificateBuilder(old.issuer, old.subject, key.public_key(), old.serial_number)
        builder = builder.not_valid_before(old.not_valid_before_utc).not_valid_after(old.not_valid_after_utc)
        for extension in old.extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        return builder.sign(issuer, SHA256())

    def serial(self) -> str:
        return f"{self.held.serial_number:x}"

    def pem(self) -> bytes:
        return self.held.public_bytes(Encoding.PEM)
