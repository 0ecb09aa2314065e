"""GENERATE ASYMMETRIC KEY PAIR and GENERAL AUTHENTICATE (SP 800-73-5 Part 2, 3.2.4, 3.3.2, appendix A)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cardtool.pcsc.virtual.piv import GENERIC, YUBIKEY, Algorithm, VirtualPivCard
from tests.unit.virtual.conftest import open_card
from tests.unit.virtual.terminal import (
    AES_128,
    AES_192,
    AES_256,
    DEFAULT_KEY,
    ED25519,
    P256,
    P384,
    RSA_2048,
    RSA_3072,
    TDEA,
    VERIFY_STATUS,
    X25519,
    Terminal,
    public_key,
    tlv,
)

DIGEST = bytes(range(32))
ADMIN_KEYS = {
    TDEA: DEFAULT_KEY,
    AES_128: DEFAULT_KEY[:16],
    AES_192: DEFAULT_KEY,
    AES_256: DEFAULT_KEY + DEFAULT_KEY[:8],
}


@pytest.fixture
def admin(terminal: Terminal) -> Terminal:
    terminal.admin()
    return terminal


def pkcs1_sha256(message: bytes, size: int) -> bytes:
    """EMSA-PKCS1-v1_5 (RFC 8017 9.2), as the host of a PIV card makes it."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(message)
    tail = bytes.fromhex("3031300d060960864801650304020105000420") + digest.finalize()
    return b"\x00\x01" + b"\xff" * (size - len(tail) - 3) + b"\x00" + tail


# --- generation -------------------------------------------------------------------------------


def test_generating_needs_the_management_key(terminal: Terminal) -> None:
    terminal.verify()
    assert terminal.send("0047009A", bytes.fromhex("AC03800111"))[1] == 0x6982


@pytest.mark.parametrize("slot", [0x9A, 0x9C, 0x9D, 0x9E, 0x82, 0x95, 0xF9])
def test_slots_that_take_a_key(admin: Terminal, slot: int) -> None:
    assert len(admin.generate(slot, P256)["86"]) == 65


@pytest.mark.parametrize("command", ["0047009B", "00470096", "00470081", "00470000", "0047019A"])
def test_slots_that_do_not(admin: Terminal, command: str) -> None:
    assert admin.send(command, bytes.fromhex("AC03800111"))[1] == 0x6A86


def test_generic_cards_do_not_generate_in_retired_slots() -> None:
    _, terminal = open_card(GENERIC)
    terminal.admin()
    assert terminal.send("00470082", bytes.fromhex("AC03800111"))[1] == 0x6A86


@pytest.mark.parametrize(
    "data", ["AC03800199", "AC03800103", "AC00", "AC0480020011", "8001", "", "AC06800111AA01FF"]
)
def test_malformed_templates(admin: Terminal, data: str) -> None:
    assert admin.send("0047009A", bytes.fromhex(data))[1] in (0x6A80, 0x6700)


def test_generating_again_replaces_the_key_and_leaves_the_certificate(admin: Terminal) -> None:
    first = admin.generate(0x9A, P256)
    admin.put("5FC105", b"certificate")
    assert admin.generate(0x9A, P256) != first
    assert admin.get("5FC105")[1] == 0x9000


# --- using keys -------------------------------------------------------------------------------


@pytest.mark.parametrize(("algorithm", "size"), [(RSA_2048, 256), (RSA_3072, 384), (0x16, 512)])
def test_rsa_signature(admin: Terminal, algorithm: int, size: int) -> None:
    public = public_key(algorithm, admin.generate(0x9A, algorithm))
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == size * 8
    admin.verify()
    signature, _ = admin.use_key(0x9A, algorithm, pkcs1_sha256(b"message", size))
    public.verify(signature, b"message", padding.PKCS1v15(), hashes.SHA256())


def test_rsa_decryption(admin: Terminal) -> None:
    public = public_key(RSA_2048, admin.generate(0x9D, RSA_2048))
    assert isinstance(public, rsa.RSAPublicKey)
    admin.verify()
    opened, _ = admin.use_key(0x9D, RSA_2048, public.encrypt(b"session key", padding.PKCS1v15()))
    assert opened.startswith(b"\x00\x02")
    assert opened.endswith(b"\x00session key")


