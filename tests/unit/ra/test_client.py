"""One method per path: what is sent, what comes back; and the texts a card signs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from cardtool.errors import ArgumentInvalid, RaAnswerMalformed, RaFault, SessionExpired
from cardtool.ra.address import RaAddress
from cardtool.ra.client import RaClient
from cardtool.ra.http import Limits
from cardtool.ra.members import Members
from cardtool.ra.statements import (
    card_verification_statement,
    renewal_statement,
    sign_in_statement,
    stored_statement,
)
from cardtool.ra.wire import CardChallenge, SignedIn, Terms
from cardtool.secret import Secret
from tests.unit.pki.authority import House, house
from tests.unit.ra.rough_server import answer, problem, serving
from tests.unit.ra.samples import (
    ACCOUNT,
    CARD,
    CERTIFICATE,
    FEE,
    ID,
    ORDER,
    RELAY,
    SESSION,
    SHAPES,
    TERMS,
    UNIT,
    VERIFICATION,
    WITNESS,
)

__all__ = ["house"]

Ask = Callable[[RaClient], object]
TERMS_READ = Terms.parse(Members(TERMS))
STATEMENT = b'{"type":"stored"}'
SIGNED = {"statement": STATEMENT.decode(), "signature": "aa"}
A = f"/api/v1/orders/{ID}"


@pytest.mark.parametrize(
    ("ask", "reply", "method", "path", "body"),
    [
        (lambda ra: ra.units(), {"units": [UNIT]}, "GET", "/api/v1/units", None),
        (lambda ra: ra.unit("exchange"), UNIT, "GET", "/api/v1/units/exchange", None),
        (lambda ra: ra.terms("exchange"), TERMS, "GET", "/api/v1/units/exchange/terms?lang=zh_TW", None),
        (lambda ra: ra.current_session(), SESSION, "GET", "/api/v1/sessions/current", None),
        (lambda ra: ra.account(), ACCOUNT, "GET", "/api/v1/account", None),
        (lambda ra: ra.card_by_key("ab" * 32), CARD, "GET", f"/api/v1/cards?key={'ab' * 32}", None),
        (
            lambda ra: ra.start_verification(ID, "apply"),
            VERIFICATION,
            "POST",
            f"/api/v1/cards/{ID}/verifications",
            {"purpose": "apply"},
        ),
        (
            lambda ra: ra.finish_verification(ID, "v1", STATEMENT, b"\xaa"),
            {"verified": True, "expires_at": "2026-06-01T12:00:00Z"},
            "PUT",
            f"/api/v1/cards/{ID}/verifications/v1",
            SIGNED,
        ),
        (
            lambda ra: ra.announce_guid(ID, bytes(16)),
            {},
            "POST",
            f"/api/v1/cards/{ID}/guids",
            {"guid": "00" * 16},
        ),
        (
            lambda ra: ra.create_order("apply", ID, TERMS_READ),
            ORDER,
            "POST",
            "/api/v1/orders",
            {"kind": "apply", "card_id": ID, "terms_version": "1.0", "terms_sha256": TERMS["sha256"]},
        ),
        (lambda ra: ra.open_orders(), {"orders": [ORDER]}, "GET", "/api/v1/orders?state=open", None),
        (
            lambda ra: ra.open_orders(ID),
            {"orders": []},
            "GET",
            f"/api/v1/orders?state=open&card_id={ID}",
            None,
        ),
        (lambda ra: ra.order(ID), ORDER, "GET", A, None),
        (lambda ra: ra.cancel_order(ID), ORDER, "DELETE", A, None),
        (lambda ra: ra.open_relay(ID, "v1"), RELAY, "POST", f"{A}/relays", {"verification": "v1"}),
        (
            lambda ra: ra.debit(ID, "giro", Secret("12345678")),
            {**ORDER, "fee": FEE},
            "POST",
            f"{A}/debit",
            {"account": "giro", "number": "12345678"},
        ),
        (
            lambda ra: ra.relay_witness("r1", b"\x01"),
            WITNESS,
            "POST",
            "/api/v1/relays/r1/witness",
            {"witness": "01"},
        ),
        (
            lambda ra: ra.relay_response("r1", b"\x02"),
            ORDER,
            "POST",
            "/api/v1/relays/r1/response",
            {"response": "02"},
        ),
        (
            lambda ra: ra.create_renewal("a1b", TERMS_READ),
            ORDER,
            "POST",
            "/api/v1/orders",
            {"kind": "renew", "renews": "a1b", "terms_version": "1.0", "terms_sha256": TERMS["sha256"]},
        ),
        (lambda ra: ra.send_request(ID, "PEM"), ORDER, "POST", f"{A}/request", {"csr": "PEM"}),
        (
            lambda ra: ra.send_request(ID, "PEM", authorisation=(STATEMENT, b"\xaa")),
            ORDER,
            "POST",
            f"{A}/request",
            {"csr": "PEM", "authorisation": SIGNED},
        ),
        (
            lambda ra: ra.card_challenge("exchange", "ID-1", ("c1", "12345")),
            SHAPES[CardChallenge],
            "POST",
            "/api/v1/sessions/card/challenge",
            {"unit": "exchange", "identifier": "ID-1", "captcha": {"id": "c1", "answer": "12345"}},
        ),
        (
            lambda ra: ra.card_challenge("exchange", "ID-1"),
            SHAPES[CardChallenge],
            "POST",
            "/api/v1/sessions/card/challenge",
            {"unit": "exchange", "identifier": "ID-1"},
        ),
        (
            lambda ra: ra.sign_in_with_card("exchange", "ID-1", b"\xab", b"CMS"),
            SHAPES[SignedIn],
            "POST",
            "/api/v1/sessions/card",
            {"unit": "exchange", "identifier": "ID-1", "nonce": "ab", "signed_data": "Q01T"},
        ),
        (lambda ra: ra.report_stored(ID, STATEMENT, b"\xaa"), ORDER, "POST", f"{A}/stored", SIGNED),
        (
            lambda ra: ra.certificates(),
            {"certificates": [CERTIFICATE]},
            "GET",
            "/api/v1/certificates",
            None,
        ),
    ],
)
def test_paths(ask: Ask, reply: dict[str, object], method: str, path: str, body: object) -> None:
    with serving(answer(reply)) as server:
        client = RaClient(server.url, language="zh_TW")
        ask(client)
        client.close()
    sent = server.requests[0]
    assert (sent.method, sent.path) == (method, path)
    assert (json.loads(sent.body) if sent.body else None) == body
    key = sent.headers.get("idempotency-key", "")
    assert 16 <= len(key) <= 128 if method != "GET" else key == ""


def test_chain(house: House) -> None:
    pems = [link.public_bytes(Encoding.PEM).decode() for link in house.chain]
    with serving(answer({"certificates": pems}), answer({"certificates": ["x"]})) as server:
        client = RaClient(server.url)
        assert client.chain() == house.chain
        with pytest.raises(RaAnswerMalformed):
            client.chain()
        client.close()


def test_captcha_with_the_demo_answer() -> None:
    reply = {"id": "c1", "image_png": "aQ==", "audio_wav": "", "expires_at": "2026-06-01T12:00:00Z"}
    with serving(answer(reply, X_Demo_Captcha="12345"), answer(reply)) as server:
        client = RaClient(server.url)
        assert client.new_captcha("exchange").demo_answer == "12345"
        assert client.new_captcha("exchange").demo_answer is None
        client.close()


def test_session_from_beginning_to_end() -> None:
    behaviours = (answer(SHAPES[SignedIn]), answer(b"", 204), answer(b"", 204))
    with serving(*behaviours) as server, Secret("Old12345") as password:
        client = RaClient(server.url)
        assert not client.has_session
        assert client.sign_in("exchange", "A1", password, ("c1", "12345")).account == "A1"
        assert client.has_session
        client.change_password(password, Secret("New12345"))
        client.sign_out()
        assert not client.has_session
        client.close()
    sign_in, change, sign_out = server.requests
    assert json.loads(sign_in.body) == {
        "unit": "exchange",
        "account": "A1",
        "password": "Old12345",
        "captcha": {"id": "c1", "answer": "12345"},
    }
    assert json.loads(change.body) == {"old": "Old12345", "new": "New12345"}
    assert sign_out.headers["authorization"].startswith("Bearer -t0ken_")


def test_kept_token() -> None:
    with serving(problem("R206", 401)) as server:
        client = RaClient(server.url, token=Secret("kept-token"))
        copy = client.token()
        with pytest.raises(SessionExpired):
            client.account()
        client.close()
    assert copy == Secret("kept-token")
    assert client.token() is None


def test_a_sign_in_by_card_is_never_repeated_by_itself() -> None:
    """Its nonce is good once; a challenge without captcha may be asked for again."""
    behaviours = (answer(b"", 502), answer(SHAPES[CardChallenge]), answer(b"", 502), answer(SHAPES[SignedIn]))
    with serving(*behaviours) as server:
        client = RaClient(server.url, limits=Limits(back_off=(0.0,)))
        assert client.card_challenge("exchange", "ID-1").nonce == b"\xab" * 32
        with pytest.raises(RaFault):
            client.sign_in_with_card("exchange", "ID-1", b"\xab", b"CMS")
        assert not client.has_session
        assert client.sign_in_with_card("exchange", "ID-1", b"\xab", b"CMS").by_card
        assert client.has_session
        client.close()
    assert len(server.requests) == 4


def test_own_idempotency_key() -> None:
    with serving(answer(ORDER)) as server:
        client = RaClient(server.url)
        client.send_request(ID, "PEM", key="order-17-request-1")
        client.close()
    assert server.requests[0].headers["idempotency-key"] == "order-17-request-1"


def test_identifiers_cannot_climb_out_of_their_path() -> None:
    with serving(answer(ORDER)) as server:
        client = RaClient(server.url)
        client.order("../sessions?x=1#y")
        with pytest.raises(RaAnswerMalformed):
            client.order("..")
        client.close()
    assert server.requests[0].path == "/api/v1/orders/..%2Fsessions%3Fx%3D1%23y"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://RA.Example/", "https://ra.example"),
        ("https://ra.example:443/base/", "https://ra.example"),
        ("https://ra.example:8443", "https://ra.example:8443"),
        ("https://例子.test", "https://xn--fsqu00a.test"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_origin(url: str, origin: str) -> None:
    assert RaAddress.parse(url).origin == origin


@pytest.mark.parametrize(
    "url",
    [
        *("", "ra.example", "ftp://ra.example", "http://ra.example", "https://", "https://ra:99999"),
        *("https://me:pass@ra.example", "https://ra.example/?a=1", "https://ra.example/#a", "https://[::1"),
        "http://localhost.evil.test",
        "http://128.0.0.1",
    ],
)
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(ArgumentInvalid):
        RaAddress.parse(url)


NOW = datetime(2026, 6, 1, 12, 0, 0, 999, tzinfo=UTC)


def test_card_verification_statement() -> None:
    statement = card_verification_statement(
        audience="https://ra.example", card_id="c1", nonce=b"\xab\xcd", purpose="apply", now=NOW
    )
    assert statement == (
        b'{"audience":"https://ra.example","card_id":"c1","nonce":"abcd","purpose":"apply",'
        b'"time":"2026-06-01T12:00:00Z","type":"card-verification"}'
    )


def test_stored_statement() -> None:
    statement = stored_statement(audience="https://例", certificate=b"DER", order='o"1', now=NOW)
    assert statement.decode() == (
        '{"audience":"https://例","certificate_sha256":'
        '"bffd28c8eeb10a5e50cf17b58f477ea1803895ae69744e6eb53cbcc3bf427adb",'
        '"order":"o\\"1","time":"2026-06-01T12:00:00Z","type":"stored"}'
    )


def test_sign_in_statement() -> None:
    statement = sign_in_statement(
        audience="https://ra.example", unit="exchange", identifier="王", nonce=b"\xab\xcd", now=NOW
    )
    body = '{"identifier":"王","nonce":"abcd","unit":"exchange"}'
    assert json.loads(statement) == {
        "audience": "https://ra.example",
        "body_sha256": hashlib.sha256(body.encode()).hexdigest(),
        "nonce": "abcd",
        "purpose": "sign-in",
        "time": "2026-06-01T12:00:00Z",
    }


def test_renewal_statement() -> None:
    statement = renewal_statement(audience="https://ra.example", key=b"DER", order="o-1", now=NOW)
    assert statement.decode() == (
        '{"audience":"https://ra.example","key_sha256":'
        '"bffd28c8eeb10a5e50cf17b58f477ea1803895ae69744e6eb53cbcc3bf427adb",'
        '"order":"o-1","time":"2026-06-01T12:00:00Z","type":"renewal"}'
    )
