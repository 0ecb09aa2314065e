"""OpenSC and our client, each on GIDS cards that the other one changed, through the real pcscd."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cardtool.cards.desk import Desk
from cardtool.cards.gids import admin, recipes, setup
from cardtool.cards.gids.files import CardFiles
from cardtool.cards.gids.types import KeyUse
from cardtool.cards.overview import CardOverview
from cardtool.pcsc.scard import ScardHub
from cardtool.pcsc.virtual.gids import PLAIN, SPARSE, Personality, VirtualGidsCard
from cardtool.secret import Secret
from tests.contract.gids_card import self_signed
from tests.system.conftest import Run
from tests.system.pcscd import CardProcess, StartCard
from tests.unit.virtual.terminal import certify

PIN = ("--login", "--pin", "123456")
ADMIN_KEY = "0102030405060708" * 3
NEW_ADMIN_KEY = "1112131415161718" * 3
MESSAGE = b"what the person agreed to"
RSA = ("--mechanism", "RSA-PKCS")
Insert = Callable[..., CardProcess]
both = pytest.mark.parametrize("personality", [PLAIN, SPARSE], ids=lambda kind: kind.name)


@pytest.fixture
def insert(vpcd_card: StartCard, tmp_path: Path) -> Insert:
    """``insert(personality=PLAIN, blank=False)`` → the card's process, in the first reader."""

    def start(personality: Personality = PLAIN, *, blank: bool = False) -> CardProcess:
        state = tmp_path / "gids.json"
        VirtualGidsCard.create(state, personality, blank=blank).close()
        return vpcd_card(state=state)

    return start


@pytest.fixture
def message(tmp_path: Path) -> Path:
    path = tmp_path / "message"
    path.write_bytes(MESSAGE)
    return path


def desk() -> Desk:
    return Desk(ScardHub())


def look(card: CardProcess) -> CardOverview:
    return next(each for each in desk().survey() if each.reader == card.reader)


def generate(run: Run, label: str = "first", key: str = "00") -> None:
    run("pkcs11-tool", *PIN, "--keypairgen", "--key-type", "rsa:2048", "--id", key, "--label", label)


def sign(run: Run, message: Path, key: str = "00") -> bytes:
    signature = message.with_name("signature")
    run(
        "pkcs11-tool", *PIN, "--sign", "--id", key, "--mechanism", "SHA256-RSA-PKCS",
        "--input-file", str(message), "--output-file", str(signature),
    )  # fmt: skip
    return signature.read_bytes()


# --- OpenSC alone with the software card ---


@both
def test_lists_a_card_that_was_set_up(insert: Insert, run: Run, personality: Personality) -> None:
    card = insert(personality)
    assert "GIDS Smart Card" in run("opensc-tool", "--name")
    listing = run("pkcs15-tool", "--dump")
    assert "PKCS#15 Card [GIDS card]" in listing
    assert f"Serial number  : {look(card).card_id}" in listing
    assert "Tries left     : 3" in listing
    assert "no container found" in run("gids-tool")


@both
def test_makes_a_key_and_signs(insert: Insert, run: Run, message: Path, personality: Personality) -> None:
    insert(personality)
    generate(run)
    signature = sign(run, message)
    assert len(signature) == 256
    public = message.with_name("public.pem")
    pem = run("pkcs15-tool", "--read-public-key", "00")
    public.write_text(pem[pem.index("-----BEGIN") :])
    verdict = run(
        "openssl", "dgst", "-sha256", "-verify", str(public),
        "-signature", str(message.with_name("signature")), str(message),
    )  # fmt: skip
    assert "Verified OK" in verdict


@both
def test_decrypts(insert: Insert, run: Run, message: Path, personality: Personality) -> None:
    card = insert(personality)
    generate(run)
    with desk().gids_session(card.reader) as session:
        public_key = session.public_key(recipes.list_containers(CardFiles(session))[0].key)
    sealed, opened = message.with_name("sealed"), message.with_name("opened")
    sealed.write_bytes(public_key.encrypt(MESSAGE, padding.PKCS1v15()))
    run(
        "pkcs11-tool", *PIN, "--decrypt", "--id", "00", *RSA,
        "--input-file", str(sealed), "--output-file", str(opened),
    )  # fmt: skip
    assert opened.read_bytes() == MESSAGE


def test_initialises_a_blank_card(insert: Insert, run: Run) -> None:
    card = insert(blank=True)
    assert look(card).card_id is None
    card_id = os.urandom(16).hex()
    run(
        "gids-tool", "--initialize", "--admin-key", ADMIN_KEY, "--pin", "123456", "--serial-number", card_id
    )  # fmt: skip
    assert f"Serial number  : {card_id}" in run("pkcs15-tool", "--dump")
    assert look(card).card_id == card_id
    state = VirtualGidsCard.inspect(card.state)
    assert state.operational
    assert state.pin.value == b"123456"


def test_what_opensc_sets_up_is_what_the_software_card_comes_with(insert: Insert, run: Run) -> None:
    card = insert(blank=True)
    run(
        "gids-tool", "--initialize", "--admin-key", ADMIN_KEY, "--pin", "123456",
        "--serial-number", "01" * 16,
    )  # fmt: skip
    made, ours = VirtualGidsCard.inspect(card.state), VirtualGidsCard.create().state
    assert made.pin == ours.pin
    assert made.files.keys() == ours.files.keys()
    ours.files[0xA012].objects = made.files[0xA012].objects  # the card identifier is random
    assert made.files == ours.files