@pytest.mark.parametrize("block", [b"", bytes(255), bytes(257), b"\xff" * 256])
def test_rsa_blocks_that_do_not_fit(admin: Terminal, block: bytes) -> None:
    admin.generate(0x9A, RSA_2048)
    admin.verify()
    assert admin.use_key(0x9A, RSA_2048, block)[1] == 0x6A80


@pytest.mark.parametrize(("algorithm", "digest"), [(P256, hashes.SHA256()), (P384, hashes.SHA384())])
def test_ecdsa(admin: Terminal, algorithm: int, digest: hashes.HashAlgorithm) -> None:
    public = public_key(algorithm, admin.generate(0x9A, algorithm))
    assert isinstance(public, ec.EllipticCurvePublicKey)
    admin.verify()
    hashed = bytes(range(digest.digest_size))
    signature, _ = admin.use_key(0x9A, algorithm, hashed)
    public.verify(signature, hashed, ec.ECDSA(utils.Prehashed(digest)))


def test_ecdsa_takes_the_leftmost_bits_and_fills_short_digests(admin: Terminal) -> None:
    public = public_key(P256, admin.generate(0x9A, P256))
    assert isinstance(public, ec.EllipticCurvePublicKey)
    admin.verify()
    algorithm = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
    public.verify(admin.use_key(0x9A, P256, DIGEST + b"more")[0], DIGEST, algorithm)
    public.verify(admin.use_key(0x9A, P256, b"\x01" * 20)[0], bytes(12) + b"\x01" * 20, algorithm)


@pytest.mark.parametrize(("algorithm", "curve"), [(P256, ec.SECP256R1()), (P384, ec.SECP384R1())])
def test_ecdh(admin: Terminal, algorithm: int, curve: ec.EllipticCurve) -> None:
    public = public_key(algorithm, admin.generate(0x9D, algorithm))
    assert isinstance(public, ec.EllipticCurvePublicKey)
    admin.verify()
    peer = ec.generate_private_key(curve)
    point = peer.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert admin.use_key(0x9D, algorithm, point, tag="85")[0] == peer.exchange(ec.ECDH(), public)


@pytest.mark.parametrize("point", [b"", bytes(65), b"\x04" + b"\xff" * 64, b"\x04" + bytes(63)])
def test_points_off_the_curve(admin: Terminal, point: bytes) -> None:
    admin.generate(0x9D, P256)
    admin.verify()
    assert admin.use_key(0x9D, P256, point, tag="85")[1] == 0x6A80


def test_ed25519_and_x25519(admin: Terminal) -> None:
    signer = public_key(ED25519, admin.generate(0x9A, ED25519))
    assert isinstance(signer, ed25519.Ed25519PublicKey)
    agreeing = x25519.X25519PublicKey.from_public_bytes(admin.generate(0x9D, X25519)["86"])
    admin.verify()
    signer.verify(admin.use_key(0x9A, ED25519, b"message")[0], b"message")
    peer = x25519.X25519PrivateKey.generate()
    shared, _ = admin.use_key(0x9D, X25519, peer.public_key().public_bytes_raw(), tag="85")
    assert shared == peer.exchange(agreeing)
    assert admin.use_key(0x9D, X25519, bytes(32), tag="85")[1] == 0x6A80
    assert admin.use_key(0x9D, X25519, b"message")[1] == 0x6A80


def test_empty_slot_and_wrong_algorithm(admin: Terminal) -> None:
    assert admin.use_key(0x9A, P256, DIGEST)[1] == 0x6A88
    assert admin.use_key(0x99, P256, DIGEST)[1] == 0x6A86
    admin.generate(0x9A, P256)
    admin.verify()
    assert admin.use_key(0x9A, P384, DIGEST)[1] == 0x6A86


@pytest.mark.parametrize("template", ["8100", "82008501", "82018101AA", "8200", "820081008500", "8281"])
def test_malformed_requests(admin: Terminal, template: str) -> None:
    admin.generate(0x9E, P256)
    assert admin.send("0087119E", tlv("7C", bytes.fromhex(template)))[1] == 0x6A80


# --- when the PIN is wanted -------------------------------------------------------------------


def test_card_authentication_needs_no_pin(admin: Terminal) -> None:
    admin.generate(0x9E, P256)
    assert admin.use_key(0x9E, P256, DIGEST)[1] == 0x9000


@pytest.mark.parametrize("slot", [0x9A, 0x9D, 0x82])
def test_one_pin_for_many_uses(admin: Terminal, slot: int) -> None:
    admin.generate(slot, P256)
    assert admin.use_key(slot, P256, DIGEST)[1] == 0x6982
    admin.verify()
    admin.get("5FC105")
    assert [admin.use_key(slot, P256, DIGEST)[1] for _ in range(3)] == [0x9000] * 3


