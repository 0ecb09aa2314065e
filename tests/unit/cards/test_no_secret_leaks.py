"""Planted PINs, PUKs and keys are looked for everywhere a card's work leaves words: trace, log, errors, reprs."""

from __future__ import annotations

import base64
import io
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardtool import errors
from cardtool.cards import explain
from cardtool.cards.desk import Desk
from cardtool.cards.piv import admin, recipes, self_managed, yubico
from cardtool.cards.piv.session import PivSession
from cardtool.cards.piv.types import AdminAlgorithm, Algorithm, KeyRef, ObjectTag, Slot
from cardtool.cards.piv.unblock import change_puk, unblock_pin
from cardtool.log import AllowListFormatter
from cardtool.pcsc.trace import TracingConnection
from cardtool.pcsc.transport import Connection
from cardtool.pcsc.virtual.piv.personality import GENERIC, YUBIKEY, Personality
from cardtool.secret import Secret
from tests.unit.cards.bench_card import ADMIN_KEY, PIN, PUK, READER, BenchCard, certify

PIN_1, PIN_2, PIN_WRONG = "739158", "81946273", "502846"
PUK_1, PUK_WRONG = "64918273", "19375028"
KEY_1 = bytes.fromhex("9d3b17c4a85e62f0417b8ce93fd0265a1c94e7b3280f6d51")
KEY_WRONG = bytes.fromhex("5c07d2f9138ab46e9e2f60c7b1d8354a7706e19fc2438b5d")
KEPT_KEY = bytes.fromhex("6ea1f35c0d9248b7e6135fd08a7c29b4f103dc865e4a972b")
IMPORTED = rsa.generate_private_key(65537, 2048)
IMPORTED_EC = ec.generate_private_key(ec.SECP256R1())


def planted() -> dict[str, bytes]:
    numbers = IMPORTED.private_numbers()
    texts = (PIN_1, PIN_2, PIN_WRONG, PUK_1, PUK_WRONG)
    found = {f"value {text}": text.encode() for text in texts}
    found |= {"admin key": KEY_1, "wrong admin key": KEY_WRONG, "kept admin key": KEPT_KEY}
    found |= {
        name: getattr(numbers, name).to_bytes(128, "big") for name in ("p", "q", "dmp1", "dmq1", "iqmp")
    }
    found["scalar"] = IMPORTED_EC.private_numbers().private_value.to_bytes(32, "big")
    return found


