"""Setting up a blank GIDS card: files, access rules, admin key, PIN and the minidriver's own files.

The layout is that of the Windows minidriver and of OpenSC's gids-tool; the two accept no other.
"""

from __future__ import annotations

from cardtool.cards.gids.key_file import (
    CONTROL_REFERENCES,
    FILE_DESCRIPTOR,
    FILE_IDENTIFIER,
    KEY_FILE,
    KEY_REFERENCE,
    MECHANISM,
    SECURITY_ATTRIBUTES,
    USAGE,
)
from cardtool.cards.gids.objects import CacheFile, Entry, MasterFile
from cardtool.cards.gids.session import GidsSession, check_pin
from cardtool.cards.gids.types import KEY_FILES, FileId, KeyRef, ObjectTag, Template
from cardtool.errors import NotSupportedByCard, ObjectNotFound, SecurityStatusNotSatisfied
from cardtool.pcsc import tlv
from cardtool.secret import Secret

OBJECTS_FILE = b"\x39"
ADMIN_ONLY, PIN_OR_ADMIN, ALWAYS, NEVER = 0x20, 0x30, 0x00, 0xFF
_WRITE_AND_READ = 0x03
_RULES = (
    (FileId.DIRECTORY, PIN_OR_ADMIN, ALWAYS),
    (FileId.USER_WRITES, PIN_OR_ADMIN, ALWAYS),
    (FileId.USER_WRITES_NOBODY_READS, PIN_OR_ADMIN, NEVER),
    (FileId.ADMIN_WRITES, ADMIN_ONLY, ALWAYS),
    (FileId.USER_ONLY, PIN_OR_ADMIN, PIN_OR_ADMIN),
    (FileId.ADMIN_ONLY, ADMIN_ONLY, ADMIN_ONLY),
)
"""Every file with the condition for writing and the one for reading."""
_USE_PUT_READ_ADMIN_KEY = bytes([0x87, ALWAYS, ADMIN_ONLY, NEVER])
_TRIPLE_DES = b"\x02"
_EXTERNAL_AND_MUTUAL = b"\xc0"
_DIRECTORY = "mscp"
_CARDID = Entry("", "cardid", 0xDF20, FileId.ADMIN_WRITES)
_CARDAPPS = Entry("", "cardapps", 0xDF21, FileId.USER_WRITES)
_CARDCF = Entry("", "cardcf", 0xDF22, FileId.USER_WRITES)
_CMAPFILE = Entry(_DIRECTORY, "cmapfile", 0xDF23, FileId.USER_WRITES)
_TABLE = MasterFile((Entry(_DIRECTORY, "", 0, FileId.DIRECTORY), _CARDID, _CARDAPPS, _CARDCF, _CMAPFILE))


def set_up(session: GidsSession, pin: Secret, admin_key: Secret, card_id: bytes) -> None:
    """Make a blank card ready for use; one that was cut off goes on. ``admin_key``: 24 bytes; ``card_id``: 16.

    Until the last command anyone could still do what they like with the card; after it the rules hold, and all
    status is gone. Raises PinNotSent, NotSupportedByCard where the card has been set up before.
    """
    check_pin(pin)
    # With PIN status, ours or left by another program, a card that is in use would take the new PIN.
    if session.status_gained:
        raise NotSupportedByCard("set-up")
    session.logout()
    _set_first_pin(session, pin)
    for file, write, read in _RULES:
        _ensure_file(session, file, _objects_file(file, write, read))
    _ensure_file(session, KEY_FILES | KeyRef.ADMIN_KEY, _admin_key_file())
    session.put_admin_key(admin_key)
    _write_files(session, card_id)
    session.select_file(FileId.APPLICATION)
    session.activate_file()


def _set_first_pin(session: GidsSession, pin: Secret) -> None:
    """The card itself tells whether its set-up is over: from then on no PIN is set without a status."""
    try:
        session.set_first_pin(pin)
    except SecurityStatusNotSatisfied:
        if _has_file(session, FileId.DIRECTORY):
            raise NotSupportedByCard("set-up") from None
        raise


def _ensure_file(session: GidsSession, file: int, control: bytes) -> None:
    """Cut off between the two commands, a file is there but not active; activating it twice does no harm."""
    if not _has_file(session, file):
        session.create_file(control)
    session.activate_file()


def _has_file(session: GidsSession, file: int) -> bool:
    try:
        session.select_file(file)
    except ObjectNotFound:
        return False
    return True


def _write_files(session: GidsSession, card_id: bytes) -> None:
    session.put_data(FileId.DIRECTORY, ObjectTag.MASTERFILE, _TABLE.encode())
    contents = (
        (_CARDAPPS, _DIRECTORY.encode("ascii").ljust(8, b"\x00")),
        (_CARDCF, CacheFile().encode()),
        (_CMAPFILE, b""),
        (_CARDID, card_id),
    )
    for entry, content in contents:
        session.put_data(entry.file, entry.tag, content)


def _objects_file(file: FileId, write: int, read: int) -> bytes:
    return (
        tlv.encode(FILE_DESCRIPTOR, OBJECTS_FILE)
        + tlv.encode(FILE_IDENTIFIER, file.to_bytes(2, "big"))
        + tlv.encode(SECURITY_ATTRIBUTES, bytes([_WRITE_AND_READ, write, read]))
    )


def _admin_key_file() -> bytes:
    """Used by whoever has it, replaced by the admin, read by nobody."""
    use = (
        tlv.encode(MECHANISM, _TRIPLE_DES)
        + tlv.encode(KEY_REFERENCE, bytes([KeyRef.ADMIN_KEY]))
        + tlv.encode(USAGE, _EXTERNAL_AND_MUTUAL)
    )
    return (
        tlv.encode(FILE_DESCRIPTOR, KEY_FILE)
        + tlv.encode(FILE_IDENTIFIER, (KEY_FILES | KeyRef.ADMIN_KEY).to_bytes(2, "big"))
        + tlv.encode(SECURITY_ATTRIBUTES, _USE_PUT_READ_ADMIN_KEY)
        + tlv.encode(CONTROL_REFERENCES, tlv.encode(Template.AUTHENTICATION, use))
    )
