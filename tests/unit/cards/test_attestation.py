"""What a card says of its keys is believed only with a vendor's root above it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from cardtool import errors
from cardtool.cards.piv import yubico
from cardtool.cards.piv.attestation import Attested, attest, verify_attestation
from cardtool.cards.piv.keydata import PublicKey
from cardtool.cards.piv.types import Algorithm, Slot
from cardtool.pcsc.virtual.piv.attestation import make_attestation_key
from tests.unit.cards.bench_card import BenchCard, certify


@dataclass
class Statement:
    key: PublicKey
    statement: bytes
    signer: bytes
    root: bytes
    serial: int


def made(bench: BenchCard) -> Statement:
    with bench.admin() as session:
        extensions = yubico.detect(session)
        assert extensions is not None
        key = session.generate_asymmetric_key_pair(Slot.SIGNATURE, Algorithm.ECC_P256)
        statement, signer = attest(session, extensions, Slot.SIGNATURE)
        return Statement(key, statement, signer, bench.card.state.attestation_root, extensions.serial())


def of_another_vendor() -> BenchCard:
    bench = BenchCard()
    make_attestation_key(bench.card.state, ec.generate_private_key(ec.SECP256R1()))
    return bench


def test_a_key_made_on_the_card() -> None:
    case = made(BenchCard())
    told = verify_attestation(
        case.statement, [case.signer], [case.root], public_key=case.key, serial=case.serial
    )
    assert told == Attested(case.serial, (5, 7, 1), yubico.PinPolicy.ALWAYS, 1)


def test_what_does_not_fit_is_not_believed() -> None:
    case, other = made(BenchCard()), made(of_another_vendor())
    stranger = ec.generate_private_key(ec.SECP256R1()).public_key()
    own_word = certify(case.key)
    for statement, signers, roots, key, serial in (
        (case.statement, [case.signer], [case.root], stranger, case.serial),
        (case.statement, [case.signer], [case.root], case.key, case.serial + 1),
        (case.statement, [case.signer], [other.root], case.key, case.serial),
        (case.statement, [other.signer], [case.root], case.key, case.serial),
        (case.statement, [], [case.root], case.key, case.serial),
        (case.statement, [case.signer], [], case.key, case.serial),
        (own_word, [case.signer], [case.root], case.key, None),
        (own_word, [own_word], [own_word], case.key, None),
        (b"", [case.signer], [case.root], case.key, None),
        (case.statement, [b"\x30\x00"], [case.root], case.key, None),
    ):
        with pytest.raises(errors.CardNotGenuine):
            verify_attestation(statement, signers, roots, public_key=key, serial=serial)


def test_a_chain_in_circles_ends() -> None:
    case = made(BenchCard())
    key = x509.load_der_x509_certificate(case.root).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    with pytest.raises(errors.CardNotGenuine):
        verify_attestation(case.root, [case.root], [made(of_another_vendor()).root], public_key=key)


def test_an_imported_key_gets_no_statement() -> None:
    with BenchCard().admin() as session:
        extensions = yubico.detect(session)
        assert extensions is not None
        extensions.import_key(Slot.SIGNATURE, ec.generate_private_key(ec.SECP256R1()))
        with pytest.raises(errors.CardCommandFailed):
            attest(session, extensions, Slot.SIGNATURE)
