"""A terminal that speaks raw bytes to a GIDS card: what the tests know of it, apart from both sides' own code."""

from __future__ import annotations

import secrets

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from cardtool.pcsc.virtual.gids import PLAIN, Personality, VirtualGidsCard
from tests.unit.virtual.terminal import DEFAULT_KEY, Terminal, children, public_key, tlv

SELECT_GIDS = bytes.fromhex("00A4040009A0000003974254465900")
VERIFY_123456 = bytes.fromhex("0020008006313233343536")
VERIFY_WRONG = bytes.fromhex("0020008006393939393939")
VERIFY_STATUS = bytes.fromhex("00200080")
ACTIVATE = bytes.fromhex("00440000")
SIGN_WITH_CARD_PADDING, SIGN_RAW = "57", "17"
# A key exchange key as Windows makes its file; KK is the key reference.
KEY_FILE = (
    "6247 820118 8302B0KK 8C058F10101000 A537"
    "B8098001078301KK950140 B8098001878301KK950140 B8098001478301KK950140"
    "B6098001178301KK950140 B6098001578301KK950140"
)


class GidsTerminal(Terminal):
    def select(self) -> bytes:
        return self.ok(SELECT_GIDS)

    def verify(self) -> None:
        self.ok(VERIFY_123456)

    def read(self, place: str, tag: str) -> tuple[bytes, int]:
        answer, sw = self.send(f"00CB{place}", tlv("5C", bytes.fromhex(tag)))
        return (children(answer)[tag] if sw == 0x9000 else b""), sw

    def write(self, place: str, tag: str, content: bytes) -> int:
        return self.send(f"00DB{place}", tlv(tag, content))[1]

    def tries(self) -> int:
        """Of a card that has the try counter of version 2."""
        return children(self.read("3FFF", "7F71")[0])["97"][0]

    def make_key(self, reference: str = "81") -> rsa.RSAPublicKey:
        """Create and activate its file, generate."""
        self.ok("00E00000", bytes.fromhex(KEY_FILE.replace("KK", reference)))
        self.ok(ACTIVATE)
        answer = self.ok("00470000", bytes.fromhex(f"AC06800107 8301{reference}"))
        key = public_key(0x07, children(children(answer)["7F49"]))
        assert isinstance(key, rsa.RSAPublicKey)
        return key

    def set_key(self, mechanism: str, template: str = "B6", reference: str = "81") -> int:
        return self.send(f"002241{template}", bytes.fromhex(f"8001{mechanism} 8401{reference}"))[1]

    # --- the admin key ---

    def name_admin_key(self) -> None:
        self.ok("0022C1A4", bytes.fromhex("830180"))

    def external(self) -> int:
        self.name_admin_key()
        challenge = children(children(self.ok("00870000", bytes.fromhex("7C028100")))["7C"])["81"]
        return self.respond(self.des(challenge))[1]

    def mutual(self) -> tuple[bytes, int]:
        """Also checks the card's proof."""
        self.name_admin_key()
        ours = secrets.token_bytes(16)
        theirs = children(children(self.ok("00870000", tlv("7C", tlv("81", ours))))["7C"])["81"]
        answer, sw = self.respond(self.des(theirs + ours + bytes(7) + b"\x80"))
        if sw == 0x9000:
            opened = self.des(children(children(answer)["7C"])["82"], decrypt=True)
            assert opened[:32] == ours + theirs
            assert opened[39:] == b"\x80"
        return answer, sw

    def respond(self, response: bytes) -> tuple[bytes, int]:
        return self.send("00870000", tlv("7C", tlv("82", response)))

    def des(self, data: bytes, *, decrypt: bool = False) -> bytes:
        cipher = Cipher(TripleDES(self.key), modes.CBC(bytes(8)))
        return self.run(cipher.decryptor() if decrypt else cipher.encryptor(), data)


def open_card(
    personality: Personality = PLAIN, *, blank: bool = False, key: bytes = DEFAULT_KEY
) -> tuple[VirtualGidsCard, GidsTerminal]:
    """Powered, selected."""
    card = VirtualGidsCard.create(personality=personality, blank=blank)
    card.power_on()
    terminal = GidsTerminal(card.transmit, key=key)
    terminal.select()
    return card, terminal
