"""The PIV session against strict scripts: exactly these bytes, and what each status word becomes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from cardtool import errors
from cardtool.cards.pin import PinStatus
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import AdminAlgorithm, Algorithm, KeyRef, ObjectTag, Slot
from cardtool.pcsc.decorator import ConnectionDecorator
from cardtool.pcsc.replay import ReplayConnection
from cardtool.secret import Secret

PIN = Secret("123456")
NEW_PIN = Secret("654321")
PUK = Secret("12345678")
VERIFY = "> 00200080 08 313233343536FFFF"
CHANGE_PIN = "> 00240080 10 313233343536FFFF 363534333231FFFF"
UNBLOCK = "> 002C0080 10 3132333435363738 363534333231FFFF"


def play(script: str, act: Callable[[PivSession], object]) -> object:
    """``act`` must say exactly what the script says."""
    card = ReplayConnection(script)
    session = PivSession(card)
    try:
        return act(session)
    finally:
        card.finish()


def test_select_by_the_identifier_without_its_version() -> None:
    answer = "61 11 4F 06 000010000100 79 07 4F 05 A000000308"
    assert play(f"> 00A40400 09 A00000030800001000 00\n< {answer} 9000", PivSession.select) == bytes.fromhex(
        answer
    )


def test_get_data_unwraps_the_object() -> None:
    script = "> 00CB3FFF 05 5C035FC105 00\n< 53 03 70 01 AA 9000"
    assert play(script, lambda s: s.get_data(ObjectTag.CERTIFICATE_AUTHENTICATION)) == bytes.fromhex("7001AA")


def test_the_discovery_object_is_its_own_container() -> None:
    script = "> 00CB3FFF 03 5C017E 00\n< 7E 05 5F2F024010 9000"
    assert play(script, lambda s: s.get_data(ObjectTag.DISCOVERY)) == bytes.fromhex("5F2F024010")


def test_put_data_and_delete() -> None:
    script = """
        > 00DB3FFF 08 5C035FC102 5301AA
        < 9000
        # an empty object is a deleted one
        > 00DB3FFF 07 5C035FC102 5300
        < 9000
    """
    play(script, lambda s: (s.put_data(ObjectTag.CHUID, b"\xaa"), s.put_data(ObjectTag.CHUID, b"")))


@pytest.mark.parametrize(
    ("sw", "error"),
    [
        ("6A82", errors.ObjectNotFound("GET DATA")),
        ("6A88", errors.ObjectNotFound("GET DATA")),
        ("6982", errors.SecurityStatusNotSatisfied("GET DATA")),
        ("6A84", errors.CardFull()),
        ("6D00", errors.NotSupportedByCard("GET DATA")),
        ("6A81", errors.NotSupportedByCard("GET DATA")),
        ("6F00", errors.CardCommandFailed("GET DATA", 0x6F00)),
        ("6581", errors.CardCommandFailed("GET DATA", 0x6581)),
        ("6A86", errors.CardCommandFailed("GET DATA", 0x6A86)),
    ],
)
def test_status_words_of_a_command(sw: str, error: errors.CardError) -> None:
    with pytest.raises(type(error)) as caught:
        play(f"> 00CB3FFF 05 5C035FC102 00\n< {sw}", lambda s: s.get_data(ObjectTag.CHUID))
    assert caught.value.data() == error.data()


def test_only_the_thread_that_opened_it_uses_a_card() -> None:
    session = PivSession(ReplayConnection(""))
    with ThreadPoolExecutor(1) as pool:
        for use in (session.keep_alive, session.pin_status):
            assert isinstance(pool.submit(use).exception(5), errors.Defect)


# --- PIN and PUK ---


def test_verify_gains_a_status_that_must_be_dropped() -> None:
    session = PivSession(ReplayConnection(f"{VERIFY}\n< 9000"))
    assert not session.status_gained
    session.verify_pin(PIN)
    assert session.status_gained


@pytest.mark.parametrize("error", ["ReaderFault", "CardWasReset"])
def test_a_lost_answer_counts_as_a_status_gained(error: str) -> None:
    for script, act in (
        (VERIFY, lambda s: s.verify_pin(PIN)),
        ("> 0087039B 0C 7C0A 8208 AAAAAAAAAAAAAAAA 00", lambda s: s.admin_single_response(b"\xaa" * 8)),
    ):
        session = PivSession(ReplayConnection(f"{script}\n! {error}"))
        with pytest.raises(getattr(errors, error)):
            act(session)
        assert session.status_gained


PRESENTATIONS = [
    ("63C2", errors.WrongPin(2), errors.WrongPuk(2)),
    ("63C0", errors.PinBlocked(), errors.PukBlocked()),
    ("6300", errors.WrongPin(None), errors.WrongPuk(None)),
    ("6983", errors.PinBlocked(), errors.PukBlocked()),
    ("6A80", errors.PinRefused(), errors.PinRefused()),
    ("6700", errors.PinRefused(), errors.PinRefused()),
    ("6985", errors.PinRefused(), errors.PinRefused()),
]


@pytest.mark.parametrize(("sw", "pin_error", "puk_error"), PRESENTATIONS)
def test_status_words_of_a_presentation(
    sw: str, pin_error: errors.CardError, puk_error: errors.CardError
) -> None:
    acts: list[tuple[str, errors.CardError, Callable[[PivSession], None]]] = [
        (VERIFY, pin_error, lambda s: s.verify_pin(PIN)),
        (CHANGE_PIN, pin_error, lambda s: s.change_reference_data(KeyRef.PIV_PIN, PIN, NEW_PIN)),
        (UNBLOCK, puk_error, lambda s: s.reset_retry_counter(PUK, NEW_PIN)),
    ]
    for command, error, act in acts:
        session = PivSession(ReplayConnection(f"{command}\n< {sw}"))
        with pytest.raises(type(error)) as caught:
            act(session)
        assert caught.value.data() == error.data()
        assert not session.status_gained


def test_the_puk_is_changed_under_its_own_reference() -> None:
    script = "> 00240081 10 3132333435363738 3837363534333231\n< 63C1"
    with pytest.raises(errors.WrongPuk):
        play(script, lambda s: s.change_reference_data(KeyRef.PUK, PUK, Secret("87654321")))


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("12345", "length"),
        ("123456789", "length"),
        ("", "length"),
        ("12345\x00", "characters"),
        ("１２", "characters"),
    ],
)
def test_what_no_card_takes_is_not_sent(value: str, rule: str) -> None:
    # The empty script makes every byte that is sent a failure.
    for act in (
        lambda s: s.verify_pin(Secret(value)),
        lambda s: s.change_reference_data(KeyRef.PIV_PIN, PIN, Secret(value)),
        lambda s: s.change_reference_data(KeyRef.PIV_PIN, Secret(value), PIN),
        lambda s: s.reset_retry_counter(Secret(value), PIN),
        lambda s: s.reset_retry_counter(PUK, Secret(value)),
    ):
        with pytest.raises(errors.PinNotSent) as caught:
            play("", act)
        assert (caught.value.rule, caught.value.minimum, caught.value.maximum) == (rule, 6, 8)


@pytest.mark.parametrize(
    ("sw", "status"),
    [
        ("9000", PinStatus(verified=True, tries_left=None)),
        ("63C3", PinStatus(verified=False, tries_left=3)),
        ("63C0", PinStatus(verified=False, tries_left=0)),
        ("6983", PinStatus(verified=False, tries_left=0)),
        ("6A80", PinStatus(verified=False, tries_left=None)),
    ],
)
def test_the_status_query_spends_no_try(sw: str, status: PinStatus) -> None:
    assert play(f"> 00200080\n< {sw}", PivSession.pin_status) == status
    assert status.blocked == (status.tries_left == 0)


@pytest.mark.parametrize(("sw", "done"), [("9000", True), ("6A86", False), ("6D00", False)])
def test_logging_out_where_the_card_can(sw: str, done: bool) -> None:
    assert play(f"> 0020FF80\n< {sw}", PivSession.logout) is done


# --- admin status ---


def test_mutual_authentication_in_two_halves() -> None:
    script = """
        > 0087039B 04 7C028000 00
        < 7C0A 8008 0011223344556677 9000
        > 0087039B 16 7C14 8008 AAAAAAAAAAAAAAAA 8108 BBBBBBBBBBBBBBBB 00
        < 7C0A 8208 CCCCCCCCCCCCCCCC 9000
    """
    card = ReplayConnection(script)
    session = PivSession(card)
    assert session.admin_witness(AdminAlgorithm.TDES).hex() == "0011223344556677"
    assert not session.status_gained
    assert session.admin_mutual_response(b"\xaa" * 8, b"\xbb" * 8) == b"\xcc" * 8
    assert session.status_gained
    card.finish()


def test_the_second_half_names_the_algorithm_of_the_first() -> None:
    script = """
        > 00870C9B 04 7C028000 00
        < 7C12 8010 00112233445566770011223344556677 9000
        > 00870C9B 26 7C24 8010 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA 8110 BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB 00
        < 6982
    """
    session = PivSession(ReplayConnection(script))
    session.admin_witness(AdminAlgorithm.AES_256)
    with pytest.raises(errors.SecurityStatusNotSatisfied):
        session.admin_mutual_response(b"\xaa" * 16, b"\xbb" * 16)
    assert not session.status_gained


def test_single_authentication() -> None:
    script = """
        > 0087039B 04 7C028100 00
        < 7C0A 8108 0011223344556677 9000
        > 0087039B 0C 7C0A 8208 AAAAAAAAAAAAAAAA 00
        < 9000
    """
    session = PivSession(ReplayConnection(script))
    session.admin_challenge(AdminAlgorithm.TDES)
    session.admin_single_response(b"\xaa" * 8)
    assert session.status_gained


def test_a_witness_of_the_wrong_size_is_malformed() -> None:
    with pytest.raises(errors.CardAnswerMalformed):
        play(
            "> 0087039B 04 7C028000 00\n< 7C04 8002 0011 9000", lambda s: s.admin_witness(AdminAlgorithm.TDES)
        )


# --- keys ---


def test_generate_reads_the_public_key() -> None:
    point = (
        "04" + "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
        "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"
    )
    script = f"> 0047009A 05 AC03800111 00\n< 7F4943 8641 {point} 9000"
    key = play(script, lambda s: s.generate_asymmetric_key_pair(Slot.AUTHENTICATION, Algorithm.ECC_P256))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.public_numbers().x == int(point[2:66], 16)


@pytest.mark.parametrize(
    "answer",
    [
        "7F4900",  # nothing in it
        "7F4903 860104",  # no point
        "7F4943 8641 04" + "11" * 64,  # not on the curve
        "7F4906 8101FF 820103",  # an RSA key of eight bits
        "AABB",
    ],
)
def test_a_public_key_that_is_none(answer: str) -> None:
    with pytest.raises(errors.CardAnswerMalformed):
        play(
            f"> 0047009A 05 AC03800111 00\n< {answer} 9000",
            lambda s: s.generate_asymmetric_key_pair(Slot.AUTHENTICATION, Algorithm.ECC_P256),
        )


def test_sign_asks_for_a_response_to_a_challenge() -> None:
    script = "> 0087119C 08 7C06 8200 8102 AABB 00\n< 7C04 8202 1234 9000"
    assert play(script, lambda s: s.sign(Slot.SIGNATURE, Algorithm.ECC_P256, b"\xaa\xbb")) == b"\x12\x34"


def test_key_agreement_sends_the_point() -> None:
    script = "> 0087119D 08 7C06 8200 8502 AABB 00\n< 7C04 8202 1234 9000"
    assert (
        play(script, lambda s: s.key_agreement(Slot.KEY_MANAGEMENT, Algorithm.ECC_P256, b"\xaa\xbb"))
        == b"\x12\x34"
    )


def test_a_signature_without_its_answer_is_malformed() -> None:
    with pytest.raises(errors.CardAnswerMalformed):
        play(
            "> 0087119C 08 7C06 8200 8102 AABB 00\n< 7C02 8100 9000",
            lambda s: s.sign(Slot.SIGNATURE, Algorithm.ECC_P256, b"\xaa\xbb"),
        )


class Babbling(ConnectionDecorator):
    """Answers with whatever the test thought of."""

    def __init__(self, answers: list[bytes]) -> None:
        super().__init__(ReplayConnection(""))
        self._answers = answers

    def transmit(self, command: bytes) -> bytes:
        return self._answers.pop(0) if self._answers else b"\x6f\x00"


EVERY_COMMAND: list[Callable[[PivSession], object]] = [
    PivSession.select,
    lambda s: s.get_data(ObjectTag.CHUID),
    lambda s: s.put_data(ObjectTag.CHUID, b""),
    lambda s: s.verify_pin(PIN),
    PivSession.pin_status,
    PivSession.logout,
    lambda s: s.change_reference_data(KeyRef.PUK, PUK, PUK),
    lambda s: s.reset_retry_counter(PUK, PIN),
    lambda s: s.admin_witness(AdminAlgorithm.AES_128),
    lambda s: s.admin_mutual_response(b"", b""),
    lambda s: s.admin_challenge(AdminAlgorithm.AES_128),
    lambda s: s.generate_asymmetric_key_pair(Slot.SIGNATURE, Algorithm.RSA_2048),
    lambda s: s.generate_asymmetric_key_pair(Slot.SIGNATURE, Algorithm.ED25519),
    lambda s: s.sign(Slot.SIGNATURE, Algorithm.ECC_P256, b""),
    lambda s: s.key_agreement(Slot.KEY_MANAGEMENT, Algorithm.X25519, b""),
]


@given(st.sampled_from(EVERY_COMMAND), st.lists(st.binary(max_size=300), max_size=4), st.booleans())
def test_arbitrary_answers_are_answers_or_our_errors(
    act: Callable[[PivSession], object], answers: list[bytes], succeed: bool
) -> None:
    try:
        act(PivSession(Babbling([answer + b"\x90\x00" * succeed for answer in answers])))
    except errors.CardToolError:
        return
