"""What holds for every GIDS card: software cards in-process and through pcscd, and a card named by ``--reader``.

``--card-secrets`` holds ``pin`` and ``admin_key`` (48 hex digits); see conftest.py for the rest.
"""

from __future__ import annotations

import io
import os
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from cardtool import errors
from cardtool.cards.desk import Desk
from cardtool.cards.gids import admin, recipes
from cardtool.cards.gids.files import CardFiles
from cardtool.cards.gids.objects import CacheFile
from cardtool.cards.gids.session import GidsSession
from cardtool.cards.gids.types import CARDCF, Container, FileId, KeyUse, ObjectTag
from cardtool.cards.keys import CardRSAPrivateKey
from cardtool.cards.recognise import is_same_gids_card
from cardtool.pcsc.trace import TracingConnection
from cardtool.secret import Secret
from tests.contract import gids_card
from tests.contract.gids_card import GidsUnderTest, self_signed

WRONG_PIN = Secret("111111")
REFUSALS = (errors.SecurityStatusNotSatisfied, errors.CardCommandFailed)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "gids" in metafunc.fixturenames:
        metafunc.parametrize("gids", gids_card.kinds(metafunc.config), indirect=True)


@pytest.fixture
def gids(request: pytest.FixtureRequest) -> GidsUnderTest:
    found = gids_card.make(request, request.param)
    for mark in request.node.iter_markers("needs"):
        missing = found.lacks(*mark.args)
        if missing:
            request.node.user_properties.append(("not claimed", (found.profile.name, missing)))
            pytest.skip(f"{found.profile.name}: {missing}")
    return found


def made(
    session: GidsSession, files: CardFiles, use: KeyUse = KeyUse.EXCHANGE
) -> tuple[Container, rsa.RSAPublicKey, CardRSAPrivateKey]:
    container, public_key = recipes.new_container(session, files, use=use)
    return container, public_key, recipes.private_key(session, container, public_key)


# --- looking: nothing is written, no try is spent ---


