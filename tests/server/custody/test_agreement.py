"""The RA and CardTool were written apart from the same documents; here they meet."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from cardtool.pcsc.virtual.piv.card import VirtualPivCard
from cardtool.pcsc.virtual.piv.personality import YUBIKEY, Algorithm
from cardtool.pcsc.virtual.piv.state import ManagementKey, factory_state
from cardtool.ra.statements import card_verification_statement, stored_statement
from server_stub.custody.master import MasterKey
from server_stub.custody.relay import AdminRelay
from server_stub.custody.statements import check_statement

CARD_ID = "00112233445566778899aabbccddeeff"
SELECT_PIV = bytes.fromhex("00a4040005a000000308")
ALGORITHMS = {
    "TDES": Algorithm.TDEA,
    "AES-128": Algorithm.AES_128,
    "AES-192": Algorithm.AES_192,
    "AES-256": Algorithm.AES_256,
}


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> MasterKey:
    return MasterKey.open(tmp_path_factory.mktemp("custody") / "master.json")


def _card(algorithm: Algorithm, key: bytes) -> VirtualPivCard:
    state = factory_state(YUBIKEY, serial=1)
    state.management_key = ManagementKey(algorithm, key)
    card = VirtualPivCard(state)
    card.power_on()
    assert card.transmit(SELECT_PIV).endswith(b"\x90\x00")
    return card


def _admin(card: VirtualPivCard, algorithm: Algorithm, items: bytes) -> bytes:
    """GENERAL AUTHENTICATE with key 9B; the value of the one object in the answer, or the status word."""
    data = bytes([0x7C, len(items)]) + items
    answer = card.transmit(bytes([0x00, 0x87, algorithm, 0x9B, len(data)]) + data + b"\x00")
    return answer[4:-2] if answer.endswith(b"\x90\x00") else answer


def _item(tag: int, value: bytes) -> bytes:
    return bytes([tag, len(value)]) + value


@pytest.mark.parametrize("name", ALGORITHMS)
def test_admin_relay_with_the_software_card(master: MasterKey, name: str) -> None:
    algorithm, key = ALGORITHMS[name], master.admin_key(1, CARD_ID, name)
    card, relay = _card(algorithm, key), AdminRelay(name, key)

    witness, challenge = relay.answer_witness(_admin(card, algorithm, _item(0x80, b"")))
    response = _admin(card, algorithm, _item(0x80, witness) + _item(0x81, challenge))

    assert card.state.management_key.value == key
    assert AdminRelay.restore(name, key, challenge).check(response)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_card_of_another_id_refuses(master: MasterKey, name: str) -> None:
    algorithm, other = ALGORITHMS[name], "ff" * 16
    card = _card(algorithm, master.admin_key(1, other, name))
    relay = AdminRelay(name, master.admin_key(1, CARD_ID, name))

    witness, challenge = relay.answer_witness(_admin(card, algorithm, _item(0x80, b"")))
    response = _admin(card, algorithm, _item(0x80, witness) + _item(0x81, challenge))

    assert response == b"\x69\x82"
    assert not relay.check(response)


@pytest.mark.parametrize("kind", ["card-verification", "stored"])
def test_statements_as_the_client_writes_them(kind: str) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    if kind == "stored":
        text = stored_statement(audience="https://ra.example", certificate=b"DER", order="o-1", now=now)
        own = {"order": "o-1", "certificate_sha256": hashlib.sha256(b"DER").hexdigest()}
    else:
        text = card_verification_statement(
            audience="https://ra.example", card_id=CARD_ID, nonce=b"\xab" * 32, purpose="apply", now=now
        )
        own = {"card_id": CARD_ID, "nonce": "ab" * 32, "purpose": "apply"}

    expected = {"audience": "https://ra.example", "type": kind} | own
    check_statement(key.public_key(), text, key.sign(text, ec.ECDSA(SHA256())), expected, now)
