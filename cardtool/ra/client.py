"""The RA's JSON API, one method per path of docs/ra-api.md.

Every method raises the R-errors of cardtool/errors.py, and Cancelled once the client is closed. A mutation
carries an Idempotency-Key, so a lost answer is fetched by asking again; what carries a site password is never
repeated by itself, because each wrong one counts.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from cryptography import x509

from cardtool.errors import RaAnswerMalformed
from cardtool.ra.address import RaAddress
from cardtool.ra.http import Answer, Call, Http, Limits, new_key
from cardtool.ra.members import Members
from cardtool.ra.wire import (
    Account,
    Attestation,
    Captcha,
    CardAtRa,
    CardChallenge,
    CertificateAtRa,
    Order,
    RaInfo,
    Relay,
    Session,
    SignedIn,
    Terms,
    UnitInfo,
    Verification,
    WitnessAnswer,
)
from cardtool.ra.wire.orders import LONGEST_PEM
from cardtool.secret import Secret

API = "/api/v1"
DEMO_CAPTCHA = "X-Demo-Captcha"


class RaClient:
    """One RA and, after ``sign_in``, one session there. One thread at a time; ``close`` from any.

    ``language`` may be set anew: the RA's texts come in it from then on.
    """

    def __init__(
        self,
        base_url: str,
        *,
        language: str = "en",
        anchors: str = "",
        proxies: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        token: Secret | None = None,
    ) -> None:
        """``anchors``: PEM; ``token``: a kept session's, owned from here on. Raises ArgumentInvalid."""
        self._http = Http(RaAddress.parse(base_url), anchors=anchors, proxies=proxies, limits=limits)
        self._http.token = token
        self.language = language

    @property
    def origin(self) -> str:
        """The audience of what a card signs, e.g. ``https://ra.example``."""
        return self._http.address.origin

    @property
    def skew_seconds(self) -> float | None:
        """The RA's clock minus this computer's; None before the first answer."""
        return self._http.skew_seconds

    @property
    def has_session(self) -> bool:
        return self._http.token is not None

    def token(self) -> Secret | None:
        """A copy of the session's token, for a safe place of its own."""
        return self._http.token.copy() if self._http.token else None

    def forget_session(self) -> None:
        """Drop the token without telling the RA."""
        if self._http.token is not None:
            self._http.token.wipe()
            self._http.token = None

    def close(self) -> None:
        """Abort what is under way (it raises Cancelled there) and end the connections."""
        self._http.close()
        self.forget_session()

    # --- without a session --------------------------------------------------------------------

    def info(self) -> RaInfo:
        return RaInfo.parse(self._get("/info"))

    def units(self) -> tuple[UnitInfo, ...]:
        return self._get("/units").children("units", UnitInfo.parse)

    def unit(self, unit: str) -> UnitInfo:
        return UnitInfo.parse(self._get(f"/units/{_part(unit)}"))

    def terms(self, unit: str) -> Terms:
        return Terms.parse(self._get(f"/units/{_part(unit)}/terms", {"lang": self.language}))

    def chain(self) -> tuple[x509.Certificate, ...]:
        """Issuing CA first, root last."""
        return tuple(map(_certificate, self._get("/ca/chain").texts("certificates", longest=LONGEST_PEM)))

    def new_captcha(self, unit: str) -> Captcha:
        answer = self._send("POST", "/captchas", {"unit": unit})
        return Captcha.parse(answer.members, answer.headers.get(DEMO_CAPTCHA))

    def sign_in(
        self, unit: str, account: str, password: Secret, captcha: tuple[str, str] | None = None
    ) -> Session:
        """``captcha``: its id and the person's answer. The caller keeps and wipes ``password``."""
        body = {"unit": unit, "account": account, "password": password.text(), **_captcha(captcha)}
        return self._begin_session("/sessions", body)

    def card_challenge(
        self, unit: str, identifier: str, captcha: tuple[str, str] | None = None
    ) -> CardChallenge:
        """A nonce for ``sign_in_with_card``; ``identifier``: the common name in the card's certificate."""
        body = {"unit": unit, "identifier": identifier, **_captcha(captcha)}
        answer = self._send("POST", "/sessions/card/challenge", body, repeatable=captcha is None)
        return CardChallenge.parse(answer.members)

    def sign_in_with_card(self, unit: str, identifier: str, nonce: bytes, signed_data: bytes) -> Session:
        """``signed_data``: DER of the CMS over ``statements.sign_in_statement``; good once, right or wrong."""
        proof = {"nonce": nonce.hex(), "signed_data": b64encode(signed_data).decode()}
        return self._begin_session("/sessions/card", {"unit": unit, "identifier": identifier, **proof})

    def _begin_session(self, path: str, body: Mapping[str, Any]) -> Session:
        """Never repeated by itself: each wrong password counts, and each nonce is good once."""
        signed_in = SignedIn.parse(self._send("POST", path, body, repeatable=False).members)
        self.forget_session()
        self._http.token = signed_in.token
        return signed_in.session

    # --- the account --------------------------------------------------------------------------

    def current_session(self) -> Session:
        return Session.parse(self._get("/sessions/current"))

    def sign_out(self) -> None:
        self._send("DELETE", "/sessions/current")
        self.forget_session()

    def change_password(self, old: Secret, new: Secret) -> None:
        body = {"old": old.text(), "new": new.text()}
        self._send("PUT", "/account/password", body, repeatable=False)

    def account(self) -> Account:
        return Account.parse(self._get("/account"))

    # --- cards --------------------------------------------------------------------------------

    def card_by_key(self, fingerprint: str) -> CardAtRa:
        """``fingerprint``: ``pki.match.fingerprint`` of the card's 9E key."""
        return CardAtRa.parse(self._get("/cards", {"key": fingerprint}))

    def start_verification(self, card_id: str, purpose: str) -> Verification:
        return Verification.parse(self._post(f"/cards/{_part(card_id)}/verifications", {"purpose": purpose}))

    def finish_verification(
        self, card_id: str, verification: str, statement: bytes, signature: bytes
    ) -> None:
        path = f"/cards/{_part(card_id)}/verifications/{_part(verification)}"
        answer = self._send("PUT", path, _signed(statement, signature))
        if not answer.members.flag("verified"):
            raise RaAnswerMalformed

    def announce_guid(self, card_id: str, guid: bytes) -> None:
        """Told before the card's CHUID gets this GUID."""
        self._send("POST", f"/cards/{_part(card_id)}/guids", {"guid": guid.hex()})

    # --- orders -------------------------------------------------------------------------------

    def create_order(self, kind: str, card_id: str, terms: Terms, *, key: str | None = None) -> Order:
        """A new order, or the card's open one. ``key``: the caller's own Idempotency-Key."""
        body = {"kind": kind, "card_id": card_id, **_accepted(terms)}
        return Order.parse(self._post("/orders", body, key=key))

    def create_renewal(self, serial: str, terms: Terms, *, key: str | None = None) -> Order:
        """The order for the successor of certificate ``serial``: a new one, or the one there is."""
        body = {"kind": "renew", "renews": serial, **_accepted(terms)}
        return Order.parse(self._post("/orders", body, key=key))

    def open_orders(self, card_id: str | None = None) -> tuple[Order, ...]:
        """Those of this account that are under way, for one card or all."""
        query = {"state": "open"} | ({"card_id": card_id} if card_id else {})
        return self._get("/orders", query).children("orders", Order.parse)

    def order(self, order: str) -> Order:
        return Order.parse(self._get(f"/orders/{_part(order)}"))

    def cancel_order(self, order: str) -> Order:
        return Order.parse(self._send("DELETE", f"/orders/{_part(order)}").members)

    def debit(self, order: str, account: str, number: Secret, *, key: str | None = None) -> Order:
        """Set the order's fee aside. ``account``: passbook | giro; the caller keeps and wipes ``number``.

        After BankUnreachable, or no answer at all, ask again with the same: it is debited once.
        """
        body = {"account": account, "number": number.text()}
        return Order.parse(self._post(f"/orders/{_part(order)}/debit", body, key=key))

    def open_relay(self, order: str, verification: str) -> Relay:
        """Voids every other relay of the card."""
        return Relay.parse(self._post(f"/orders/{_part(order)}/relays", {"verification": verification}))

    def relay_witness(self, relay: str, witness: bytes) -> WitnessAnswer:
        body = {"witness": witness.hex()}
        return WitnessAnswer.parse(self._post(f"/relays/{_part(relay)}/witness", body))

    def relay_response(self, relay: str, response: bytes) -> Order:
        return Order.parse(self._post(f"/relays/{_part(relay)}/response", {"response": response.hex()}))

    def send_request(
        self,
        order: str,
        csr: str,
        *,
        authorisation: tuple[bytes, bytes] | None = None,
        attestation: Attestation | None = None,
        key: str | None = None,
    ) -> Order:
        """``csr``: PKCS#10 PEM. The answer holds the certificate; the same key again gets the same one.

        ``authorisation``, to renew: ``statements.renewal_statement`` and the old key's signature of it.
        ``attestation``: the card's word that it made the key, where the unit demands it.
        """
        body: dict[str, Any] = {"csr": csr}
        if authorisation is not None:
            body["authorisation"] = _signed(*authorisation)
        if attestation is not None:
            body["attestation"] = attestation.members()
        return Order.parse(self._post(f"/orders/{_part(order)}/request", body, key=key))

    def report_stored(self, order: str, statement: bytes, signature: bytes) -> Order:
        return Order.parse(self._post(f"/orders/{_part(order)}/stored", _signed(statement, signature)))

    def certificates(self) -> tuple[CertificateAtRa, ...]:
        return self._get("/certificates").children("certificates", CertificateAtRa.parse)

    # --- how ----------------------------------------------------------------------------------

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> Members:
        return self._http.send(Call("GET", API + path, query=query)).members

    def _post(self, path: str, body: Mapping[str, Any], *, key: str | None = None) -> Members:
        return self._send("POST", path, body, key=key).members

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        repeatable: bool = True,
    ) -> Answer:
        return self._http.send(Call(method, API + path, body, key=key or new_key(), repeatable=repeatable))


def _part(identifier: str) -> str:
    """An identifier as one part of a path: it may come from the RA and must not climb out."""
    if identifier in ("", ".", ".."):
        raise RaAnswerMalformed
    return quote(identifier, safe="")


def _captcha(answered: tuple[str, str] | None) -> dict[str, Any]:
    return {"captcha": {"id": answered[0], "answer": answered[1]}} if answered else {}


def _accepted(terms: Terms) -> dict[str, str]:
    return {"terms_version": terms.version, "terms_sha256": terms.sha256}


def _signed(statement: bytes, signature: bytes) -> dict[str, str]:
    return {"statement": statement.decode("utf-8"), "signature": signature.hex()}


def _certificate(pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode("ascii"))
    except (ValueError, x509.InvalidVersion):
        raise RaAnswerMalformed from None