def test_signature_key_wants_the_pin_right_before_each_use(admin: Terminal) -> None:
    admin.generate(0x9C, P256)
    assert admin.use_key(0x9C, P256, DIGEST)[1] == 0x6982
    admin.verify()
    assert admin.use_key(0x9C, P256, DIGEST)[1] == 0x9000
    assert admin.use_key(0x9C, P256, DIGEST)[1] == 0x6982


@pytest.mark.parametrize("between", ["00CB3FFF035C017E", "00200080", "00A4040005A000000308", "00FD0000"])
def test_anything_between_pin_and_signature_spoils_it(admin: Terminal, between: str) -> None:
    admin.generate(0x9C, P256)
    admin.verify()
    admin.send(between)
    assert admin.use_key(0x9C, P256, DIGEST)[1] == 0x6982
    assert admin.send(VERIFY_STATUS)[1] == 0x9000


def test_a_chained_signature_command_is_one_command(admin: Terminal) -> None:
    admin.generate(0x9C, RSA_2048)
    admin.verify()
    assert admin.use_key(0x9C, RSA_2048, pkcs1_sha256(b"message", 256))[1] == 0x9000


# --- the management key -----------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", list(ADMIN_KEYS))
def test_mutual_authentication(algorithm: int) -> None:
    _, terminal = open_card(replace(YUBIKEY, admin_algorithm=Algorithm(algorithm)))
    terminal.key = ADMIN_KEYS[algorithm]
    terminal.admin()
    assert terminal.put("5FC105", b"x") == 0x9000


@pytest.mark.parametrize("algorithm", list(ADMIN_KEYS))
def test_single_authentication(algorithm: int) -> None:
    _, terminal = open_card(replace(YUBIKEY, admin_algorithm=Algorithm(algorithm)))
    terminal.key = ADMIN_KEYS[algorithm]
    answer, _ = terminal.authenticate({"81": b""})
    response = terminal.run(terminal.cipher().encryptor(), answer[4:])
    assert terminal.authenticate({"82": response}) == (b"", 0x9000)
    assert terminal.put("5FC105", b"x") == 0x9000


def test_tdea_goes_by_two_names() -> None:
    _, terminal = open_card(GENERIC)
    assert terminal.send("0087009B", bytes.fromhex("7C028000"))[1] == 0x9000


@pytest.mark.parametrize("algorithm", [TDEA, AES_128, AES_256, P256])
def test_another_algorithm_than_the_keys(terminal: Terminal, algorithm: int) -> None:
    assert terminal.send(f"0087{algorithm:02X}9B", bytes.fromhex("7C028000"))[1] == 0x6A86


def test_wrong_key_takes_admin_away(admin: Terminal) -> None:
    admin.key = bytes(24)
    with pytest.raises(AssertionError, match="6982"):
        admin.admin()
    assert admin.put("5FC105", b"x") == 0x6982


def test_a_witness_is_good_for_the_next_command_only(terminal: Terminal) -> None:
    answer, _ = terminal.authenticate({"80": b""})
    opened = terminal.run(terminal.cipher().decryptor(), answer[4:])
    terminal.send(VERIFY_STATUS)
    assert terminal.authenticate({"80": opened, "81": bytes(16)})[1] == 0x6985
    assert terminal.put("5FC105", b"x") == 0x6982


def test_a_challenge_does_not_serve_as_witness(terminal: Terminal) -> None:
    answer, _ = terminal.authenticate({"81": b""})
    assert terminal.authenticate({"80": answer[4:], "81": bytes(16)})[1] == 0x6985


def test_the_card_does_not_encrypt_for_strangers(terminal: Terminal) -> None:
    assert terminal.authenticate({"81": bytes(16), "82": b""})[1] == 0x6985
    assert terminal.authenticate({"80": bytes(16), "81": bytes(16)})[1] == 0x6985


def test_power_loss_takes_admin_away_and_leaves_keys(card: VirtualPivCard, admin: Terminal) -> None:
    admin.generate(0x9E, P256)
    card.power_off()
    card.power_on()
    admin.select()
    assert admin.put("5FC105", b"x") == 0x6982
    assert admin.use_key(0x9E, P256, DIGEST)[1] == 0x9000
