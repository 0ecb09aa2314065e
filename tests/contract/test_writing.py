"""What changes a card: wrong PINs, keys, objects. Only for cards that were made for it."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from cardtool import errors
from cardtool.cards.desk import Desk
from cardtool.cards.keys import SigningPublicKey
from cardtool.cards.piv import admin, recipes, yubico
from cardtool.cards.piv.attestation import attest, verify_attestation
from cardtool.cards.piv.objects import Chuid, KeyHistory
from cardtool.cards.piv.self_managed import gain_admin_status
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import AdminAlgorithm, Algorithm, KeyRef, ObjectTag, Slot
from cardtool.cards.piv.yubico import YubicoExtensions
from cardtool.pcsc.trace import TracingConnection
from cardtool.secret import Secret
from tests.contract.conftest import CardUnderTest

pytestmark = pytest.mark.needs("secrets", "writes")

SIGNING = [Algorithm.RSA_2048, Algorithm.RSA_3072, Algorithm.ECC_P256, Algorithm.ECC_P384]
NEEDS_KEY = pytest.mark.parametrize(
    "algorithm",
    [pytest.param(algorithm, marks=pytest.mark.needs(algorithm.label)) for algorithm in SIGNING],
    ids=lambda item: item.label,
)


def make_key(
    card: CardUnderTest, session: PivSession, slot: Slot, algorithm: Algorithm | None = None
) -> SigningPublicKey:
    key = session.generate_asymmetric_key_pair(slot, algorithm or card.algorithm)
    assert isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
    return key


def verify(key: SigningPublicKey, signature: bytes, message: bytes) -> None:
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    else:
        key.verify(signature, message, ec.ECDSA(hashes.SHA256()))


def self_signed(
    session: PivSession,
    slot: Slot,
    key: SigningPublicKey,
    before_use: Callable[[], None] = lambda: None,
    filler: int = 0,
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "測試")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key).serial_number(1)
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    if filler:
        extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), bytes(filler))
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(recipes.private_key(session, slot, key, before_use), hashes.SHA256())


# --- PIN and PUK ---


def test_a_wrong_pin_costs_one_try_and_the_right_one_gives_it_back(card: CardUnderTest) -> None:
    with card.session() as session:
        before = session.pin_status().tries_left
        assert before is not None
        with pytest.raises(errors.WrongPin) as caught:
            session.verify_pin(card.wrong_pin)
        assert caught.value.tries_left == session.pin_status().tries_left == before - 1
        assert not session.status_gained
        session.verify_pin(card.pin)
    with card.session() as session:
        assert session.pin_status().tries_left == before


def test_a_pin_of_the_wrong_form_costs_no_try(card: CardUnderTest) -> None:
    with card.session() as session:
        before = session.pin_status()
        for value in ("12345", "123456789", "1234\t6"):
            with pytest.raises(errors.PinNotSent):
                session.verify_pin(Secret(value))
        assert session.pin_status() == before


def test_a_blocked_pin_is_opened_with_the_puk(card: CardUnderTest) -> None:
    with card.session() as session:
        for _ in range(session.pin_status().tries_left or 0):
            with pytest.raises((errors.WrongPin, errors.PinBlocked)):
                session.verify_pin(card.wrong_pin)
        assert session.pin_status().blocked
        with pytest.raises(errors.PinBlocked):
            session.verify_pin(card.pin)
    with card.session() as session:
        session.reset_retry_counter(card.puk, card.pin)
        assert session.status_gained, "some applets take any PUK until they are reset"
    with card.session() as session:
        session.verify_pin(card.pin)


def test_a_wrong_puk_is_no_wrong_pin(card: CardUnderTest) -> None:
    with card.session() as session:
        with pytest.raises(errors.WrongPuk):
            session.reset_retry_counter(Secret("00000000"), card.pin)
        assert session.pin_status().tries_left
    with card.session() as session:
        session.reset_retry_counter(card.puk, card.pin)


def test_the_pin_is_changed_with_few_commands(card: CardUnderTest) -> None:
    other = card.other_pin
    card.recorder.acts.clear()
    with card.session() as session:
        session.change_reference_data(KeyRef.PIV_PIN, card.pin, other)
    assert len(card.recorder.acts) <= 5
    with card.session() as session:
        with pytest.raises(errors.WrongPin):
            session.verify_pin(card.pin)
        session.verify_pin(other)
        session.change_reference_data(KeyRef.PIV_PIN, other, card.pin)


def test_the_puk_is_changed(card: CardUnderTest) -> None:
    other = Secret("24681357")
    with card.session() as session:
        session.change_reference_data(KeyRef.PUK, card.puk, other)
    with card.session() as session:
        session.change_reference_data(KeyRef.PUK, other, card.puk)


# --- admin status ---


@pytest.mark.needs("mutual")
def test_the_relay_in_two_halves_with_a_key_that_is_elsewhere(card: CardUnderTest) -> None:
    with card.session() as session:
        with pytest.raises(errors.SecurityStatusNotSatisfied):
            session.put_data(ObjectTag.CHUID, b"")
        algorithm, witness = admin.find_witness(session)
        challenge = os.urandom(algorithm.block_size)
        cipher = elsewhere(algorithm, card.admin_key)
        answer = session.admin_mutual_response(cipher.decryptor().update(witness), challenge)
        assert answer == cipher.encryptor().update(challenge)
        assert session.status_gained
        session.put_data(ObjectTag.CHUID, Chuid.build(bytes(16), date(2030, 1, 1)).encode())
    with card.session() as session, pytest.raises(errors.SecurityStatusNotSatisfied):
        session.put_data(ObjectTag.CHUID, b"")


@pytest.mark.needs("mutual")
def test_a_wrong_admin_key_gains_nothing(card: CardUnderTest) -> None:
    with card.session() as session:
        algorithm, _witness = admin.find_witness(session)
        wrong = Secret(bytes(range(1, algorithm.key_size + 1)))
        with pytest.raises((errors.SecurityStatusNotSatisfied, errors.CardCommandFailed)):
            admin.authenticate_mutually(session, algorithm, wrong)
        assert not session.status_gained
        with pytest.raises(errors.SecurityStatusNotSatisfied):
            session.put_data(ObjectTag.CHUID, b"")


@pytest.mark.needs("single")
def test_single_authentication(card: CardUnderTest) -> None:
    with card.session() as session:
        algorithm, _witness = admin.find_witness(session)
        admin.authenticate_singly(session, algorithm, card.admin_key)
        session.put_data(ObjectTag.KEY_HISTORY, KeyHistory(0).encode())


def elsewhere(algorithm: AdminAlgorithm, key: Secret) -> Cipher[modes.ECB]:
    """The RA's half, written apart from the client's."""
    kind = TripleDES if algorithm is AdminAlgorithm.TDES else algorithms.AES
    return Cipher(kind(key.bytes()), modes.ECB())


# --- keys and certificates ---


@NEEDS_KEY
def test_a_certificate_from_key_to_proof(card: CardUnderTest, algorithm: Algorithm) -> None:
    with card.admin_session() as session:
        key = make_key(card, session, Slot.AUTHENTICATION, algorithm)
        certificate = self_signed(session, Slot.AUTHENTICATION, key)
        der = certificate.public_bytes(Encoding.DER)
        recipes.write_certificate(session, Slot.AUTHENTICATION, der)
        assert recipes.read_certificate(session, Slot.AUTHENTICATION) == der
        signature = recipes.sign_message(session, Slot.AUTHENTICATION, key, b"proof")
    verify(key, signature, b"proof")
    overview = next(item for item in card.desk.survey() if item.reader == card.reader)
    assert overview.certificate(Slot.AUTHENTICATION) == der


@NEEDS_KEY
def test_request_and_cms_by_cryptography(card: CardUnderTest, algorithm: Algorithm) -> None:
    with card.admin_session() as session:
        key = make_key(card, session, Slot.AUTHENTICATION, algorithm)
        private_key = recipes.private_key(session, Slot.AUTHENTICATION, key)
        request = (
            x509.CertificateSigningRequestBuilder()
            .subject_name(x509.Name([]))
            .sign(private_key, hashes.SHA256())
        )
        assert request.is_signature_valid
        certificate = self_signed(session, Slot.AUTHENTICATION, key)
        cms = (
            pkcs7.PKCS7SignatureBuilder().set_data(b"m").add_signer(certificate, private_key, hashes.SHA256())
        )
        assert cms.sign(Encoding.DER, [])


@pytest.mark.needs("RSA-2048")
def test_rsa_pss(card: CardUnderTest) -> None:
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    with card.admin_session() as session:
        key = make_key(card, session, Slot.AUTHENTICATION, Algorithm.RSA_2048)
        private_key = recipes.private_key(session, Slot.AUTHENTICATION, key)
        assert isinstance(private_key, rsa.RSAPrivateKey)
        assert private_key.sign(b"m", pss, hashes.SHA256())


def test_a_key_wants_the_pin(card: CardUnderTest) -> None:
    with card.admin_session() as session:
        key = make_key(card, session, Slot.AUTHENTICATION)
    with card.session() as session, pytest.raises(errors.SecurityStatusNotSatisfied):
        recipes.sign_message(session, Slot.AUTHENTICATION, key, b"m")


def test_9c_wants_the_pin_right_before_every_signature(card: CardUnderTest) -> None:
    with card.admin_session() as session:
        key = make_key(card, session, Slot.SIGNATURE)
        session.verify_pin(card.pin)
        recipes.sign_message(session, Slot.SIGNATURE, key, b"m")
        with pytest.raises(errors.SecurityStatusNotSatisfied):
            recipes.sign_message(session, Slot.SIGNATURE, key, b"m")

        # With the PIN handed in, everything cryptography builds with several signatures works.
        def consent() -> None:
            session.verify_pin(card.pin)

        self_signed(session, Slot.SIGNATURE, key, consent)
        recipes.sign_message(session, Slot.SIGNATURE, key, b"m", consent)


def test_9e_signs_without_a_pin(card: CardUnderTest) -> None:
    with card.admin_session() as session:
        key = make_key(card, session, Slot.CARD_AUTHENTICATION)
        der = self_signed(session, Slot.CARD_AUTHENTICATION, key).public_bytes(Encoding.DER)
        recipes.write_certificate(session, Slot.CARD_AUTHENTICATION, der)
    with card.session() as session:
        assert not session.pin_status().verified
        signature = recipes.verification_signature(session, b"statement")
        assert not session.status_gained
    verify(key, signature, b"statement")
    overview = next(item for item in card.desk.survey() if item.reader == card.reader)
    assert overview.verification_key is not None


def test_whose_key_lies_in_a_slot(card: CardUnderTest) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1()).public_key()
    with card.admin_session() as session:
        old = make_key(card, session, Slot.AUTHENTICATION)
        new = make_key(card, session, Slot.AUTHENTICATION)
        for extensions in {yubico.detect(session), None}:
            assert recipes.slot_key_matches(session, Slot.AUTHENTICATION, new, extensions)
            assert not recipes.slot_key_matches(session, Slot.AUTHENTICATION, old, extensions)
            assert not recipes.slot_key_matches(session, Slot.AUTHENTICATION, stranger, extensions)


@pytest.mark.needs("P-256")
def test_ecdh(card: CardUnderTest) -> None:
    ours = ec.generate_private_key(ec.SECP256R1())
    numbers = ours.public_key().public_numbers()
    point = b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    with card.admin_session() as session:
        key = make_key(card, session, Slot.KEY_MANAGEMENT)
        assert isinstance(key, ec.EllipticCurvePublicKey)
        shared = session.key_agreement(Slot.KEY_MANAGEMENT, Algorithm.ECC_P256, point)
    assert shared == ours.exchange(ec.ECDH(), key)


@pytest.mark.needs("RSA-2048")
def test_rsa_decipher(card: CardUnderTest) -> None:
    with card.admin_session() as session:
        key = make_key(card, session, Slot.KEY_MANAGEMENT, Algorithm.RSA_2048)
        assert isinstance(key, rsa.RSAPublicKey)
        block = session.decipher(
            Slot.KEY_MANAGEMENT, Algorithm.RSA_2048, key.encrypt(b"content key", padding.PKCS1v15())
        )
    assert block[:2] == b"\x00\x02"
    assert block.endswith(b"\x00content key")


# --- objects ---


@pytest.mark.parametrize("filler", [300, 1000, 2000])
def test_certificates_of_all_sizes_come_back(card: CardUnderTest, filler: int) -> None:
    with card.admin_session() as session:
        key = make_key(card, session, Slot.AUTHENTICATION)
        der = self_signed(session, Slot.AUTHENTICATION, key, filler=filler).public_bytes(Encoding.DER)
        recipes.write_certificate(session, Slot.AUTHENTICATION, der)
        assert recipes.read_certificate(session, Slot.AUTHENTICATION) == der
        session.put_data(Slot.AUTHENTICATION.object_tag, b"")
        assert recipes.read_certificate(session, Slot.AUTHENTICATION) is None


def test_chuid_and_key_history(card: CardUnderTest) -> None:
    guid = os.urandom(16)
    with card.admin_session() as session:
        session.put_data(ObjectTag.CHUID, Chuid.build(bytes(16), date(2030, 1, 1)).encode())
        assert recipes.refresh_chuid_guid(session, guid)
        session.put_data(ObjectTag.KEY_HISTORY, KeyHistory(0).encode())
        assert recipes.read_key_history(session) == KeyHistory(0)
    overview = next(item for item in card.desk.survey() if item.reader == card.reader)
    assert overview.guid == guid.hex()


@pytest.mark.needs("retired")
def test_a_retired_certificate_is_seen_when_the_history_counts_it(card: CardUnderTest) -> None:
    with card.admin_session() as session:
        recipes.write_certificate(session, Slot.RETIRED_1, b"\x30\x00")
        session.put_data(ObjectTag.KEY_HISTORY, KeyHistory(1).encode())
    overview = next(item for item in card.desk.survey() if item.reader == card.reader)
    assert overview.certificate(Slot.RETIRED_1) == b"\x30\x00"
    with card.admin_session() as session:
        session.put_data(Slot.RETIRED_1.object_tag, b"")
        session.put_data(ObjectTag.KEY_HISTORY, KeyHistory(0).encode())


# --- extensions, where there are some ---


def extensions_of(session: PivSession) -> YubicoExtensions:
    found = yubico.detect(session)
    assert found is not None, "claimed, but not detected"
    return found


@pytest.mark.needs("metadata")
def test_metadata(card: CardUnderTest) -> None:
    with card.admin_session() as session:
        extensions = extensions_of(session)
        assert extensions.metadata(KeyRef.PUK).tries_left is not None
        key = make_key(card, session, Slot.AUTHENTICATION)
        found = extensions.metadata(Slot.AUTHENTICATION)
        assert (found.public_key, found.generated, found.algorithm) == (key, True, card.algorithm)


@pytest.mark.needs("serial")
def test_the_serial_number(card: CardUnderTest) -> None:
    with card.session() as session:
        assert extensions_of(session).serial() == yubico.serial_of(session)


@pytest.mark.needs("attestation", "serial")
def test_a_statement_about_a_key(card: CardUnderTest) -> None:
    with card.admin_session() as session:
        key = make_key(card, session, Slot.AUTHENTICATION)
        extensions = extensions_of(session)
        statement, signer = attest(session, extensions, Slot.AUTHENTICATION)
        serial = extensions.serial()
    # The vendor's root is not known to this suite: its own signer is the end of the chain here.
    attested = verify_attestation(statement, [], [signer], public_key=key, serial=serial)
    assert attested.serial == serial


@pytest.mark.needs("move", "metadata")
def test_keys_are_moved_and_deleted(card: CardUnderTest) -> None:
    with card.admin_session() as session:
        extensions = extensions_of(session)
        key = make_key(card, session, Slot.RETIRED_2)
        extensions.move_key(Slot.RETIRED_2, Slot.AUTHENTICATION)
        assert extensions.metadata(Slot.AUTHENTICATION).public_key == key
        assert not recipes.slot_key_matches(session, Slot.RETIRED_2, key, extensions)
        extensions.delete_key(Slot.AUTHENTICATION)
        with pytest.raises(errors.ObjectNotFound):
            extensions.metadata(Slot.AUTHENTICATION)


@pytest.mark.parametrize(
    "private_key",
    [
        pytest.param(ec.generate_private_key(ec.SECP256R1()), id="P-256", marks=pytest.mark.needs("P-256")),
        pytest.param(
            rsa.generate_private_key(65537, 2048), id="RSA-2048", marks=pytest.mark.needs("RSA-2048")
        ),
    ],
)
@pytest.mark.needs("import", "metadata")
def test_keys_are_imported(card: CardUnderTest, private_key: yubico.ImportableKey) -> None:
    with card.admin_session() as session:
        extensions = extensions_of(session)
        extensions.import_key(Slot.KEY_MANAGEMENT, private_key, yubico.PinPolicy.ONCE)
        assert extensions.metadata(Slot.KEY_MANAGEMENT).generated is False
        assert recipes.sign_message(session, Slot.KEY_MANAGEMENT, private_key.public_key(), b"m")


@pytest.mark.needs("set admin key", "mutual")
def test_the_admin_key_is_changed(card: CardUnderTest) -> None:
    other = Secret(os.urandom(32))
    with card.admin_session() as session:
        extensions = extensions_of(session)
        former, _witness = admin.find_witness(session)
        extensions.set_management_key(AdminAlgorithm.AES_256, other)
    with card.session() as session:
        admin.authenticate_mutually(session, AdminAlgorithm.AES_256, other)
        extensions_of(session).set_management_key(former, card.admin_key)
    with card.admin_session():
        pass


@pytest.mark.needs("set tries", "metadata", "factory values")
def test_the_tries_are_set(card: CardUnderTest) -> None:
    """Setting the tries sets the factory's PIN and PUK."""
    with card.admin_session() as session:
        extensions_of(session).set_pin_retries(4, 5)
    with card.session() as session:
        assert session.pin_status().tries_left == 4
        assert yubico.YubicoExtensions(session, (0, 0, 0)).metadata(KeyRef.PUK).tries_total == 5
    with card.admin_session() as session:
        extensions_of(session).set_pin_retries(3, 3)


# --- the trace ---


def test_a_whole_enrolment_leaves_no_secret_in_the_trace(card: CardUnderTest) -> None:
    out = io.StringIO()
    with Desk(card.hub, wrap=lambda connection: TracingConnection(connection, out)).session(
        card.reader
    ) as session:
        gain_admin_status(session, card.admin_key)
        session.verify_pin(card.pin)
        key = make_key(card, session, Slot.AUTHENTICATION)
        certificate = self_signed(session, Slot.AUTHENTICATION, key)
        recipes.write_certificate(session, Slot.AUTHENTICATION, certificate.public_bytes(Encoding.DER))
    trace = out.getvalue().upper()
    assert trace.count("\n") > 8
    for secret in (card.pin, card.puk, card.admin_key):
        assert secret.bytes().hex().upper() not in trace
    assert "測試".encode().hex().upper() not in trace
