"""What is fuzzed. A target takes any bytes; it may raise nothing, must end soon and keep its memory.

Whatever a card says is answered by an error of ``cardtool.errors``, and never by Defect.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec

from cardtool.cards import explain
from cardtool.cards.desk import Desk
from cardtool.cards.piv import admin, objects, placement, recipes, unblock, yubico
from cardtool.cards.piv.capabilities import algorithms_told, read_capabilities
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import AdminAlgorithm, Algorithm, KeyRef, ObjectTag, Slot
from cardtool.pcsc import tlv
from cardtool.pcsc.apdu import Command
from cardtool.pcsc.atr import takes_extended_length
from cardtool.pcsc.chaining import open_channel, open_single
from cardtool.pcsc.redact import Redactor
from cardtool.secret import Secret
from fuzz.answers import FuzzedCard, FuzzedHub
from fuzz.gids_targets import fuzz_gids, fuzz_gids_objects
from fuzz.tolerant import tolerant

Target = Callable[[bytes], None]
KEY = ec.generate_private_key(ec.SECP256R1()).public_key()
PIN, PUK = Secret("123456"), Secret("12345678")


def fuzz_tlv(data: bytes) -> None:
    for read in (tlv.parse, tlv.fields, tlv.tree):
        with tolerant():
            read(data, "GET DATA")
    with tolerant():
        tlv.unwrap(0x53, data, "GET DATA")
    with tolerant():
        items = tlv.parse(data, "GET DATA")
        again = b"".join(item.encode() for item in items)
        assert tlv.parse(again, "GET DATA") == items


OBJECT_READERS: tuple[Callable[[bytes], object], ...] = (
    objects.Chuid.parse,
    objects.parse_certificate,
    objects.KeyHistory.parse,
    objects.Discovery.parse,
    objects.CardCapabilityContainer.parse,
    objects.PrintedInformation.parse,
    algorithms_told,
    takes_extended_length,
)


def fuzz_objects(data: bytes) -> None:
    for read in OBJECT_READERS:
        with tolerant():
            read(data)


def fuzz_apdu(data: bytes) -> None:
    """Commands as typed by an expert, and answers in parts, of wrong lengths, without end."""
    explain.decode_command(data)
    explain.decode_response(data, data[:5])
    explain.is_write(data)
    Redactor().exchange(data, data)
    for open_it in (open_channel, open_single):
        card = FuzzedCard(data)
        channel = open_it(card)
        with tolerant():
            while card.commands < 8:
                channel.send(Command(0, 0xCB, 0x3F, 0xFF, b"\x5c\x03\x5f\xc1\x02", 256))
                channel.send(Command(0, 0xDB, 0x3F, 0xFF, bytes(300)))


def fuzz_overview(data: bytes) -> None:
    """Three looks at a card that may say something else each time: in full, remembered, short."""
    desk = Desk(FuzzedHub(data), sleep=lambda _seconds: None)
    with tolerant():
        desk.survey()
        desk.last_seen()
        desk.glance()


def fuzz_piv(data: bytes) -> None:
    """The first byte counts the commands that follow it; the rest is what the card answers to them."""
    count = data[0] % 8 if data else 0
    session = PivSession(FuzzedCard(data[1 + count :]))
    for choice in data[1 : 1 + count]:
        with tolerant():
            PIV_ACTS[choice % len(PIV_ACTS)](session)


def _with_extensions(
    act: Callable[[PivSession, yubico.YubicoExtensions], object],
) -> Callable[[PivSession], object]:
    return lambda session: act(session, yubico.YubicoExtensions(session, (5, 7, 1)))


PIV_ACTS: tuple[Callable[[PivSession], object], ...] = (
    lambda s: s.select(),
    lambda s: s.get_data(ObjectTag.CHUID),
    lambda s: s.put_data(ObjectTag.CHUID, bytes(400)),
    lambda s: s.verify_pin(PIN),
    lambda s: s.pin_status(),
    lambda s: s.logout(),
    lambda s: s.change_reference_data(KeyRef.PIV_PIN, PIN, PUK),
    lambda s: unblock.unblock_pin(PivSession(s._connection), PUK, PIN, vouched_tries=3),
    admin.find_witness,
    lambda s: admin.authenticate_mutually(s, AdminAlgorithm.AES_192, Secret(bytes(24))),
    lambda s: admin.authenticate_singly(s, AdminAlgorithm.TDES, Secret(bytes(range(24)))),
    lambda s: s.generate_asymmetric_key_pair(Slot.AUTHENTICATION, Algorithm.RSA_2048),
    lambda s: s.generate_asymmetric_key_pair(Slot.AUTHENTICATION, Algorithm.ECC_P256),
    lambda s: s.generate_asymmetric_key_pair(Slot.AUTHENTICATION, Algorithm.ED25519),
    lambda s: recipes.sign_message(s, Slot.AUTHENTICATION, KEY, b"message"),
    lambda s: s.key_agreement(Slot.KEY_MANAGEMENT, Algorithm.ECC_P256, bytes(65)),
    lambda s: recipes.verification_signature(s, b"statement"),
    recipes.read_key_history,
    lambda s: recipes.refresh_chuid_guid(s, bytes(16)),
    lambda s: recipes.slot_key_matches(s, Slot.AUTHENTICATION, KEY, yubico.detect(s)),
    read_capabilities,
    yubico.serial_of,
    _with_extensions(lambda _s, e: e.metadata(Slot.AUTHENTICATION)),
    _with_extensions(lambda _s, e: e.metadata(KeyRef.PUK)),
    _with_extensions(lambda _s, e: e.serial()),
    _with_extensions(lambda _s, e: e.attest(Slot.AUTHENTICATION)),
    _with_extensions(placement.place_signing_key),
    _with_extensions(placement.place_encryption_key),
)

TARGETS: dict[str, Target] = {
    "tlv": fuzz_tlv,
    "objects": fuzz_objects,
    "apdu": fuzz_apdu,
    "overview": fuzz_overview,
    "piv": fuzz_piv,
    "gids": fuzz_gids,
    "gids-objects": fuzz_gids_objects,
}
