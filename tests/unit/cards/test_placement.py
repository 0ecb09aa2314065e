"""Which road a card can take, and road MOVE with every fault at every act."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from cardtool import errors
from cardtool.cards.certificates import key_fingerprint
from cardtool.cards.piv import recipes, yubico
from cardtool.cards.piv.capabilities import algorithms_told, read_capabilities
from cardtool.cards.piv.exchange import Act, Exchange, Successor, find_exchange, stage_key
from cardtool.cards.piv.objects import KeyHistory
from cardtool.cards.piv.placement import (
    Placement,
    Road,
    place_encryption_key,
    place_signing_key,
    sign_rekey_authorisation,
)
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.slots import look_into
from cardtool.cards.piv.types import Algorithm, ObjectTag, Slot
from cardtool.cards.piv.yubico import YubicoExtensions
from cardtool.pcsc.faults import CardFault
from cardtool.pcsc.virtual.piv.personality import GENERIC, YUBIKEY, Extension, Personality
from cardtool.secret import Secret
from tests.unit.cards.bench_card import PIN, BenchCard, certify

BEFORE_5_7 = replace(YUBIKEY, version=(5, 4, 3), extensions=YUBIKEY.extensions - {Extension.MOVE})
FAULTS = (CardFault.REMOVED_BEFORE, CardFault.REMOVED_AFTER, CardFault.RESET, CardFault.SW_6F00)


def enrol(session: PivSession, slot: Slot) -> bytes:
    key = session.generate_asymmetric_key_pair(slot, Algorithm.ECC_P256)
    der = certify(key)
    recipes.write_certificate(session, slot, der)
    return der


def extensions_of(session: PivSession) -> YubicoExtensions:
    found = yubico.detect(session)
    assert found is not None
    return found


def fingerprint(der: bytes) -> str:
    return Successor(der, "").fingerprint or ""


# --- the choice of a road ---


@pytest.mark.parametrize("personality", [YUBIKEY, BEFORE_5_7, GENERIC], ids=lambda item: item.name)
def test_an_empty_slot_is_simply_used(personality: Personality) -> None:
    with BenchCard(personality).session() as session:
        extensions = yubico.detect(session)
        assert place_signing_key(session, extensions) == Placement(Road.FREE, Slot.AUTHENTICATION)
        assert place_encryption_key(session, extensions) == Placement(Road.FREE, Slot.KEY_MANAGEMENT)


def test_a_working_key_is_moved_where_the_card_can() -> None:
    with BenchCard().admin() as session:
        enrol(session, Slot.AUTHENTICATION)
        enrol(session, Slot.RETIRED_2)
        assert place_signing_key(session, extensions_of(session)) == Placement(
            Road.MOVE, Slot.AUTHENTICATION, staging=Slot.RETIRED_3, parked=Slot.RETIRED_1
        )


@pytest.mark.parametrize("personality", [BEFORE_5_7, GENERIC], ids=lambda item: item.name)
def test_without_move_signing_keys_alternate_then_rekey(personality: Personality) -> None:
    with BenchCard(personality).admin() as session:
        extensions = yubico.detect(session)
        enrol(session, Slot.AUTHENTICATION)
        assert place_signing_key(session, extensions) == Placement(Road.ALTERNATE, Slot.SIGNATURE)
        two_keys = place_signing_key(session, extensions, only_signing_key=False)
        assert two_keys == Placement(Road.REKEY, Slot.AUTHENTICATION)
        second = enrol(session, Slot.SIGNATURE)
        assert place_signing_key(session, extensions).road is Road.REKEY
        expendable = frozenset({fingerprint(second)})
        again = place_signing_key(session, extensions, expendable=expendable)
        assert again == Placement(Road.ALTERNATE, Slot.SIGNATURE)
        home = place_signing_key(session, extensions, Slot.SIGNATURE, expendable=expendable)
        assert home == Placement(Road.FREE, Slot.SIGNATURE)
        enrol(session, Slot.KEY_MANAGEMENT)
        assert place_encryption_key(session, extensions) == Placement(Road.SAME_KEY, Slot.KEY_MANAGEMENT)


def test_a_key_without_certificate_is_not_taken_for_an_empty_slot() -> None:
    with BenchCard().admin() as session:
        key = session.generate_asymmetric_key_pair(Slot.AUTHENTICATION, Algorithm.ECC_P256)
        content = look_into(session, Slot.AUTHENTICATION, extensions_of(session))
        assert (content.empty, content.key) == (False, key_fingerprint(key))
        assert place_signing_key(session, extensions_of(session)).road is Road.MOVE


def test_a_full_card_cannot_move() -> None:
    bench = BenchCard(replace(YUBIKEY, retired_slots=1))
    with bench.admin() as session:
        enrol(session, Slot.AUTHENTICATION)
        session.put_data(ObjectTag.KEY_HISTORY, KeyHistory(19).encode())
        assert place_signing_key(session, extensions_of(session)).road is Road.ALTERNATE


def test_choosing_writes_nothing_and_presents_nothing() -> None:
    bench = BenchCard()
    with bench.session() as session:
        place_signing_key(session, yubico.detect(session))
        place_encryption_key(session, yubico.detect(session))
        assert not session.status_gained
    used = {act.name.rsplit(" ", 1)[0] for act in bench.recorder.acts}
    assert used <= {"SELECT", "GET DATA", "GET METADATA", "GET VERSION", "GET RESPONSE"}


def test_capabilities_come_from_model_or_card() -> None:
    with BenchCard().session() as session:
        can = read_capabilities(session)
        assert (can.version, can.moves_keys, can.offers(Algorithm.ED25519)) == ((5, 7, 1), True, True)
    with BenchCard(BEFORE_5_7).session() as session:
        can = read_capabilities(session)
        assert (can.metadata, can.moves_keys, can.offers(Algorithm.RSA_3072)) == (True, False, False)
    with BenchCard(GENERIC).session() as session:
        can = read_capabilities(session)
        assert (can.version, can.metadata, can.offers(Algorithm.ECC_P256)) == (None, False, None)
    told = bytes.fromhex("6112 4F06000010000100 AC08 800107 800111 0600")
    assert algorithms_told(told) == {Algorithm.RSA_2048, Algorithm.ECC_P256}
    assert algorithms_told(bytes.fromhex("6108 4F06000010000100")) is None
    assert algorithms_told(b"\x61\xff") is None


def test_the_old_key_authorises_its_own_end() -> None:
    with BenchCard(GENERIC).admin() as session:
        key = session.generate_asymmetric_key_pair(Slot.SIGNATURE, Algorithm.ECC_P256)
        assert isinstance(key, ec.EllipticCurvePublicKey)
        signature = sign_rekey_authorisation(
            session, Slot.SIGNATURE, key, b"statement", lambda: session.verify_pin(Secret(PIN))
        )
    key.verify(signature, b"statement", ec.ECDSA(hashes.SHA256()))


# --- road MOVE, act by act ---


@dataclass
class Moving:
    """A card with a working key in ``home``, and what a renewal of it is about."""

    bench: BenchCard
    home: Slot
    old: bytes
    new: bytes = b""

    @property
    def successor(self) -> Successor:
        return Successor(self.new, fingerprint(self.old))

    def stage(self) -> None:
        with self.bench.admin() as session:
            extensions = extensions_of(session)
            encrypts = self.home is Slot.KEY_MANAGEMENT
            placement = (
                place_encryption_key(session, extensions)
                if encrypts
                else place_signing_key(session, extensions, self.home)
            )
            self.new = certify(stage_key(session, extensions, placement, Algorithm.ECC_P256))

    def go_on(self) -> list[Act]:
        """From what the card shows, with nothing remembered."""
        done: list[Act] = []
        with self.bench.admin() as session:
            start = len(self.bench.recorder.acts)
            exchange = self.exchange(session)
            del start
            while act := exchange.next_act():
                exchange.perform(act)
                done.append(act)
        return done

    def exchange(self, session: PivSession) -> Exchange:
        extensions = extensions_of(session)
        placement = find_exchange(session, extensions, self.home, self.successor)
        return Exchange(
            session, extensions, placement, self.successor, lambda: session.verify_pin(Secret(PIN))
        )


def moving(home: Slot) -> Moving:
    bench = BenchCard()
    with bench.admin() as session:
        old = enrol(session, home)
    case = Moving(bench, home, old)
    case.stage()
    return case


def test_a_signing_key_is_exchanged_and_the_old_one_deleted() -> None:
    case = moving(Slot.SIGNATURE)
    assert case.go_on() == [
        Act.STAGE_CERTIFICATE,
        Act.PROVE_STAGED,
        Act.MOVE_OLD_OUT,
        Act.MOVE_NEW_IN,
        Act.WRITE_CERTIFICATE,
        Act.PROVE,
        Act.CLEAR_STAGING,
        Act.DELETE_OLD,
    ]
    check_signing(case)
    with case.bench.session() as session:
        assert extensions_of(session).metadata(Slot.SIGNATURE).pin_policy == yubico.PinPolicy.ALWAYS


def test_an_encryption_key_is_exchanged_and_the_old_one_kept() -> None:
    case = moving(Slot.KEY_MANAGEMENT)
    done = case.go_on()
    assert done[2:5] == [Act.KEEP_OLD_CERTIFICATE, Act.COUNT_OLD, Act.MOVE_OLD_OUT]
    check_encryption(case)


def test_old_encryption_keys_pile_up_without_gaps() -> None:
    case = moving(Slot.KEY_MANAGEMENT)
    case.go_on()
    first, case.old = case.old, case.new
    case.stage()
    case.go_on()
    with case.bench.session() as session:
        extensions = extensions_of(session)
        held = [
            look_into(session, slot, extensions) for slot in (Slot.RETIRED_1, Slot.RETIRED_2, Slot.RETIRED_3)
        ]
        assert recipes.read_key_history(session) == KeyHistory(2)
    assert [item.certificate for item in held] == [first, case.old, None]
    assert [item.key for item in held] == [fingerprint(first), fingerprint(case.old), None]


def check_signing(case: Moving) -> None:
    keys, objects = case.bench.card.state.keys, case.bench.card.state.objects
    assert set(keys) == {case.home, 0xF9}
    assert {tag for tag in objects if 0x5FC105 <= tag <= 0x5FC120} == {case.home.object_tag}
    with case.bench.session() as session:
        content = look_into(session, case.home, extensions_of(session))
    assert (content.certificate, content.key) == (case.new, fingerprint(case.new))


def check_encryption(case: Moving) -> None:
    with case.bench.session() as session:
        extensions = extensions_of(session)
        home, retired, staging = (
            look_into(session, slot, extensions) for slot in (case.home, Slot.RETIRED_1, Slot.RETIRED_2)
        )
        assert recipes.read_key_history(session) == KeyHistory(1)
    assert (home.certificate, home.key) == (case.new, fingerprint(case.new))
    assert (retired.certificate, retired.key) == (case.old, fingerprint(case.old))
    assert staging.empty


def nothing_is_lost(case: Moving) -> None:
    """Both keys are on the card until the new one has signed at home; of an encryption key both stay."""
    keys = case.bench.card.state.keys
    there = {key_fingerprint(pair.private.public_key()) for pair in keys.values()}
    assert fingerprint(case.new) in there
    certificates = {
        recipes.parse_certificate(content)
        for tag, content in case.bench.card.state.objects.items()
        if tag != ObjectTag.KEY_HISTORY and tag < 0x5FFF00 and tag != ObjectTag.CHUID
    }
    if fingerprint(case.old) not in there:
        assert case.home is not Slot.KEY_MANAGEMENT
        assert case.new in certificates
    if case.home is Slot.KEY_MANAGEMENT:
        assert case.old in certificates


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("home", [Slot.AUTHENTICATION, Slot.KEY_MANAGEMENT], ids=lambda slot: slot.label)
def test_every_fault_at_every_act_then_gone_on(home: Slot, fault: CardFault) -> None:
    act = 0
    while was_reached(case := moving(home), act, fault):
        nothing_is_lost(case)
        case.go_on()
        (check_encryption if home is Slot.KEY_MANAGEMENT else check_signing)(case)
        act += 1
    assert act > 30, "the exchange takes many commands, and each of them was disturbed"


def was_reached(case: Moving, act: int, fault: CardFault) -> bool:
    """One exchange with ``fault`` at its ``act``-th command; False if it was over before."""
    plan: dict[int, CardFault] = {}
    with suppress(errors.CardError), case.bench.admin(plan) as session:
        plan[len(case.bench.recorder.acts) + act] = fault
        exchange = case.exchange(session)
        while step := exchange.next_act():
            exchange.perform(step)
    return next(iter(plan)) < len(case.bench.recorder.acts)
