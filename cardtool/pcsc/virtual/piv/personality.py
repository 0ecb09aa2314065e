"""What kind of PIV applet is simulated: limits, algorithms, extensions and known oddities.

The oddities are those of real applets that a client must cope with; each is off by default.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, IntEnum

from cardtool.pcsc.virtual.link import LinkLimits
from cardtool.pcsc.virtual.piv.instructions import Ins

RETIRED_FIRST = 0x82
_PUT_DATA_HEADERS = 16
"""Room for the tag list and the header of the content beside a data object."""


class Algorithm(IntEnum):
    """Cryptographic mechanism identifiers (SP 800-78-5 table 6-2; 16, E0, E1: Yubico 5.7)."""

    TDEA = 0x03
    RSA_3072 = 0x05
    RSA_2048 = 0x07
    AES_128 = 0x08
    AES_192 = 0x0A
    AES_256 = 0x0C
    ECC_P256 = 0x11
    ECC_P384 = 0x14
    RSA_4096 = 0x16
    ED25519 = 0xE0
    X25519 = 0xE1


ADMIN_ALGORITHMS = frozenset({Algorithm.TDEA, Algorithm.AES_128, Algorithm.AES_192, Algorithm.AES_256})


class Extension(Enum):
    """Yubico's additions to SP 800-73, each of which a card may have or lack."""

    VERSION = Ins.GET_VERSION
    SERIAL = Ins.GET_SERIAL
    METADATA = Ins.GET_METADATA
    ATTESTATION = Ins.ATTEST
    SET_MANAGEMENT_KEY = Ins.SET_MANAGEMENT_KEY
    SET_RETRIES = Ins.SET_PIN_RETRIES
    IMPORT = Ins.IMPORT_KEY
    MOVE = Ins.MOVE_KEY
    RESET = Ins.RESET


@dataclass(frozen=True, kw_only=True)
class Personality:
    """One kind of card. Sizes are bytes; tries are those of a factory-fresh card."""

    name: str
    atr: bytes
    version: tuple[int, int, int] = (1, 0, 0)
    extensions: frozenset[Extension] = frozenset()
    algorithms: frozenset[Algorithm] = frozenset({Algorithm.RSA_2048, Algorithm.ECC_P256, Algorithm.ECC_P384})
    admin_algorithm: Algorithm = Algorithm.AES_192
    pin_tries: int = 3
    puk_tries: int = 3
    retired_slots: int = 20
    generates_in_retired_slots: bool = True
    extended_length: bool = True
    answer_block: int = 0xFFFF
    """Most data bytes in one answer, whatever Le says; the rest waits behind 61xx."""
    exact_get_response: bool = False
    """A GET RESPONSE that asks for more than is left is answered 6Cxx with the right length."""
    object_size: int = 3052
    memory: int = 51200
    pin_logout_sw: int = 0x9000
    """The answer to VERIFY with P1=FF; anything but 9000 also means that it does nothing."""
    digits_only: bool = False
    """PIN and PUK are digits; other characters are refused with 6A80 when set, and cost a try in VERIFY."""
    checks_form_first: bool = True
    """A malformed new PIN or PUK is refused before the old value is looked at, and so costs no try."""
    erases_keys_when_blocked: bool = False
    """All private keys are erased as soon as PIN and PUK are both blocked."""
    accepts_any_puk_after_success: bool = False
    """After one right PUK every further one is taken, until the card is reset."""
    breaks_on_long_chain: bool = False
    """An over-long chained command is answered 6F00, everything after it 6F61 until SELECT."""

    def has(self, extension: Extension) -> bool:
        return extension in self.extensions

    @property
    def link_limits(self) -> LinkLimits:
        return LinkLimits(
            longest_command=self.object_size + _PUT_DATA_HEADERS,
            answer_block=self.answer_block,
            exact_get_response=self.exact_get_response,
            breaks_when_overrun=self.breaks_on_long_chain,
        )

    @property
    def retired(self) -> range:
        """The retired key management slots this card has."""
        return range(RETIRED_FIRST, RETIRED_FIRST + self.retired_slots)


YUBIKEY = Personality(
    name="yubikey-5.7",
    # The ATR of a YubiKey 5 over NFC. OpenSC 0.23 knows its historical bytes 8073C021C057 "YubiKey" and offers
    # elliptic curves, which it does not for an ATR it does not know. With the ATR a YubiKey has over USB, ykman
    # insists on a reader named after Yubico, which vpcd's is not.
    atr=bytes.fromhex("3B8D80018073C021C057597562694B6579F9"),
    version=(5, 7, 1),
    extensions=frozenset(Extension),
    checks_form_first=False,
    algorithms=frozenset(Algorithm) - ADMIN_ALGORITHMS,
)

GENERIC = Personality(
    name="generic",
    # T=1, historical bytes "CardTool": no other program knows it.
    atr=bytes.fromhex("3B880143617264546F6F6C85"),
    admin_algorithm=Algorithm.TDEA,
    retired_slots=11,
    generates_in_retired_slots=False,
    extended_length=False,
    answer_block=256,
    pin_logout_sw=0x6A86,
    digits_only=True,
)
"""SP 800-73 and nothing else: no way to read versions, metadata or the PUK's tries."""

FRAGILE = replace(
    GENERIC,
    name="fragile",
    erases_keys_when_blocked=True,
    accepts_any_puk_after_success=True,
    breaks_on_long_chain=True,
    answer_block=255,
)
"""A generic card with every oddity at once."""
