"""The software GIDS card: files, access rules, keys, PIN, admin key; and what it keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from cardtool.errors import CardFileUnreadable
from cardtool.pcsc.virtual import store, tlv
from cardtool.pcsc.virtual.gids import PLAIN, SPARSE, Personality, VirtualGidsCard
from cardtool.pcsc.virtual.gids.access import Act, condition, satisfied
from cardtool.pcsc.virtual.gids.instructions import Ins
from cardtool.pcsc.virtual.gids.state import FileKind
from cardtool.pcsc.virtual.store import StateFile
from tests.unit.virtual.gids.terminal import (
    ACTIVATE,
    KEY_FILE,
    SELECT_GIDS,
    SIGN_RAW,
    SIGN_WITH_CARD_PADDING,
    VERIFY_123456,
    VERIFY_STATUS,
    VERIFY_WRONG,
    GidsTerminal,
    open_card,
)
from tests.unit.virtual.terminal import children
from tests.unit.virtual.terminal import tlv as encode

DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420") + bytes(32)
both = pytest.mark.parametrize("personality", [PLAIN, SPARSE], ids=lambda kind: kind.name)


@pytest.fixture
def terminal() -> GidsTerminal:
    return open_card()[1]


# --- selection and files ---


def test_nothing_works_before_selection() -> None:
    card = VirtualGidsCard.create()
    assert card.transmit(SELECT_GIDS) == b""
    assert card.power_on() == PLAIN.atr
    assert card.transmit(VERIFY_STATUS).hex() == "6d00"
    assert card.transmit(bytes.fromhex("00A4040009A00000030800001000")).hex() == "6a82"


def test_the_application_tells_its_version(terminal: GidsTerminal) -> None:
    answer = terminal.select()
    assert answer == bytes.fromhex("6112 4F0B A000000397425446590201 7303 4001C0")
    assert terminal.ok(bytes.fromhex("00A404000BA00000039742544659020100")) == answer
    assert terminal.send("00A4040C", bytes.fromhex("A000000397")) == (b"", 0x9000)
    assert terminal.send("00A40400", bytes.fromhex("A0000003974254465903"))[1] == 0x6A82


def test_files_are_selected_by_identifier(terminal: GidsTerminal) -> None:
    assert terminal.ok("00A40004", bytes.fromhex("A010")) == bytes.fromhex("620C 820139 8302A010 8C03033000")
    assert terminal.send("00A4000C", bytes.fromhex("3FFF")) == (b"", 0x9000)
    assert terminal.ok("00A40008", bytes.fromhex("3FFF"))[0] == 0x64
    assert terminal.send("00A4000C", bytes.fromhex("A099"))[1] == 0x6A82
    assert terminal.send("00A4000C", b"\xa0")[1] == 0x6700
    assert terminal.send("00A4080C", bytes.fromhex("A010"))[1] == 0x6A86


def test_what_a_card_comes_with(terminal: GidsTerminal) -> None:
    assert len(terminal.read("A000", "DF1F")[0]) == 1 + 5 * 28
    assert len(terminal.read("A012", "DF20")[0]) == 16
    assert terminal.read("A010", "DF21") == (b"mscp\0\0\0\0", 0x9000)
    assert terminal.read("A010", "DF23") == (b"", 0x9000)
    assert terminal.read("A010", "DF24")[1] == 0x6A88
    assert terminal.read("A099", "DF24")[1] == 0x6A82
    assert terminal.read("B080", "DF24")[1] == 0x6981
    assert children(terminal.ok("00CB2F01", bytes.fromhex("5C00")))["47"] == bytes.fromhex("0801C0")


def test_objects_are_written_emptied_and_removed(terminal: GidsTerminal) -> None:
    terminal.verify()
    assert terminal.write("A010", "DF30", b"one") == 0x9000
    assert terminal.read("0000", "DF30") == (b"one", 0x9000)
    everything = children(terminal.ok("00CBA010", bytes.fromhex("5C00")))
    assert everything.keys() == {"DF21", "DF22", "DF23", "DF30"}
    assert terminal.write("A010", "DF30", b"") == 0x9000
    assert terminal.read("A010", "DF30") == (b"", 0x9000)
    assert terminal.write("A010", "DF30", b"") == 0x9000
    assert terminal.read("A010", "DF30")[1] == 0x6A88


def test_room_is_limited() -> None:
    _, terminal = open_card(SPARSE)
    terminal.verify()
    assert terminal.write("A010", "DF30", bytes(4000)) == 0x9000
    assert terminal.write("A010", "DF31", bytes(4097)) in {0x6A84, 0x6700}
    filled = [terminal.write("A010", f"DF{tag:02X}", bytes(4000)) for tag in range(0x31, 0x50)]
    assert filled[0] == 0x9000
    assert filled[-1] == 0x6A84


# --- access rules ---


@pytest.mark.parametrize(
    ("place", "nobody", "user", "admin"),
    [
        ("A000", "r-", "rw", "rw"),
        ("A010", "r-", "rw", "rw"),
        ("A011", "--", "-w", "-w"),
        ("A012", "r-", "r-", "rw"),
        ("A013", "--", "rw", "rw"),
        ("A014", "--", "--", "rw"),
    ],
)
def test_who_may_read_and_write_which_file(place: str, nobody: str, user: str, admin: str) -> None:
    card, terminal = open_card()
    card.state.files[int(place, 16)].objects[0xDF7F] = b"x"

    def allowed() -> str:
        read = terminal.read(place, "DF7F")[1] == 0x9000
        write = terminal.write(place, "DF7F", b"x") == 0x9000
        return ("r" if read else "-") + ("w" if write else "-")

    assert allowed() == nobody
    terminal.verify()
    assert allowed() == user
    terminal.ok("00200082")
    assert allowed() == nobody
    assert terminal.external() == 0x9000
    assert allowed() == admin


@pytest.mark.parametrize(
    ("value", "pin", "admin", "expected"),
    [
        (0x00, False, False, True),
        (0xFF, True, True, False),
        (0x10, True, False, True),
        (0x11, True, False, True),
        (0x12, True, True, False),  # contactless only
        (0x30, False, True, True),
        (0x30, False, False, False),
        (0xB0, True, False, False),
        (0xB0, True, True, True),
        (0x40, True, True, False),  # secure messaging
        (0x50, True, False, True),
        (0x80, True, True, False),  # all of nothing
    ],
)
def test_security_conditions(value: int, pin: bool, admin: bool, expected: bool) -> None:
    assert satisfied(value, pin=pin, admin=admin) is expected


def test_conditions_stand_in_the_order_of_the_access_bits() -> None:
    control = bytes.fromhex("8C05 8F 11223344")
    found = [
        condition(control, act) for act in (Act.GENERATE_KEY, Act.USE_KEY, Act.PUT_KEY, Act.GET_PUBLIC_KEY)
    ]
    assert found == [0x11, 0x22, 0x33, 0x44]
    assert condition(control, Act.DELETE) is None
    assert condition(bytes.fromhex("820139"), Act.GET_DATA) is None


# --- a card that nobody has set up yet ---


def test_a_blank_card_is_set_up_step_by_step() -> None:
    card, terminal = open_card(blank=True)
    assert terminal.read("A000", "DF1F")[1] == 0x6A82
    assert terminal.send("00870000", bytes.fromhex("7C028100"))[1] == 0x6986
    terminal.ok("00240180", b"123456")
    file = bytes.fromhex("620C 820139 8302A012 8C03032000")
    terminal.ok("00E00000", file)
    assert terminal.send("00E00000", file)[1] == 0x6A89
    assert terminal.write("A012", "DF20", b"id") == 0x6985, "not activated"
    terminal.ok(ACTIVATE)
    assert terminal.write("A012", "DF20", b"id") == 0x9000, "free while it is set up"
    terminal.ok("00A4000C", bytes.fromhex("3FFF"))
    terminal.ok(ACTIVATE)
    assert terminal.write("A012", "DF20", b"other") == 0x6982
    assert terminal.send("00240180", b"654321")[1] == 0x6982
    assert card.state.operational
    assert card.state.pin.value == b"123456"


@pytest.mark.parametrize(
    ("control", "sw"),
    [
        ("6203 820139", 0x6A80),
        ("6204 8302A099", 0x6A80),
        ("6207 820101 8302A099", 0x6A81),
        ("6F07 820139 8302A099", 0x6A80),
        ("62", 0x6A80),
    ],
)
def test_files_that_cannot_be_made(terminal: GidsTerminal, control: str, sw: int) -> None:
    terminal.verify()
    assert terminal.send("00E00000", bytes.fromhex(control))[1] == sw


def test_files_are_made_and_deleted_with_the_pin_only(terminal: GidsTerminal) -> None:
    file = bytes.fromhex("620C 820139 8302A099 8C03033000")
    assert terminal.send("00E00000", file)[1] == 0x6982
    terminal.verify()
    terminal.ok("00E00000", file)
    terminal.ok(ACTIVATE)
    terminal.ok("00200082")
    terminal.ok("00A4000C", bytes.fromhex("A099"))
    assert terminal.send("00E40000")[1] == 0x6982
    terminal.verify()
    assert terminal.send("00E40000")[1] == 0x9000
    assert terminal.send("00A4000C", bytes.fromhex("A099"))[1] == 0x6A82
    assert terminal.send("00E40000")[1] == 0x6986


# --- PIN ---


def test_the_pin_and_its_counter(terminal: GidsTerminal) -> None:
    assert terminal.tries() == 3
    assert terminal.send(VERIFY_WRONG)[1] == 0x63C2
    assert (terminal.tries(), terminal.send(VERIFY_STATUS)[1]) == (2, 0x63C2)
    assert terminal.send("00200080", b"123")[1] == 0x63C2, "too short to be the PIN: no try"
    terminal.verify()
    assert (terminal.tries(), terminal.send(VERIFY_STATUS)[1]) == (3, 0x9000)
    assert [terminal.send(VERIFY_WRONG)[1] for _ in range(4)] == [0x63C2, 0x63C1, 0x63C0, 0x6983]
    assert terminal.send(VERIFY_STATUS)[1] == 0x6983
    assert terminal.send("00240080", b"123456654321")[1] == 0x6983


def test_version_1_has_another_counter_and_no_word_of_success() -> None:
    _, terminal = open_card(SPARSE)
    assert terminal.read("3FFF", "7F71") == (bytes.fromhex("9F170103 930103"), 0x9000)
    terminal.verify()
    assert terminal.send(VERIFY_STATUS)[1] == 0x63C3


def test_there_is_no_puk(terminal: GidsTerminal) -> None:
    assert terminal.read("3FFF", "7F73")[1] == 0x6A88
    assert terminal.send("00200081", b"123456")[1] == 0x6A88


def test_changing_the_pin(terminal: GidsTerminal) -> None:
    assert terminal.send("00240080", b"99999912345678")[1] == 0x63C2
    terminal.ok("00240080", b"12345612345678")
    assert terminal.send(VERIFY_STATUS)[1] == 0x9000
    terminal.ok("00240180", b"123456")
    terminal.ok("00200082")
    terminal.verify()
    assert terminal.send("00240080", b"123456123")[1] == 0x6700
    assert terminal.send("00240280", b"123456")[1] == 0x6A86


# --- the admin key ---


def test_unblocking_uses_up_the_admin_status(terminal: GidsTerminal) -> None:
    for _ in range(3):
        terminal.send(VERIFY_WRONG)
    assert terminal.send("002C0280", b"654321")[1] == 0x6982
    assert terminal.external() == 0x9000
    terminal.ok("002C0280", b"123456")
    assert terminal.send("002C0280", b"123456")[1] == 0x6982
    assert terminal.tries() == 3
    terminal.verify()


def test_both_ways_of_authentication_and_the_wrong_key() -> None:
    _, terminal = open_card()
    assert terminal.external() == 0x9000
    assert terminal.mutual()[1] == 0x9000
    _, stranger = open_card(key=bytes(range(24)))
    assert stranger.external() == 0x6982
    assert stranger.mutual() == (b"", 0x6982)
    assert stranger.write("A012", "DF20", b"x") == 0x6982


def test_a_challenge_is_good_for_the_next_command_only(terminal: GidsTerminal) -> None:
    terminal.name_admin_key()
    challenge = children(children(terminal.ok("00870000", bytes.fromhex("7C028100")))["7C"])["81"]
    terminal.send(VERIFY_STATUS)
    assert terminal.respond(terminal.des(challenge))[1] == 0x6985
    challenge = children(children(terminal.ok("00870000", bytes.fromhex("7C028100")))["7C"])["81"]
    assert terminal.respond(terminal.des(challenge))[1] == 0x9000
    assert terminal.respond(terminal.des(challenge))[1] == 0x6985


def test_half_an_answer_is_no_answer(terminal: GidsTerminal) -> None:
    terminal.name_admin_key()
    ours = bytes(16)
    for tail, cut in ((bytes(8), 0), (bytes(7) + b"\x80", 8), (bytes(7) + b"\x80", 24)):
        theirs = children(children(terminal.ok("00870000", encode("7C", encode("81", ours))))["7C"])["81"]
        message = theirs + ours + tail
        assert terminal.respond(terminal.des(message[: len(message) - cut]))[1] == 0x6982
    assert terminal.write("A012", "DF20", b"x") == 0x6982


def test_without_a_named_key_nothing_is_checked(terminal: GidsTerminal) -> None:
    terminal.ok("00870000", bytes.fromhex("7C028100"))
    assert terminal.respond(bytes(8))[1] == 0x6985
    assert terminal.send("0022C1A4", bytes.fromhex("830181"))[1] == 0x6A88
    assert terminal.send("00870000", bytes.fromhex("7C0481021234"))[1] == 0x6A80


def test_the_admin_replaces_the_admin_key(terminal: GidsTerminal) -> None:
    new = bytes(range(1, 25))
    put = encode("70", bytes.fromhex("840180") + encode("A5", encode("87", new)))
    terminal.verify()
    assert terminal.send("00DB3FFF", put)[1] == 0x6982, "the PIN is not enough"
    assert terminal.external() == 0x9000
    terminal.ok("00DB3FFF", put)
    terminal.key = new
    assert terminal.mutual()[1] == 0x9000


# --- keys ---


def test_a_key_is_made_and_signs_both_ways(terminal: GidsTerminal) -> None:
    terminal.verify()
    public = terminal.make_key()
    assert terminal.set_key(SIGN_WITH_CARD_PADDING) == 0x9000
    signature = terminal.ok("002A9E9A", DIGEST_INFO)
    public.verify(signature, bytes(32), padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
    assert terminal.set_key(SIGN_RAW) == 0x9000
    block = b"\x00\x01" + b"\xff" * (253 - len(DIGEST_INFO)) + b"\x00" + DIGEST_INFO
    assert terminal.ok("002A9E9A", block) == signature
    assert terminal.send("002A9E9A", DIGEST_INFO)[1] == 0x6A80, "raw wants the whole block"
    assert terminal.ok("00CB3FFF", bytes.fromhex("7008840181A5037F4980"))[:2] == b"\x7f\x49"


def test_it_deciphers_in_every_way(terminal: GidsTerminal) -> None:
    terminal.verify()
    public = terminal.make_key()
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    for mechanism, kind in (("47", padding.PKCS1v15()), ("87", oaep)):
        assert terminal.set_key(mechanism, "B8") == 0x9000
        assert terminal.ok("002A8086", public.encrypt(b"message", kind)) == b"message"
        assert terminal.send("002A8086", bytes(255))[1] == 0x6700
        assert terminal.send("002A8086", bytes(256))[1] == 0x6A80
    assert terminal.set_key("07", "B8") == 0x9000
    assert terminal.ok("002A8086", (5).to_bytes(256, "big"))


def test_a_key_wants_the_pin_every_time_it_is_chosen_and_used(terminal: GidsTerminal) -> None:
    terminal.verify()
    terminal.make_key()
    assert terminal.set_key(SIGN_WITH_CARD_PADDING) == 0x9000
    terminal.send(VERIFY_WRONG)
    assert terminal.send("002A9E9A", DIGEST_INFO)[1] == 0x6982
    assert terminal.set_key(SIGN_WITH_CARD_PADDING) == 0x6982
    assert terminal.send("00470000", bytes.fromhex("AC06800107830181"))[1] == 0x6982
    terminal.ok("00CB3FFF", bytes.fromhex("7008840181A5037F4980"))


def test_what_a_key_is_not_for(terminal: GidsTerminal) -> None:
    terminal.verify()
    terminal.make_key()
    assert terminal.send("002A9E9A", DIGEST_INFO)[1] == 0x6985, "no key was chosen"
    assert terminal.set_key("47") == 0x6A88
    assert terminal.set_key("58") == 0x6A88
    assert terminal.set_key(SIGN_WITH_CARD_PADDING, reference="82") == 0x6A88
    assert terminal.set_key(SIGN_WITH_CARD_PADDING) == 0x9000
    assert terminal.send("002A8086", bytes(256))[1] == 0x6985, "chosen for signing"
    assert terminal.send("002A9E9A", bytes(246))[1] == 0x6700
    assert terminal.send("002A0000", b"x")[1] == 0x6A86
    assert terminal.send("0022F300")[1] == 0x9000
    assert terminal.send("002A9E9A", DIGEST_INFO)[1] == 0x6985
    assert terminal.send("00220000", bytes.fromhex("8000"))[1] == 0x6A81


def test_keys_that_are_not_there(terminal: GidsTerminal) -> None:
    terminal.verify()
    assert terminal.send("00470000", bytes.fromhex("AC06800107830181"))[1] == 0x6A88
    terminal.ok("00E00000", bytes.fromhex(KEY_FILE.replace("KK", "81")))
    terminal.ok(ACTIVATE)
    assert terminal.send("00CB3FFF", bytes.fromhex("7008840181A5037F4980"))[1] == 0x6A88
    assert terminal.set_key(SIGN_WITH_CARD_PADDING) == 0x9000
    assert terminal.send("002A9E9A", DIGEST_INFO)[1] == 0x6A88
    assert terminal.send("00470000", bytes.fromhex("AC06800106830181"))[1] == 0x6A81, "1024 bits"
    assert terminal.send("00470000", bytes.fromhex("AC03800107"))[1] == 0x6A80


@pytest.mark.parametrize("leading_zeros", [True, False])
def test_a_key_is_put_in(terminal: GidsTerminal, leading_zeros: bool) -> None:
    private = rsa.generate_private_key(65537, 2048)
    der = private.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    if not leading_zeros:
        numbers = [value.lstrip(b"\x00") or b"\x00" for _, value in tlv.parse(tlv.only(der, 0x30))]
        der = tlv.encode(0x30, b"".join(tlv.encode(0x02, value) for value in numbers))
    terminal.verify()
    terminal.ok("00E00000", bytes.fromhex(KEY_FILE.replace("KK", "81")))
    terminal.ok(ACTIVATE)
    value = encode("83", b"\x02") + encode("84", b"\x00") + encode("87", der)
    terminal.ok("00DB3FFF", encode("70", bytes.fromhex("840181") + encode("A5", value)))
    assert terminal.set_key(SIGN_WITH_CARD_PADDING) == 0x9000
    signature = terminal.ok("002A9E9A", DIGEST_INFO)
    private.public_key().verify(signature, bytes(32), padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))


@pytest.mark.parametrize("value", ["", "830102", "830102 870430020201", "830103 8700", "8702AABB"])
def test_keys_that_cannot_be_put_in(terminal: GidsTerminal, value: str) -> None:
    terminal.verify()
    terminal.ok("00E00000", bytes.fromhex(KEY_FILE.replace("KK", "81")))
    terminal.ok(ACTIVATE)
    body = bytes.fromhex("840181") + encode("A5", bytes.fromhex(value))
    assert terminal.send("00DB3FFF", encode("70", body))[1] == 0x6A80


def test_a_deleted_key_is_gone(terminal: GidsTerminal) -> None:
    terminal.verify()
    terminal.make_key()
    assert terminal.set_key(SIGN_WITH_CARD_PADDING) == 0x9000
    terminal.ok("00A4000C", bytes.fromhex("B081"))
    terminal.ok("00E40000")
    assert terminal.send("002A9E9A", DIGEST_INFO)[1] == 0x6985


# --- what a card keeps ---


@both
def test_everything_lasting_survives_a_reload(tmp_path: Path, personality: Personality) -> None:
    path = tmp_path / "card.json"
    card = VirtualGidsCard.create(path, personality)
    card.power_on()
    terminal = GidsTerminal(card.transmit)
    terminal.select()
    terminal.verify()
    public = terminal.make_key()
    terminal.write("A010", "DF30", b"content")
    terminal.send(VERIFY_WRONG)
    assert VirtualGidsCard.inspect(path) == card.state
    card.close()
    again = VirtualGidsCard.load(path)
    assert again.state == card.state
    again.power_on()
    terminal = GidsTerminal(again.transmit)
    terminal.select()
    terminal.verify()
    assert terminal.set_key(SIGN_WITH_CARD_PADDING) == 0x9000
    signature = terminal.ok("002A9E9A", DIGEST_INFO)
    public.verify(signature, bytes(32), padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
    again.close()


def test_a_write_that_fails_leaves_the_card_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: StateFile, _text: str) -> None:
        raise OSError(28, "full")

    card = VirtualGidsCard.create(tmp_path / "card.json")
    card.power_on()
    terminal = GidsTerminal(card.transmit)
    terminal.select()
    terminal.verify()
    before = set(card.state.files)
    with monkeypatch.context() as patched:
        patched.setattr(StateFile, "write", full)
        assert terminal.send("00E00000", bytes.fromhex(KEY_FILE.replace("KK", "81")))[1] == 0x6581
    assert set(card.state.files) == before
    assert terminal.send("00E40000")[1] == 0x6986, "the file that was not made is not selected"
    card.close()


def test_power_lost_while_a_key_is_made_keeps_nothing() -> None:
    card, terminal = open_card()
    terminal.verify()
    terminal.ok("00E00000", bytes.fromhex(KEY_FILE.replace("KK", "81")))
    terminal.ok(ACTIVATE)

    def pulled(_bits: int) -> float:
        card.cut_power()
        return 60.0

    card.pace = pulled
    assert card.transmit(bytes.fromhex("0047000008AC0680010783018100")) == b""
    assert card.state.files[0xB081].key == b""


@pytest.mark.parametrize("change", ["pin", "files", "personality", "limit"])
def test_a_state_file_that_makes_no_sense(tmp_path: Path, change: str) -> None:
    path = tmp_path / "card.json"
    VirtualGidsCard.create(path).close()
    values = store.decode("gids", path.read_text())
    wrong = {"pin": {}, "files": {"A099": values["files"]["A010"]}, "personality": {"name": "x"}}
    if change == "limit":
        values["pin"]["tries"] = 16
    else:
        values[change] = wrong[change]
    path.write_text(store.encode("gids", values))
    with pytest.raises(CardFileUnreadable) as caught:
        VirtualGidsCard.inspect(path)
    assert caught.value.what == "content"


# --- whatever is sent ---

TAGS = st.sampled_from(
    ["5C", "70", "7C", "62", "80", "81", "82", "83", "84", "87", "8C", "A4", "A5", "AC", "DF30"]
)
PLACES = st.sampled_from(
    [
        "0000",
        "3FFF",
        "A010",
        "A012",
        "B080",
        "2F01",
        "0080",
        "0180",
        "0280",
        "0082",
        "41B6",
        "C1A4",
        "9E9A",
        "8086",
    ]
)


@st.composite
def templates(draw: st.DrawFn) -> bytes:
    values = st.one_of(
        st.binary(max_size=30), st.sampled_from([b"\x39", b"\x18", b"\xa0\x99", b"\x80", b"\x07"])
    )
    inner = b"".join(encode(draw(TAGS), draw(values)) for _ in range(draw(st.integers(0, 4))))
    outer = draw(st.sampled_from(["", "62", "7C", "70", "AC", "5C"]))
    return encode(outer, inner[:120]) if outer else inner[:200]


@st.composite
def commands(draw: st.DrawFn) -> bytes:
    ins = draw(st.sampled_from([*Ins, 0xC0]))
    header = draw(st.sampled_from(["00", "10"])) + f"{ins:02X}" + draw(PLACES)
    data = draw(templates() | st.binary(max_size=60))[:255]
    body = bytes([len(data)]) + data if data else b""
    return bytes.fromhex(header) + body + draw(st.sampled_from([b"", b"\x00"]))


@settings(max_examples=300, deadline=None)
@given(st.booleans(), st.booleans(), st.lists(commands() | st.binary(max_size=300), max_size=10))
def test_any_bytes_get_a_status_word(blank: bool, admin: bool, sent: list[bytes]) -> None:
    card, terminal = open_card(blank=blank)
    card.transmit(VERIFY_123456)
    if admin and not blank:
        terminal.external()
    for command in sent:
        answer = card.transmit(command)
        assert len(answer) >= 2
        assert answer[-2] in {0x61, 0x63, 0x67, 0x68, 0x69, 0x6A, 0x6C, 0x6D, 0x6E, 0x90}
    kinds = {file.kind for file in card.state.files.values()}
    assert kinds <= set(FileKind)
    assert VirtualGidsCard._decode(VirtualGidsCard._encode(card.state)) == card.state