def test_the_overview_is_read_with_few_commands(gids: GidsUnderTest) -> None:
    overview = gids.overview
    assert (overview.kind, overview.reader) == ("gids", gids.reader)
    assert overview.pin is not None
    assert overview.pin.tries_left
    assert overview.card_id
    # Both SELECTs, tries, table of files, card id, container map; more only for what files and certificates weigh.
    weight = sum(len(item.der or b"") // 200 + 2 for item in overview.containers)
    assert len(gids.recorder.acts) <= 8 + weight


def test_it_is_the_same_card(gids: GidsUnderTest) -> None:
    overview = gids.overview
    with gids.session() as session:
        assert is_same_gids_card(session, overview)
        assert not is_same_gids_card(session, replace(overview, card_id="00"))


def test_a_fresh_session_is_not_verified(gids: GidsUnderTest) -> None:
    with gids.session() as session:
        assert not session.pin_status().verified
        assert not session.status_gained
        with pytest.raises(REFUSALS):
            session.put_data(FileId.USER_WRITES, 0xDF7F, b"x")


def test_it_is_no_piv_card(gids: GidsUnderTest) -> None:
    with pytest.raises(errors.NotSupportedByCard), gids.desk.session(gids.reader):
        pytest.fail("it must not be spoken to as PIV")


@pytest.mark.needs("secrets")
def test_the_right_pin_and_its_loss(gids: GidsUnderTest) -> None:
    with gids.user_session() as (session, files):
        files.freshen()
        assert session.logout()
        with pytest.raises(REFUSALS):
            files.freshen()
    with gids.session() as session, pytest.raises(REFUSALS):
        CardFiles(session).freshen()


# --- PIN, with tries spent ---


@pytest.mark.needs("secrets", "writes")
def test_a_wrong_pin_costs_a_try_and_the_right_one_gives_it_back(gids: GidsUnderTest) -> None:
    with gids.session() as session:
        before = session.pin_counter().tries_left
        assert before is not None
        with pytest.raises(errors.WrongPin) as wrong:
            session.verify_pin(WRONG_PIN)
        assert wrong.value.tries_left == before - 1 == session.pin_counter().tries_left
        session.verify_pin(gids.pin)
        assert session.pin_counter().tries_left == before


@pytest.mark.needs("secrets")
@pytest.mark.parametrize("value", ["123", "1" * 17, "12 45", "測試測試"])
def test_what_cannot_be_right_is_never_sent(gids: GidsUnderTest, value: str) -> None:
    with gids.session() as session:
        sent = len(gids.recorder.acts)
        with pytest.raises(errors.PinNotSent):
            session.verify_pin(Secret(value))
        with pytest.raises(errors.PinNotSent):
            session.change_pin(gids.pin, Secret(value))
        assert len(gids.recorder.acts) == sent


@pytest.mark.needs("secrets", "writes")
def test_the_pin_is_changed_with_few_commands(gids: GidsUnderTest) -> None:
    other = Secret("2468135")
    gids.recorder.acts.clear()
    with gids.session() as session:
        session.change_pin(gids.pin, other)
    assert len(gids.recorder.acts) <= 5
    with gids.session() as session:
        with pytest.raises(errors.WrongPin):
            session.verify_pin(gids.pin)
        session.change_pin(other, gids.pin)
        session.verify_pin(gids.pin)


@pytest.mark.needs("secrets", "writes")
def test_a_blocked_card_is_unblocked_with_an_answer_from_elsewhere(gids: GidsUnderTest) -> None:
    with gids.session() as session:
        while session.pin_counter().tries_left:
            with pytest.raises((errors.WrongPin, errors.PinBlocked)):
                session.verify_pin(WRONG_PIN)
        with pytest.raises(errors.PinBlocked):
            session.verify_pin(gids.pin)
        assert recipes.read_pin_status(session).blocked
    with gids.session() as session:
        challenge = recipes.ask_unblock(session)
        session.keep_alive()
        recipes.unblock(session, elsewhere(gids.admin_key, challenge), gids.pin)
    with gids.session() as session:
        session.verify_pin(gids.pin)


def elsewhere(key: Secret, challenge: bytes) -> bytes:
    """The RA's half, written apart from the client's: one block of 3DES."""
    return Cipher(TripleDES(key.bytes()), modes.CBC(bytes(8))).encryptor().update(challenge)


@pytest.mark.needs("secrets", "writes")
def test_a_wrong_or_late_answer_unblocks_nothing(gids: GidsUnderTest) -> None:
    new = Secret("999999")
    with gids.session() as session:
        recipes.ask_unblock(session)
        with pytest.raises(REFUSALS):
            recipes.unblock(session, bytes(8), new)
        with pytest.raises(REFUSALS):
            session.reset_retry_counter(new)
        answer = elsewhere(gids.admin_key, recipes.ask_unblock(session))
        session.external_response(answer)
        with pytest.raises(REFUSALS):
            session.external_response(answer)
    with gids.session() as session:
        session.verify_pin(gids.pin)


# --- the admin key ---


@pytest.mark.needs("secrets", "writes")
@pytest.mark.parametrize("authenticate", [admin.authenticate_mutually, admin.authenticate_externally])
def test_admin_status_is_gained_and_dropped(gids: GidsUnderTest, authenticate: object) -> None:
    assert callable(authenticate)
    with gids.session() as session:
        identifier = CardFiles(session).read("cardid")
        with pytest.raises(REFUSALS):
            authenticate(session, Secret(bytes(range(1, 25))))
        assert not session.status_gained
        with pytest.raises(REFUSALS):
            session.put_data(FileId.ADMIN_WRITES, ObjectTag.KEYMAP, identifier)
        authenticate(session, gids.admin_key)
        assert session.status_gained
        CardFiles(session).write("cardid", identifier)
    with gids.session() as session, pytest.raises(REFUSALS):
        CardFiles(session).write("cardid", identifier)


@pytest.mark.needs("secrets", "writes")
def test_the_admin_key_is_changed(gids: GidsUnderTest) -> None:
    other = Secret(os.urandom(24))
    with gids.session() as session:
        admin.change_admin_key(session, gids.admin_key, other)
    with gids.session() as session:
        with pytest.raises(REFUSALS):
            admin.authenticate_mutually(session, gids.admin_key)
        admin.change_admin_key(session, other, gids.admin_key)


# --- containers, keys, certificates ---


@pytest.mark.needs("secrets", "writes")
def test_a_certificate_from_key_to_proof(gids: GidsUnderTest) -> None:
    with gids.user_session() as (session, files):
        container, public_key, key = made(session, files)
        der = self_signed(key).public_bytes(Encoding.DER)
        recipes.write_certificate(files, container, der)
        assert recipes.read_certificate(CardFiles(session), container) == der
        assert session.public_key(container.key) == public_key
    with gids.user_session() as (session, files):
        assert container in recipes.list_containers(files)
        signature = recipes.sign_message(session, container, public_key, b"proof")
    public_key.verify(signature, b"proof", padding.PKCS1v15(), hashes.SHA256())
    found = {item.container.name: item.der for item in gids.overview.containers}
    assert found[container.name] == der
    with gids.user_session() as (session, files):
        recipes.delete_container(session, files, container)
    assert container.name not in {item.container.name for item in gids.overview.containers}


@pytest.mark.needs("secrets", "writes")
def test_a_new_key_never_takes_the_place_of_another(gids: GidsUnderTest) -> None:
    with gids.user_session() as (session, files):
        first, first_key, _ = made(session, files)
        second, _, _ = made(session, files, KeyUse.SIGNATURE)
        assert first.index != second.index
        assert first.name != second.name
        assert (first.use, second.use) == (KeyUse.EXCHANGE, KeyUse.SIGNATURE)
        assert session.public_key(first.key) == first_key
        assert sum(each.is_default for each in recipes.list_containers(files)) == 1
        recipes.delete_container(session, files, first)
        assert second in recipes.list_containers(files)
        third, _, _ = made(session, files)
        assert third.index == first.index
        for each in (second, third):
            recipes.delete_container(session, files, each)


@pytest.mark.needs("secrets", "writes", "RSA-3072")
def test_larger_keys(gids: GidsUnderTest) -> None:
    with gids.user_session() as (session, files):
        container, public_key = recipes.new_container(session, files, 3072)
        assert public_key.key_size == container.bits == 3072
        recipes.sign_message(session, container, public_key, b"m")
        recipes.delete_container(session, files, container)


@pytest.mark.needs("secrets", "writes")
def test_request_pss_and_cms_by_cryptography(gids: GidsUnderTest) -> None:
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    with gids.user_session() as (session, files):
        container, _, key = made(session, files)
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        assert request.sign(key, hashes.SHA256()).is_signature_valid
        assert key.sign(b"m", pss, hashes.SHA384())
        cms = pkcs7.PKCS7SignatureBuilder().set_data(b"m").add_signer(self_signed(key), key, hashes.SHA256())
        assert cms.sign(Encoding.DER, [])
        recipes.delete_container(session, files, container)


@pytest.mark.needs("secrets", "writes")
def test_decipher(gids: GidsUnderTest) -> None:
    with gids.user_session() as (session, files):
        container, public_key, _ = made(session, files)
        sealed = public_key.encrypt(b"content key", padding.PKCS1v15())
        assert recipes.decipher(session, container, sealed) == b"content key"
        recipes.delete_container(session, files, container)


@pytest.mark.needs("secrets", "writes")
def test_a_key_wants_the_pin(gids: GidsUnderTest) -> None:
    with gids.user_session() as (session, files):
        container, public_key, _ = made(session, files)
    with gids.session() as session, pytest.raises(REFUSALS):
        recipes.sign_message(session, container, public_key, b"m")
    with gids.user_session() as (session, files):
        recipes.delete_container(session, files, container)


@pytest.mark.needs("secrets", "writes")
@pytest.mark.parametrize("filler", [300, 1500])
def test_certificates_of_all_sizes_come_back(gids: GidsUnderTest, filler: int) -> None:
    with gids.user_session() as (session, files):
        container, _, key = made(session, files)
        der = self_signed(key, filler).public_bytes(Encoding.DER)
        recipes.write_certificate(files, container, der)
        assert recipes.read_certificate(files, container) == der
        recipes.delete_container(session, files, container)
        assert recipes.read_certificate(files, container) is None


@pytest.mark.needs("secrets", "writes")
def test_windows_is_told_of_every_change(gids: GidsUnderTest) -> None:
    def freshness() -> CacheFile:
        return CacheFile.parse(files.read(CARDCF))

    with gids.user_session() as (session, files):
        start = freshness()
        container, _, key = made(session, files)
        with_key = freshness()
        assert with_key == start.freshened(containers=True)
        recipes.write_certificate(files, container, self_signed(key).public_bytes(Encoding.DER))
        assert freshness() == with_key.freshened()
        recipes.delete_container(session, files, container)
        assert freshness() == with_key.freshened().freshened(containers=True)


@pytest.mark.needs("secrets", "writes", "hands")
def test_a_key_made_just_before_a_pull_is_left_alone(gids: GidsUnderTest) -> None:
    assert gids.pull is not None
    assert gids.insert is not None
    with gids.user_session() as (session, files):
        orphan, _, _ = made(session, files)
        files.write("mscp/cmapfile", b"")  # as if it had not been entered yet
    gids.pull()
    gids.insert()
    with gids.user_session() as (session, files):
        assert recipes.list_containers(files) == ()
        container, public_key, _ = made(session, files)
        assert container.index != orphan.index
        recipes.sign_message(session, container, public_key, b"m")


@pytest.mark.needs("secrets", "writes")
def test_a_whole_enrolment_leaves_no_secret_in_the_trace(gids: GidsUnderTest) -> None:
    out = io.StringIO()
    new_key = Secret(os.urandom(24))
    with Desk(gids.hub, wrap=lambda inner: TracingConnection(inner, out)).gids_session(
        gids.reader
    ) as session:
        admin.authenticate_externally(session, gids.admin_key)
        session.put_admin_key(new_key)
        session.put_admin_key(gids.admin_key)
        session.verify_pin(gids.pin)
        files = CardFiles(session)
        container, _, key = made(session, files)
        recipes.write_certificate(files, container, self_signed(key).public_bytes(Encoding.DER))
        recipes.delete_container(session, files, container)
        recipes.unblock(session, elsewhere(gids.admin_key, recipes.ask_unblock(session)), gids.pin)
    trace = out.getvalue().upper()
    assert trace.count("\n") > 20
    for secret in (gids.pin, gids.admin_key, new_key):
        assert secret.bytes().hex().upper() not in trace
    assert "測試".encode().hex().upper() not in trace
    assert container.name.encode("utf-16-le").hex().upper() not in trace
