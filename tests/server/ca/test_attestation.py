"""What a card says of its keys is believed only as far as a vendor's root vouches for it."""

from __future__ import annotations

from base64 import b64decode, encodebytes
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from server_stub.ca.attestation import (
    FIRMWARE_VERSION,
    POLICY,
    SERIAL_NUMBER,
    Attestation,
    Attested,
    RefusedAttestation,
    verify,
)
from server_stub.ca.attestation_roots import PRACTICE_ROOT, BadAttestationRoot, load_roots
from tests.server.attesting import CARD, EXTENSIONS, SERIAL, VENDOR, Link, new_key, said, statement_about
from tests.server.world import spki

NOW = datetime(2026, 6, 1, tzinfo=UTC)
KEY = new_key().public_key()
GOOD = statement_about(KEY)
ROOT = VENDOR.certificate()
PAST = NOW - timedelta(days=1)
OTHER_VENDOR = Link("Vendor")
NOBODYS = CARD.with_(is_ca=False)
EXPIRED = CARD.with_(until=PAST)


def check(
    sent: Attestation, roots: tuple[x509.Certificate, ...] = (ROOT,), serial: int | None = SERIAL
) -> Attested:
    return verify(sent, roots, spki=spki(KEY), serial=serial, now=NOW)


def altered(pem: str, at: int) -> str:
    der = bytearray(b64decode("".join(pem.split("\n")[1:-2])))
    der[at % len(der)] ^= 0x01
    return x509_pem(bytes(der))


def x509_pem(der: bytes) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{encodebytes(der).decode()}-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("serial", [SERIAL, None])
def test_a_key_made_on_a_card_of_the_vendor(serial: int | None) -> None:
    attested = Attested("5.7.1", SERIAL, pin_policy=2, touch_policy=1, form_factor=3)
    assert check(said(GOOD), serial=serial) == attested


def test_one_of_several_roots_vouches() -> None:
    assert check(said(GOOD), (OTHER_VENDOR.certificate(), ROOT)).serial == SERIAL


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(statement_about(new_key().public_key()), id="another key"),
        pytest.param(statement_about(KEY, CARD.with_(issuer=OTHER_VENDOR)), id="another root"),
        pytest.param(statement_about(KEY, NOBODYS), id="the signer is no CA"),
        pytest.param(statement_about(KEY, EXPIRED), id="the signer expired"),
        pytest.param(GOOD.with_(until=PAST), id="the statement expired"),
        pytest.param(GOOD.with_(extensions={}), id="no extensions"),
        pytest.param(
            GOOD.with_(extensions={**EXTENSIONS, SERIAL_NUMBER: b"\x02\x01\x07"}), id="another card"
        ),
        pytest.param(GOOD.with_(extensions={**EXTENSIONS, SERIAL_NUMBER: b"\x04\x01\x07"}), id="no number"),
        pytest.param(GOOD.with_(extensions={**EXTENSIONS, FIRMWARE_VERSION: b"\x05"}), id="firmware"),
        pytest.param(GOOD.with_(extensions={**EXTENSIONS, POLICY: b""}), id="policy"),
    ],
)
def test_what_does_not_fit_is_refused(statement: Link) -> None:
    with pytest.raises(RefusedAttestation):
        check(said(statement))


def test_a_card_that_hides_its_serial_is_refused_where_it_is_known() -> None:
    silent = {oid: value for oid, value in EXTENSIONS.items() if oid != SERIAL_NUMBER}
    sent = said(GOOD.with_(extensions=silent))
    assert check(sent, serial=None).serial is None
    with pytest.raises(RefusedAttestation):
        check(sent)


@pytest.mark.parametrize(
    "roots", [(), (OTHER_VENDOR.certificate(),), (CARD.with_(issuer=None).certificate(),)]
)
def test_no_vendor_who_vouches(roots: tuple[x509.Certificate, ...]) -> None:
    with pytest.raises(RefusedAttestation):
        check(said(GOOD), roots)


def test_a_statement_does_not_sign_for_another() -> None:
    """The key in question cannot vouch for itself, nor the root for a statement without a card."""
    holder = new_key()
    own = Link("Own", key=holder, issuer=VENDOR)
    with pytest.raises(RefusedAttestation):
        check(Attestation(statement_about(KEY, VENDOR).pem(), own.pem()))


def test_an_altered_statement_is_refused_wherever_it_was_altered() -> None:
    sent = said(GOOD)
    for place in range(0, 800, 7):
        for wrong in (
            Attestation(altered(sent.statement, place), sent.intermediate),
            Attestation(sent.statement, altered(sent.intermediate, place)),
        ):
            with pytest.raises(RefusedAttestation):
                check(wrong)


@pytest.mark.parametrize("garbage", ["", "x", "\0", "é", PRACTICE_ROOT.decode()[:99], x509_pem(b"\x30\x00")])
def test_garbage_is_refused(garbage: str) -> None:
    for sent in (
        Attestation(garbage, said(GOOD).intermediate),
        Attestation(said(GOOD).statement, garbage),
    ):
        with pytest.raises(RefusedAttestation):
            check(sent)


def test_roots_are_files_and_the_practice_root_is_there_in_practice_only(tmp_path: Path) -> None:
    assert load_roots(tmp_path / "none", practice=False) == ()
    (tmp_path / "vendor.pem").write_bytes(ROOT.public_bytes(Encoding.PEM))
    (tmp_path / "notes.txt").write_text("not looked at")
    assert load_roots(tmp_path, practice=False) == (ROOT,)
    practice = x509.load_pem_x509_certificate(PRACTICE_ROOT)
    assert load_roots(tmp_path, practice=True) == (ROOT, practice)


@pytest.mark.parametrize("content", [PRACTICE_ROOT, b"", NOBODYS.pem().encode()])
def test_files_that_are_no_vendors_roots_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "wrong.pem").write_bytes(content)
    with pytest.raises(BadAttestationRoot, match=r"wrong\.pem"):
        load_roots(tmp_path, practice=False)