def test_a_card_that_we_set_up_is_the_same_and_opensc_takes_it(
    insert: Insert, run: Run, message: Path
) -> None:
    card = insert(blank=True)
    card_id = bytes.fromhex("0123456789ABCDEF" * 2)
    with desk().gids_session(card.reader) as session:
        setup.set_up(session, Secret("123456"), Secret(bytes.fromhex(ADMIN_KEY)), card_id)
    made, ours = VirtualGidsCard.inspect(card.state), VirtualGidsCard.create().state
    ours.files[0xA012].objects = {0xDF20: card_id}
    assert made == ours
    assert f"Serial number  : {card_id.hex()}" in run("pkcs15-tool", "--dump")
    generate(run)
    assert sign(run, message)


def test_admin_key_and_unblocking(insert: Insert, run: Run) -> None:
    card = insert()
    for _ in range(3):
        run("pkcs11-tool", "--login", "--pin", "999999", "--list-objects", status=1)
    assert VirtualGidsCard.inspect(card.state).pin.tries == 0
    run("gids-tool", "--change-admin-key", "--admin-key", ADMIN_KEY, "--new-admin-key", NEW_ADMIN_KEY)
    run("gids-tool", "--unblock", "--admin-key", NEW_ADMIN_KEY, "--pin", "654321")
    pin = VirtualGidsCard.inspect(card.state).pin
    assert (pin.value, pin.tries) == (b"654321", 3)
    run("gids-tool", "--unblock", "--admin-key", ADMIN_KEY, "--pin", "111111", status=1)
    run("pkcs11-tool", "--login", "--pin", "654321", "--change-pin", "--new-pin", "13579")
    assert VirtualGidsCard.inspect(card.state).pin.value == b"13579"


# --- our client after OpenSC ---


def test_we_use_the_key_and_certificate_that_opensc_wrote(insert: Insert, run: Run, message: Path) -> None:
    card = insert()
    generate(run, "by OpenSC")
    with desk().gids_session(card.reader) as session:
        container = recipes.list_containers(CardFiles(session))[0]
        public_key = session.public_key(container.key)
    certificate = certify(public_key, "Wang Xiaoming").public_bytes(Encoding.DER)
    file = message.with_name("certificate.der")
    file.write_bytes(certificate)
    run("pkcs11-tool", *PIN, "--write-object", str(file), "--type", "cert", "--id", "00")
    found = look(card).containers[0]
    assert found.der == certificate
    assert (found.container.name, found.container.use, found.container.is_default) == (
        "by OpenSC", KeyUse.EXCHANGE, True,
    )  # fmt: skip
    with desk().gids_session(card.reader) as session:
        session.verify_pin(Secret("123456"))
        signature = recipes.sign_message(session, container, public_key, MESSAGE)
    public_key.verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())


# --- OpenSC after our client ---


@both
def test_opensc_uses_what_we_wrote(insert: Insert, run: Run, message: Path, personality: Personality) -> None:
    card = insert(personality)
    with desk().gids_session(card.reader) as session:
        session.verify_pin(Secret("123456"))
        files = CardFiles(session)
        container, public_key = recipes.new_container(session, files)
        key = recipes.private_key(session, container, public_key)
        certificate = self_signed(key)
        recipes.write_certificate(files, container, certificate.public_bytes(Encoding.DER))
    listing = run("pkcs15-tool", "--dump")
    assert f"Private RSA Key [{container.name}]" in listing
    pem = run("pkcs15-tool", "--read-certificate", "00")
    assert x509.load_pem_x509_certificate(pem[pem.index("-----BEGIN") :].encode()) == certificate
    public_key.verify(sign(run, message), MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    pem = run("pkcs15-tool", "--read-public-key", "00")
    shown = public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert shown.strip() in pem


def test_opensc_adds_to_our_containers_and_we_to_its(insert: Insert, run: Run, message: Path) -> None:
    card = insert()
    names = []
    for use in (KeyUse.EXCHANGE, KeyUse.SIGNATURE):
        with desk().gids_session(card.reader) as session:
            session.verify_pin(Secret("123456"))
            names.append(recipes.new_container(session, CardFiles(session), use=use)[0].name)
        generate(run, f"OpenSC {use.name}", f"0{len(names)}")
        names.append(f"OpenSC {use.name}")
    assert [each.container.name for each in look(card).containers] == names
    listing = run("pkcs15-tool", "--dump")
    assert all(f"Private RSA Key [{name}]" in listing for name in names)
    for key in ("00", "01", "02", "03"):
        assert sign(run, message, key)
    with desk().gids_session(card.reader) as session:
        session.verify_pin(Secret("123456"))
        files = CardFiles(session)
        for container in recipes.list_containers(files)[:3]:
            recipes.delete_container(session, files, container)
    listing = run("pkcs15-tool", "--dump")
    assert [name in listing for name in names] == [False, False, False, True]
    generate(run, "in a free place", "04")  # 0.23 takes the numbers of empty places for used ones
    found = [(each.container.index, each.container.name) for each in look(card).containers]
    assert found == [(0, "in a free place"), (3, names[3])]


def test_opensc_takes_pin_and_admin_key_that_we_changed(insert: Insert, run: Run) -> None:
    card = insert()
    with desk().gids_session(card.reader) as session:
        session.change_pin(Secret("123456"), Secret("24681357"))
        admin.change_admin_key(
            session, Secret(bytes.fromhex(ADMIN_KEY)), Secret(bytes.fromhex(NEW_ADMIN_KEY))
        )
    run("pkcs11-tool", "--login", "--pin", "24681357", "--list-objects")
    run("gids-tool", "--unblock", "--admin-key", NEW_ADMIN_KEY, "--pin", "123456")
    run("pkcs11-tool", *PIN, "--list-objects")