def shapes(secret: bytes) -> Iterator[str]:
    """As it might be written: text, hexadecimal in several hands, padded, base64 at each of its three offsets."""
    yield secret.decode("latin-1")
    for raw in (secret, secret.ljust(8, b"\xff")):
        yield from (
            raw.hex(),
            raw.hex().upper(),
            raw.hex(" "),
            raw.hex(":"),
            repr(raw)[2:-1],
            str(list(raw))[1:-1],
        )
    for offset in range(3):
        # Characters that hold bits of a neighbour are cut off at both ends.
        encoded = base64.b64encode(bytes(offset) + secret)
        yield encoded[(0, 2, 3)[offset] : len(encoded) // 4 * 4 - 4].decode()
        yield encoded[(0, 2, 3)[offset] : len(encoded) // 4 * 4 - 4].decode().translate({43: "-", 47: "_"})


class Ears:
    """Everything that was written down while the work was done."""

    def __init__(self) -> None:
        self.trace = io.StringIO()
        self.log = io.StringIO()
        self.plain_log = io.StringIO()
        self.said: list[str] = []

    def wrap(self, connection: Connection) -> Connection:
        return TracingConnection(Explaining(connection, self), self.trace)

    def attempt(self, act: Callable[[], object]) -> None:
        """Errors are wanted: their words, data, and trace-backs with the log's own formatting."""
        try:
            result = act()
        except (errors.CardToolError, TypeError, ValueError) as error:
            self.said += traceback.format_exception(error)
            self.said += [str(error), repr(error), repr(getattr(error, "args", ""))]
            if isinstance(error, errors.CardToolError):
                self.said.append(json.dumps(error.data()))
            logging.getLogger("cardtool.test").exception("act failed")
        else:
            self.said.append(repr(result))

    def everything(self) -> str:
        return "\n".join([self.trace.getvalue(), self.log.getvalue(), self.plain_log.getvalue(), *self.said])


class Explaining:
    """Also what the expert command would say of every exchange."""

    def __init__(self, inner: Connection, ears: Ears) -> None:
        self._inner, self._ears = inner, ears

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def transmit(self, command: bytes) -> bytes:
        answer = self._inner.transmit(command)
        self._ears.said += explain.decode_command(command) + explain.decode_response(answer, command)
        return answer


@pytest.fixture
def ears() -> Iterator[Ears]:
    ears = Ears()
    logger = logging.getLogger("cardtool")
    handlers = [logging.StreamHandler(ears.log), logging.StreamHandler(ears.plain_log)]
    handlers[0].setFormatter(AllowListFormatter())
    level = logger.level
    logger.setLevel(logging.DEBUG)
    for handler in handlers:
        logger.addHandler(handler)
    yield ears
    for handler in handlers:
        logger.removeHandler(handler)
    logger.setLevel(level)


def live(bench: BenchCard, ears: Ears) -> None:
    """A card's whole life with planted secrets, right ones and wrong ones."""
    desk = Desk(bench.hub, wrap=ears.wrap, sleep=lambda _seconds: None)
    steps: tuple[Callable[[PivSession], object], ...] = (
        lambda s: s.change_reference_data(KeyRef.PIV_PIN, Secret(PIN), Secret(PIN_1)),
        lambda s: change_puk(s, Secret(PUK), Secret(PUK_1), vouched_tries=3),
        lambda s: s.verify_pin(Secret(PIN_WRONG)),
        lambda s: s.change_reference_data(KeyRef.PIV_PIN, Secret(PIN_WRONG), Secret(PIN_2)),
        lambda s: unblock_pin(s, Secret(PUK_WRONG), Secret(PIN_2), vouched_tries=3),
        lambda s: unblock_pin(s, Secret(PUK_1), Secret(PIN_2), vouched_tries=2),
        lambda s: s.verify_pin(Secret(PIN_2 + "9")),
        lambda s: self_managed.gain_admin_status(s, Secret(KEY_WRONG)),
        lambda s: self_managed.gain_admin_status(s, Secret(KEY_WRONG[:-1])),
        as_admin,
        with_extensions,
    )
    for step in steps:

        def act(step: Callable[[PivSession], object] = step) -> object:
            with desk.session(READER, fresh=True) as session:
                ears.said.append(repr(session))
                return step(session)

        ears.attempt(act)
    ears.said.append(repr(desk.survey()))


def as_admin(session: PivSession) -> None:
    self_managed.gain_admin_status(session, Secret(ADMIN_KEY))
    session.verify_pin(Secret(PIN_2))
    key = session.generate_asymmetric_key_pair(Slot.AUTHENTICATION, Algorithm.ECC_P256)
    recipes.write_certificate(session, Slot.AUTHENTICATION, certify(key))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    recipes.sign_message(session, Slot.AUTHENTICATION, key, b"message")
    # As Yubico's tools keep an admin key on the card.
    session.put_data(ObjectTag.PRINTED_INFORMATION, b"\x88\x1a\x89\x18" + KEPT_KEY)
    assert self_managed.read_admin_key(session) == Secret(KEPT_KEY)


def with_extensions(session: PivSession) -> None:
    extensions = yubico.detect(session)
    if extensions is None:
        return
    self_managed.gain_admin_status(session, Secret(ADMIN_KEY))
    extensions.import_key(Slot.KEY_MANAGEMENT, IMPORTED)
    extensions.import_key(Slot.SIGNATURE, IMPORTED_EC)
    extensions.set_management_key(AdminAlgorithm.AES_192, Secret(KEY_1))
    admin.authenticate_mutually(session, AdminAlgorithm.AES_192, Secret(KEY_1))


@pytest.mark.parametrize("personality", [YUBIKEY, GENERIC], ids=lambda item: item.name)
def test_no_planted_secret_is_written_anywhere(personality: Personality, ears: Ears, tmp_path: Path) -> None:
    bench = BenchCard(personality)
    live(bench, ears)
    assert bench.card.state.pin.value == PIN_2.encode(), "the life was really lived"
    written = ears.everything()
    assert "VERIFY" in written
    assert len(written) > 20_000
    leaks = [name for name, secret in planted().items() if any(shape in written for shape in shapes(secret))]
    assert leaks == []


def test_the_search_finds_what_is_there() -> None:
    for name, secret in planted().items():
        for written in (
            secret.hex(),
            f"x{secret.ljust(8, bytes([255])).hex(' ')}",
            base64.b64encode(b"\x00\x20\x00\x80\x08" + secret + b"\xff\xff").decode(),
            repr(b"a" + secret),
            secret.decode("latin-1"),
        ):
            assert any(shape in written for shape in shapes(secret)), (name, written)
