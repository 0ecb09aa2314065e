"""The RA, and whatever answers in its place, may misbehave: each way has its own error, soon."""

from __future__ import annotations

import gzip
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardtool.errors import (
    BankUnreachable,
    Cancelled,
    CardToolError,
    FeeRefused,
    NotAllowed,
    NotFoundAtRa,
    RaAnswerMalformed,
    RaBusy,
    RaError,
    RaFault,
    RaTimeout,
    RaUnreachable,
    SessionExpired,
    SitePasswordRule,
    WrongSitePassword,
)
from cardtool.ra.address import RaAddress
from cardtool.ra.http import Call, Http, Limits
from cardtool.secret import Secret
from tests.unit.ra.rough_server import RoughServer, answer, drop, problem, raw, serving

PATIENT = Limits(connect=20, read=20, answer=30, patience=60, size=10_000, back_off=(0.0, 0.0))
QUICK = replace(PATIENT, connect=1, read=0.5, answer=1.0, patience=2.5)
SOON, SILENCE = 10.0, 60.0
"""Seconds: several times what any limit here takes, as the machine may be busy; and what a server stays silent."""
DRIP, DROPS = 0.1, 600
"""Seconds from one byte to the next, and how many there are."""
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
GET = Call("GET", "/api/v1/info")
POST = Call("POST", "/api/v1/orders", {"kind": "apply"}, key="k" * 32)
SIGN_IN = Call("POST", "/api/v1/sessions", {"password": "Sesam123"}, key="k" * 32, repeatable=False)


@contextmanager
def http_to(server: RoughServer, limits: Limits = PATIENT) -> Iterator[Http]:
    http = Http(RaAddress.parse(server.url), limits=limits)
    try:
        yield http
    finally:
        http.close()


def test_good_answer() -> None:
    with serving(answer({"name": "RA"})) as server, http_to(server) as http:
        assert http.send(GET).members.text("name") == "RA"
    assert server.requests[0].path == "/api/v1/info"
    assert server.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        pytest.param(
            answer(b"<html>Sign in to Hotel</html>", kind="text/html"), RaAnswerMalformed, id="html"
        ),
        pytest.param(answer(b'{"name": "R', kind="application/json"), RaAnswerMalformed, id="truncated json"),
        pytest.param(answer(b"[1]"), RaAnswerMalformed, id="no object"),
        pytest.param(answer(b'{"a": 1, "a": 2}'), RaAnswerMalformed, id="a name twice"),
        pytest.param(answer(b'{"a": NaN}'), RaAnswerMalformed, id="NaN"),
        pytest.param(answer(b'{"a": "\xff"}'), RaAnswerMalformed, id="no UTF-8"),
        pytest.param(answer(b"[" * 9000), RaAnswerMalformed, id="bottomless"),
        pytest.param(answer(b'{"a": ' + b"9" * 9000 + b"}"), RaAnswerMalformed, id="endless number"),
        pytest.param(answer(b'{"a": "' + b"x" * 10_000 + b'"}'), RaAnswerMalformed, id="oversized"),
        pytest.param(answer(b"{}", kind="text/plain"), RaAnswerMalformed, id="wrong content type"),
        pytest.param(
            answer(gzip.compress(b"{}"), Content_Encoding="gzip"), RaAnswerMalformed, id="packed unasked"
        ),
        pytest.param(answer(b"<html>", 404, "text/html"), RaAnswerMalformed, id="html 404"),
        pytest.param(answer(b"<html>Bad Gateway", 502, "text/html"), RaFault, id="html 502"),
        pytest.param(answer({}, 302, Location="https://elsewhere.test/"), RaAnswerMalformed, id="redirect"),
        pytest.param(raw(b"SSH-2.0-OpenSSH\r\n"), RaUnreachable, id="not HTTP"),
        pytest.param(drop, RaUnreachable, id="dropped"),
        pytest.param(answer(b'{"name": "RA"}', length=500), RaUnreachable, id="cut off"),
    ],
)
def test_misbehaviour(behaviour: object, expected: type[CardToolError]) -> None:
    with serving(behaviour) as server, http_to(server) as http, pytest.raises(expected) as caught:
        http.send(GET)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


