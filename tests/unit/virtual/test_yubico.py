"""Yubico's extensions byte for byte, and their absence."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519

from cardtool.pcsc.virtual.piv import FRAGILE, GENERIC, Personality, VirtualPivCard
from tests.unit.virtual.conftest import open_card
from tests.unit.virtual.terminal import (
    AES_256,
    ED25519,
    P256,
    RSA_2048,
    TDEA,
    VERIFY_WRONG,
    X25519,
    Terminal,
    children,
    public_key,
    tlv,
)

WRONG_UNBLOCK = bytes.fromhex("002C008010") + b"9999999924681012"


def metadata(terminal: Terminal, reference: int) -> dict[str, bytes]:
    return children(terminal.ok(f"00F700{reference:02X}00"))


def block_everything(terminal: Terminal) -> None:
    for command in (VERIFY_WRONG, WRONG_UNBLOCK) * 3:
        terminal.send(command)


@pytest.mark.parametrize("personality", [GENERIC, FRAGILE], ids=lambda kind: kind.name)
@pytest.mark.parametrize("ins", ["F6", "F7", "F8", "F9", "FA", "FB", "FD", "FE", "FF"])
def test_cards_without_extensions_do_not_know_them(personality: Personality, ins: str) -> None:
    _, terminal = open_card(personality)
    terminal.admin()
    assert terminal.send(f"00{ins}0000")[1] == 0x6D00


def test_version_and_serial(card: VirtualPivCard, terminal: Terminal) -> None:
    assert terminal.ok("00FD000000") == bytes([5, 7, 1])
    assert terminal.ok("00F8000000") == card.state.serial.to_bytes(4, "big")


def test_tries_of_pin_and_puk_without_spending_one(terminal: Terminal) -> None:
    assert metadata(terminal, 0x80) == {"01": b"\xff", "05": b"\x01", "06": b"\x03\x03"}
    terminal.send(VERIFY_WRONG)
    terminal.send(WRONG_UNBLOCK)
    assert metadata(terminal, 0x80)["06"] == b"\x03\x02"
    assert metadata(terminal, 0x81)["06"] == b"\x03\x02"
    terminal.send("00240080", b"123456\xff\xff" + b"24681012")
    assert metadata(terminal, 0x80)["05"] == b"\x00"


def test_key_metadata(terminal: Terminal) -> None:
    terminal.admin()
    point = terminal.generate(0x9C, P256)["86"]
    assert metadata(terminal, 0x9C) == {
        "01": bytes([P256]),
        "02": b"\x03\x01",
        "03": b"\x01",
        "04": tlv("86", point),
    }
    assert terminal.send("00F7009A00")[1] == 0x6A88
    assert terminal.send("00F7009600")[1] == 0x6A88


def test_policies_asked_for_at_generation(terminal: Terminal) -> None:
    terminal.admin()
    terminal.ok("0047009A", bytes.fromhex("AC09800111AA0103AB0102"))
    assert metadata(terminal, 0x9A)["02"] == b"\x03\x02"
    terminal.verify()
    assert [terminal.use_key(0x9A, P256, bytes(32))[1] for _ in range(2)] == [0x9000, 0x6982]


@pytest.mark.parametrize(("algorithm", "size"), [(TDEA, 24), (0x08, 16), (0x0A, 24), (AES_256, 32)])
def test_set_management_key(terminal: Terminal, algorithm: int, size: int) -> None:
    key = bytes(range(1, size + 1))
    command = bytes([algorithm, 0x9B, size]) + key
    assert terminal.send("00FFFFFF", command)[1] == 0x6982
    terminal.admin()
    assert terminal.send("00FFFFFF", command)[1] == 0x9000
    assert metadata(terminal, 0x9B) == {"01": bytes([algorithm]), "02": b"\x00\x01", "05": b"\x00"}
    terminal.algorithm, terminal.key = algorithm, key
    terminal.admin()


@pytest.mark.parametrize(
    "data", ["", "0A9B17" + "00" * 23, "0A9B18" + "00" * 23, "0A9A18" + "00" * 24, "079B18" + "00" * 24]
)
def test_malformed_management_keys(terminal: Terminal, data: str) -> None:
    terminal.admin()
    assert terminal.send("00FFFFFF", bytes.fromhex(data))[1] in (0x6A80, 0x6700)


def test_set_retries_needs_both_and_goes_back_to_the_factory_values(terminal: Terminal) -> None:
    terminal.admin()
    assert terminal.send("00FA0508")[1] == 0x6982
    terminal.verify()
    terminal.send("00240080", b"123456\xff\xff" + b"24681012")
    terminal.ok("00FA0508")
    assert metadata(terminal, 0x80)["06"] == b"\x05\x05"
    assert metadata(terminal, 0x81)["06"] == b"\x08\x08"
    terminal.verify()


def test_import_rsa(terminal: Terminal) -> None:
    private = rsa.generate_private_key(65537, 2048)
    numbers = private.private_numbers()
    parts = {"01": numbers.p, "02": numbers.q, "03": numbers.dmp1, "04": numbers.dmq1, "05": numbers.iqmp}
    data = b"".join(tlv(tag, value.to_bytes(128, "big")) for tag, value in parts.items())
    assert terminal.send("00FE079D", data)[1] == 0x6982
    terminal.admin()
    assert terminal.send("00FE079D", data)[1] == 0x9000
    held = metadata(terminal, 0x9D)
    assert held["03"] == b"\x02"
    assert public_key(RSA_2048, children(held["04"])) == private.public_key()


def test_import_curves(terminal: Terminal) -> None:
    terminal.admin()
    curve = ec.generate_private_key(ec.SECP256R1())
    terminal.ok("00FE119A", tlv("06", curve.private_numbers().private_value.to_bytes(32, "big")))
    assert public_key(P256, children(metadata(terminal, 0x9A)["04"])) == curve.public_key()
    signer = ed25519.Ed25519PrivateKey.generate()
    terminal.ok(f"00FE{ED25519:02X}9A", tlv("07", signer.private_bytes_raw()))
    assert public_key(ED25519, children(metadata(terminal, 0x9A)["04"])) == signer.public_key()
    agreeing = x25519.X25519PrivateKey.generate()
    terminal.ok(f"00FE{X25519:02X}9D", tlv("08", agreeing.private_bytes_raw()))
    assert children(metadata(terminal, 0x9D)["04"])["86"] == agreeing.public_key().public_bytes_raw()


@pytest.mark.parametrize(
    "data", ["", "0600", "0620" + "00" * 32, "0620" + "FF" * 32, "010103020105", "01010302010D"]
)
@pytest.mark.parametrize("algorithm", ["07", "11", "E0", "E1"])
def test_keys_that_are_none(terminal: Terminal, algorithm: str, data: str) -> None:
    terminal.admin()
    assert terminal.send(f"00FE{algorithm}9A", bytes.fromhex(data))[1] in (0x6A80, 0x6700)


def test_move_and_delete(card: VirtualPivCard, terminal: Terminal) -> None:
    assert terminal.send("00F6829D")[1] == 0x6982
    terminal.admin()
    assert terminal.send("00F6829D")[1] == 0x6A88
    public = terminal.generate(0x9D, P256)
    assert terminal.send("00F6829D")[1] == 0x9000
    assert children(metadata(terminal, 0x82)["04"]) == public
    terminal.generate(0x9D, P256)
    assert terminal.send("00F6829D")[1] == 0x6985, "the destination is taken"
    assert terminal.send("00F6F99D")[1] == 0x6A86
    assert terminal.send("00F69BF9")[1] == 0x6A86
    assert terminal.send("00F6FF82")[1] == 0x9000
    assert set(card.state.keys) == {0x9D, 0xF9}


def test_attestation(card: VirtualPivCard, terminal: Terminal) -> None:
    terminal.admin()
    public = public_key(P256, terminal.generate(0x9A, P256))
    statement = x509.load_der_x509_certificate(terminal.ok("00F99A0000"))
    held = children(children(terminal.get("5FFF01")[0])["53"])["70"]
    signer = x509.load_der_x509_certificate(held)
    statement.verify_directly_issued_by(signer)
    signer.verify_directly_issued_by(x509.load_der_x509_certificate(card.state.attestation_root))
    assert statement.public_key() == public
    values = {
        extension.oid.dotted_string: extension.value.public_bytes() for extension in statement.extensions
    }
    assert values["1.3.6.1.4.1.41482.3.3"] == bytes([5, 7, 1])
    assert values["1.3.6.1.4.1.41482.3.7"] == b"\x02\x04" + card.state.serial.to_bytes(4, "big")
    assert values["1.3.6.1.4.1.41482.3.8"] == bytes([2, 1])


def test_no_attestation_for_imported_and_missing_keys(terminal: Terminal) -> None:
    terminal.admin()
    terminal.ok("00FE119A", tlv("06", bytes(31) + b"\x07"))
    assert terminal.send("00F99A0000")[1] == 0x6A80
    assert terminal.send("00F99C0000")[1] == 0x6A88
    terminal.generate(0x9C, P256)
    terminal.put("5FFF01", b"")
    assert terminal.send("00F99C0000")[1] == 0x6985


def test_each_card_attests_with_its_own_key() -> None:
    cards = [open_card()[0] for _ in range(2)]
    assert cards[0].state.keys[0xF9].pkcs8 != cards[1].state.keys[0xF9].pkcs8


def test_reset_only_when_pin_and_puk_are_blocked(card: VirtualPivCard, terminal: Terminal) -> None:
    terminal.admin()
    terminal.generate(0x9A, P256)
    terminal.put("5FC105", b"certificate")
    terminal.ok("00FFFFFF", bytes([0x0A, 0x9B, 24]) + bytes(24))
    assert terminal.send("00FB0000")[1] == 0x6985
    block_everything(terminal)
    assert terminal.send("00FB0000")[1] == 0x9000
    assert set(card.state.keys) == {0xF9}
    assert set(card.state.objects) == {0x5FFF01}
    assert terminal.put("5FC105", b"x") == 0x6982, "admin status must be gone"
    terminal.verify()
    terminal.admin()
