"""A card set up as Windows and OpenSC expect it: files, admin key, and the table of the minidriver's own files.

Layout: GIDS 2.0 for files and rules; the minidriver specification for cardapps, cardcf and cmapfile; the table
of files (masterfile) and the key map are documented nowhere and known from what Windows writes.
"""

from __future__ import annotations

import secrets
import struct

from cardtool.pcsc.virtual import tlv
from cardtool.pcsc.virtual.gids.personality import Personality
from cardtool.pcsc.virtual.gids.state import KEY_FILES, CardFile, CardState, FileKind, delivered

DEFAULT_PIN = b"123456"
DEFAULT_ADMIN_KEY = bytes.fromhex("0102030405060708" * 3)
ADMIN_KEY_REFERENCE = 0x80

DIRECTORY_FILE = 0xA000
USER_FILES = 0xA010
ADMIN_FILES = 0xA012
_RULES = {
    DIRECTORY_FILE: "3000",
    USER_FILES: "3000",
    0xA011: "30FF",
    ADMIN_FILES: "2000",
    0xA013: "3030",
    0xA014: "2020",
}
"""Conditions for writing and reading: 30 PIN or admin, 20 admin, 00 always, FF never."""

MASTERFILE, CARDID, CARDAPPS, CARDCF, CMAPFILE = 0xDF1F, 0xDF20, 0xDF21, 0xDF22, 0xDF23
MINIDRIVER = b"mscp"


def set_up(personality: Personality) -> CardState:
    """A card ready for use, empty, with a random card identifier, the default PIN and the default admin key."""
    state = delivered(personality)
    state.pin.replace(DEFAULT_PIN)
    state.files = {identifier: _objects_file(identifier, rule) for identifier, rule in _RULES.items()}
    state.files[KEY_FILES | ADMIN_KEY_REFERENCE] = _admin_key_file()
    state.files[DIRECTORY_FILE].objects = {MASTERFILE: _masterfile()}
    state.files[USER_FILES].objects = {
        CARDAPPS: MINIDRIVER.ljust(8, b"\x00"),
        CARDCF: bytes(6),
        CMAPFILE: b"",
    }
    state.files[ADMIN_FILES].objects = {CARDID: secrets.token_bytes(16)}
    state.operational = True
    return state


def _objects_file(identifier: int, rule: str) -> CardFile:
    control = (
        tlv.encode(0x82, bytes([FileKind.OBJECTS]))
        + tlv.encode(0x83, identifier.to_bytes(2, "big"))
        + tlv.encode(0x8C, b"\x03" + bytes.fromhex(rule))
    )
    return CardFile(control, active=True)


def _admin_key_file() -> CardFile:
    """Used by anyone (who knows it), replaced by the admin, never read."""
    use = tlv.encode(0xA4, bytes.fromhex("800102 830180 9501C0"))
    control = (
        tlv.encode(0x82, bytes([FileKind.KEY]))
        + tlv.encode(0x83, (KEY_FILES | ADMIN_KEY_REFERENCE).to_bytes(2, "big"))
        + tlv.encode(0x8C, bytes.fromhex("870020FF"))
        + tlv.encode(0xA5, use)
    )
    return CardFile(control, active=True, key=DEFAULT_ADMIN_KEY)


def _masterfile() -> bytes:
    """A version byte, then per entry directory, name, data object and file."""
    entries = [
        (MINIDRIVER, b"", 0, DIRECTORY_FILE),
        (b"", b"cardid", CARDID, ADMIN_FILES),
        (b"", b"cardapps", CARDAPPS, USER_FILES),
        (b"", b"cardcf", CARDCF, USER_FILES),
        (MINIDRIVER, b"cmapfile", CMAPFILE, USER_FILES),
    ]
    return b"\x01" + b"".join(struct.pack("<9s9s2xII", *entry) for entry in entries)