@settings(max_examples=60, deadline=None)
@given(
    body=st.binary(max_size=60),
    head=st.sampled_from(
        (b"", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n", CHUNKED, CHUNKED + b"5\r\n{}", b"\x15\x03")
    ),
)
def test_any_bytes_are_an_answer_or_an_error(head: bytes, body: bytes) -> None:
    limits = Limits(connect=1, read=0.5, answer=1, patience=1, back_off=())
    with serving(raw(head + body)) as server, http_to(server, limits) as http, suppress(RaError):
        http.send(GET)


def test_nobody_listens() -> None:
    with serving(drop) as server:
        pass
    with http_to(server) as http, pytest.raises(RaUnreachable):
        http.send(GET)


def test_silence_ends_in_time() -> None:
    stop = threading.Event()
    with serving(raw(b"", pause=SILENCE, stop=stop)) as server, http_to(server, QUICK) as http:
        before = time.monotonic()
        with pytest.raises(RaTimeout):
            http.send(GET)
        assert time.monotonic() - before < SOON
        stop.set()


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((b"HTTP/1.1 200 OK\r\nX-A", *[b"a"] * DROPS), id="header"),
        pytest.param(
            (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{", *[b" "] * DROPS), id="body"
        ),
        pytest.param(
            (
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
                *[b"1\r\n \r\n"] * DROPS,
            ),
            id="chunks",
        ),
    ],
)
def test_slow_drip_is_cut(pieces: tuple[bytes, ...]) -> None:
    limits = replace(QUICK, answer=0.6, patience=0.6, back_off=())
    stop = threading.Event()
    with serving(raw(*pieces, pause=DRIP, stop=stop)) as server, http_to(server, limits) as http:
        before = time.monotonic()
        with pytest.raises(RaTimeout):
            http.send(GET)
        assert time.monotonic() - before < SOON
        stop.set()


@pytest.mark.parametrize("call", [GET, POST], ids=["read", "mutation"])
@pytest.mark.parametrize("first", [drop, answer(b"", 503)], ids=["dropped", "503"])
def test_repeats_what_may_be_repeated(call: Call, first: object) -> None:
    with serving(first, first, answer({"ok": True})) as server, http_to(server) as http:
        assert http.send(call).members.flag("ok")
    assert len(server.requests) == 3
    assert {request.headers.get("idempotency-key") for request in server.requests} == {call.key}


@pytest.mark.parametrize("first", [drop, answer(b"", 503)], ids=["dropped", "503"])
def test_never_repeats_a_password(first: object) -> None:
    with serving(first, answer({"ok": True})) as server, http_to(server) as http:
        with pytest.raises((RaUnreachable, RaFault)):
            http.send(SIGN_IN)
        assert len(server.requests) == 1


def test_gives_up_after_its_attempts() -> None:
    with serving(drop) as server, http_to(server) as http, pytest.raises(RaUnreachable):
        http.send(GET)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (problem("R201", 401, attempts_left=2), WrongSitePassword(2)),
        (problem("R201", 401), WrongSitePassword(None)),
        (problem("R201", 401, attempts_left="two"), WrongSitePassword(None)),
        (problem("R207", 422, rule="length"), SitePasswordRule("length")),
        (problem("R207", 422, rule="\x1b[31m" * 99), SitePasswordRule("")),
        (problem("R206", 401), SessionExpired()),
        (problem("R106", 429, retry_after=7), RaBusy(7)),
        (answer({}, 429, Retry_After="9"), RaBusy(9)),
        (problem("R999", 403), NotAllowed()),
        (problem("C201", 403, tries_left=0), NotAllowed()),
        (problem("R103", 400, issuer="Evil"), NotAllowed()),
        (problem("L901", 404), NotFoundAtRa()),
        (problem("R105", 500), RaFault(500)),
        (problem("R308", 422, reason="funds"), FeeRefused("funds")),
        (problem("R309", 503), BankUnreachable()),
        (problem("R201", 503, attempts_left=1), RaFault(503)),
        (answer(b"{", 503, "application/problem+json"), RaFault(503)),
    ],
)
def test_problem_documents(behaviour: object, expected: CardToolError) -> None:
    with serving(behaviour) as server, http_to(server) as http, pytest.raises(type(expected)) as caught:
        http.send(GET)
    assert caught.value.data() == expected.data()


def test_closing_from_another_thread_cancels() -> None:
    stop, limits = threading.Event(), replace(PATIENT, read=SILENCE, answer=SILENCE)
    with serving(raw(b"", pause=SILENCE, stop=stop)) as server, http_to(server, limits) as http:
        closer = threading.Timer(0.2, http.close)
        closer.start()
        before = time.monotonic()
        with pytest.raises(Cancelled):
            http.send(GET)
        assert time.monotonic() - before < SOON
        stop.set()
        closer.join()


def test_closed_is_closed() -> None:
    with serving(answer({})) as server, http_to(server) as http:
        http.close()
        with pytest.raises(Cancelled):
            http.send(GET)
    assert server.requests == []


def test_skew_is_learned() -> None:
    with serving(answer({}, Date="Wed, 21 Oct 2015 07:28:00 GMT")) as server, http_to(server) as http:
        assert http.skew_seconds is None
        http.send(GET)
        assert http.skew_seconds is not None
        assert http.skew_seconds < -10 * 365 * 24 * 3600


def test_nonsense_date_is_ignored() -> None:
    with serving(answer({}, Date="yesterday")) as server, http_to(server) as http:
        http.send(GET)
        assert http.skew_seconds is None


def test_token_travels_and_netrc_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password stolen")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(answer({})) as server, http_to(server) as http:
        http._session.trust_env = True  # not even if requests looked there
        http.send(GET)
        http.token = Secret("tok-123")
        http.send(GET)
    assert "authorization" not in server.requests[0].headers
    assert server.requests[1].headers["authorization"] == "Bearer tok-123"


def test_proxy_is_not_asked_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with serving(answer({})) as server, http_to(server) as http:
        http.send(GET)


def test_log_tells_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(answer({"ok": True})) as server, http_to(server) as http:
        http.token = Secret("tok-123")
        http.send(SIGN_IN)
    told = "".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "ra-call" in told
    assert "Sesam123" not in told
    assert "tok-123" not in told
