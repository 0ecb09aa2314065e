"""Signed statements: the one form that is believed, and everything that is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from hypothesis import given
from hypothesis import strategies as st

from server_stub.custody.statements import MAXIMUM_LENGTH, BadStatement, canonical, check_statement

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
EXPECTED = {
    "audience": "https://ra.example",
    "card_id": "00112233445566778899aabbccddeeff",
    "nonce": "ab" * 16,
    "purpose": "apply",
    "type": "card-verification",
}
KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = KEY.public_key()


def _text(**changes: Any) -> bytes:
    members = EXPECTED | {"time": "2026-05-04T12:30:00Z"} | changes
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _signed(text: bytes) -> bytes:
    return KEY.sign(text, ec.ECDSA(SHA256()))


def _why(text: bytes, signature: bytes | None = None, key: object = PUBLIC, **changes: Any) -> str:
    arguments: dict[str, Any] = {"expected": EXPECTED, "now": NOW} | changes
    with pytest.raises(BadStatement) as bad:
        check_statement(key, text, _signed(text) if signature is None else signature, **arguments)
    return bad.value.why


@pytest.mark.parametrize(
    ("make", "sign"),
    [
        (
            lambda: rsa.generate_private_key(65537, 2048),
            lambda key, text: key.sign(text, PKCS1v15(), SHA256()),
        ),
        (
            lambda: ec.generate_private_key(ec.SECP256R1()),
            lambda key, text: key.sign(text, ec.ECDSA(SHA256())),
        ),
        (
            lambda: ec.generate_private_key(ec.SECP384R1()),
            lambda key, text: key.sign(text, ec.ECDSA(SHA256())),
        ),
    ],
    ids=["RSA", "P-256", "P-384"],
)
def test_believed(make: Callable[[], Any], sign: Callable[[Any, bytes], bytes]) -> None:
    key = make()
    check_statement(key.public_key(), _text(), sign(key, _text()), EXPECTED, NOW)


def test_the_documented_form() -> None:
    """docs/ra-api.md: sorted members, no white space, UTF-8, only what JSON must escape is escaped."""
    assert canonical({"b": '王\n\x01\x7f/"', "a": ""}) == '{"a":"","b":"王\\n\\u0001\x7f/\\""}'.encode()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b"\xef\xbb\xbf" + _text(),
        b" " + _text(),
        _text() + b"\n",
        _text().replace(b":", b": ", 1),
        _text().replace(b'"apply"', b'"\\u0061pply"'),
        _text().replace(b'{"audience"', b'{"purpose":"apply","audience"'),
        _text().replace(b'"purpose":"apply"', b'"purpose":"other","purpose":"apply"'),
        _text(purpose=1),
        _text(purpose=None),
        _text(purpose={"a": "b"}),
        b'{"purpose":"\\udcff"}',
        b"[" * MAXIMUM_LENGTH,
        b"9" * MAXIMUM_LENGTH,
        _text(nonce="a" * MAXIMUM_LENGTH),
    ],
)
def test_not_the_one_form(text: bytes) -> None:
    assert _why(text) == "malformed"


@pytest.mark.parametrize("name", EXPECTED)
def test_every_member_counts(name: str) -> None:
    assert _why(_text(**{name: "other"})) == "members"
    assert (
        _why(canonical({key: value for key, value in json.loads(_text()).items() if key != name}))
        == "members"
    )


def test_unknown_members() -> None:
    assert _why(_text(extra="")) == "members"


@pytest.mark.parametrize(
    "time",
    [
        "",
        "2026-05-04T12:30:00",
        "2026-05-04 12:30:00Z",
        "2026-5-4T12:30:00Z",
        "2026-05-04T12:30:00+00:00",
        "2026-02-30T12:30:00Z",
        "２026-05-04T12:30:00Z",
        "2026-05-04T12:19:59Z",
        "2026-05-04T12:40:01Z",
    ],
)
def test_time(time: str) -> None:
    assert _why(_text(time=time)) == "time"


def test_no_time() -> None:
    assert _why(canonical(EXPECTED)) == "time"


@pytest.mark.parametrize("minutes", [-10, 0, 10])
def test_ten_minutes_either_way(minutes: int) -> None:
    check_statement(PUBLIC, _text(), _signed(_text()), EXPECTED, NOW + timedelta(minutes=minutes))


def test_signatures_that_do_not_count() -> None:
    der = _signed(_text())
    changed = bytearray(der)
    changed[-1] ^= 1
    other = _signed(_text(nonce="cd" * 16))
    with_sha384 = KEY.sign(_text(), ec.ECDSA(SHA384()))
    for signature in (b"", b"\x30\x00", bytes(changed), der[:-1], der + b"\0", other, with_sha384):
        assert _why(_text(), signature) == "signature"
    assert _why(_text(), der, ec.generate_private_key(ec.SECP256R1()).public_key()) == "signature"


def test_rsa_with_another_padding() -> None:
    key = rsa.generate_private_key(65537, 2048)
    pss = key.sign(_text(), PSS(MGF1(SHA256()), 32), SHA256())
    assert _why(_text(), pss, key.public_key()) == "signature"


def test_keys_that_do_not_count() -> None:
    weak = ec.generate_private_key(ec.SECP256K1())
    assert _why(_text(), weak.sign(_text(), ec.ECDSA(SHA256())), weak.public_key()) == "key"
    edwards = ed25519.Ed25519PrivateKey.generate()
    assert _why(_text(), edwards.sign(_text()), edwards.public_key()) == "key"
    assert _why(_text(), b"", None) == "key"


def test_what_is_wrong_never_reaches_the_message() -> None:
    with pytest.raises(BadStatement) as bad:
        check_statement(PUBLIC, b'{"pin":"123456"}', b"", EXPECTED, NOW)
    assert "123456" not in str(bad.value)


@given(text=st.binary(max_size=300), signature=st.binary(max_size=80))
def test_arbitrary_bytes_are_refused(text: bytes, signature: bytes) -> None:
    assert _why(text, signature) in {"malformed", "members", "time", "signature"}


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from([*EXPECTED, "time"]) | st.text(), _json), st.booleans())
def test_arbitrary_json_is_refused(members: dict[str, object], ascii_only: bool) -> None:
    text = json.dumps(members, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert _why(text, b"") in {"malformed", "members", "time"}


@given(st.dictionaries(st.text(st.characters(max_codepoint=0x7F)), st.text(), max_size=5))
def test_canonical_text_is_read_back(members: dict[str, str]) -> None:
    assert json.loads(canonical(members)) == members
