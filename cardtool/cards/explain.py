"""Commands and answers in the specifications' words, for the expert command ``cardtool apdu``.

Every reader here takes any bytes and says what it can; nothing is raised, nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable

from cardtool.cards.identify import GIDS_AID_WITHOUT_VERSION
from cardtool.cards.piv.session import LOG_OUT
from cardtool.cards.piv.types import (
    BEHIND_THE_PIN,
    PIV_AID_WITHOUT_VERSION,
    AdminAlgorithm,
    Algorithm,
    KeyRef,
    ObjectTag,
    Slot,
)
from cardtool.errors import CardAnswerMalformed
from cardtool.pcsc import tlv
from cardtool.pcsc.apdu import CLA_CHAINING, INS, SW, Command, InvalidCommand, Response, command_name
from cardtool.pcsc.tlv import Tlv

_TAG_LIST = 0x5C
_SHOWN_VALUE = 64
_APPLICATIONS = {PIV_AID_WITHOUT_VERSION: "PIV", GIDS_AID_WITHOUT_VERSION: "GIDS"}
_READING = frozenset({INS.GET_DATA, INS.GET_RESPONSE, INS.GET_VERSION, INS.GET_SERIAL, INS.GET_METADATA})
_WITH_SECRETS = frozenset(
    {
        INS.VERIFY,
        INS.CHANGE_REFERENCE_DATA,
        INS.RESET_RETRY_COUNTER,
        INS.GENERAL_AUTHENTICATE,
        INS.PERFORM_SECURITY_OPERATION,
        INS.IMPORT_ASYMMETRIC_KEY,
        INS.SET_MANAGEMENT_KEY,
    }
)


def is_write(raw: bytes) -> bool:
    """Whether ``raw`` may change anything on a card, spend a try, or use a key. Unknown counts as yes.

    Reading are: SELECT of PIV or GIDS (elsewhere the same bytes can mean anything), GET DATA, GET RESPONSE,
    VERIFY without data (the status query), GET VERSION, GET SERIAL, GET METADATA.
    """
    try:
        command = Command.parse(raw)
    except InvalidCommand:
        return True
    if command.cla != 0x00:
        return True
    if command.ins == INS.SELECT:
        return _application(command.data) is None
    if command.ins == INS.VERIFY:
        return bool(command.data) or command.p1 != 0x00
    return command.ins not in _READING


def may_hold_secret(raw: bytes) -> bool:
    """Whether ``raw`` carries data that may be a PIN, a key, or is not known. Unreadable counts as yes."""
    try:
        command = Command.parse(raw)
    except InvalidCommand:
        return True
    return bool(command.data) and (command.cla != 0x00 or _may_hold_secret(command))


def decode_command(raw: bytes) -> list[str]:
    """Lines such as ``GET DATA: CHUID``. Data that may hold a secret is told by its length only."""
    try:
        command = Command.parse(raw)
    except InvalidCommand as error:
        return [f"no command APDU: {error}"]
    lines = [_headline(command), f"CLA {command.cla:02X}, P1-P2 {command.p1:02X}{command.p2:02X}"]
    if command.cla & CLA_CHAINING:
        lines.append("command chaining: more blocks follow")
    if command.data:
        lines += _data_lines(command)
    if command.le is not None:
        lines.append(f"Le: up to {command.le} bytes are expected")
    return lines


def decode_response(raw: bytes, command: bytes = b"") -> list[str]:
    """The status word's meaning and the data as a TLV tree; ``command`` is what was sent, if it is known."""
    try:
        response = Response.parse(raw, "")
    except CardAnswerMalformed:
        return ["no answer: shorter than a status word"]
    lines = [f"SW {response.sw:04X}: {status_meaning(response.sw)}"]
    if not response.data:
        return lines
    if _is_secret(command):
        return [*lines, f"data: {len(response.data)} bytes, not shown"]
    return lines + _tree_lines(response.data)


def status_meaning(sw: int) -> str:
    """ISO/IEC 7816-4's words for a status word."""
    if sw & 0xFF00 == SW.DATA_AVAILABLE:
        return f"{sw & 0xFF or 256} more bytes wait for GET RESPONSE"
    if sw & 0xFF00 == SW.WRONG_LE_FIELD:
        return f"wrong Le field, {sw & 0xFF or 256} bytes are available"
    if sw & 0xFFF0 == 0x63C0:
        return f"verification failed, {sw & 0x0F} tries left"
    if sw == SW.NO_FURTHER_QUALIFICATION:
        return "done"
    try:
        return _words(SW(sw).name)
    except ValueError:
        return "not known"


def _words(name: str) -> str:
    return name.replace("_", " ").lower()


def _headline(command: Command) -> str:
    meaning = _meaning(command)
    return f"{command.name}: {meaning}" if meaning else command.name


def _meaning(command: Command) -> str:
    """What the parameters address, in one phrase; empty where there is nothing to say."""
    describe = _DESCRIBERS.get(command.ins)
    return describe(command) if describe else ""


def _selected(command: Command) -> str:
    return _application(command.data) or "an application that is not known here"


def _presented(command: Command) -> str:
    if command.ins == INS.VERIFY and not command.data:
        return "log out" if command.p1 == LOG_OUT else f"ask the status of {_key_name(command.p2)}"
    return _key_name(command.p2)


def _used(command: Command) -> str:
    return f"{_key_name(command.p2)}, algorithm {_algorithm_name(command.p1)}"


def _application(aid: bytes) -> str | None:
    """By its identifier, the version left out or not."""
    return next((name for prefix, name in _APPLICATIONS.items() if aid.startswith(prefix)), None)


def _object_name(command: Command) -> str:
    try:
        first = tlv.parse(command.data, "")[0]
    except (CardAnswerMalformed, IndexError):
        return "no tag list"
    if first.tag != _TAG_LIST:
        return "no tag list"
    tag = int.from_bytes(first.value, "big")
    return ObjectTag(tag).name.replace("_", " ") if tag in set(ObjectTag) else f"object {tag:X}"


def _key_name(reference: int) -> str:
    for kind in (Slot, KeyRef):
        if reference in set(kind):
            return f"{reference:02X} {_words(kind(reference).name)}"
    return f"key {reference:02X}"


def _algorithm_name(identifier: int) -> str:
    if identifier in set(Algorithm):
        return Algorithm(identifier).label
    if identifier in set(AdminAlgorithm):
        return AdminAlgorithm(identifier).name.replace("_", "-")
    return f"{identifier:02X}"


def _is_secret(raw: bytes) -> bool:
    """Whether the answer to this command may hold one."""
    if len(raw) > 1 and raw[1] in _WITH_SECRETS:
        return True
    try:
        return _is_behind_the_pin(Command.parse(raw))
    except InvalidCommand:
        return False


def _is_behind_the_pin(command: Command) -> bool:
    """By the tag list that GET DATA and PUT DATA of a PIV object begin with."""
    named = any(command.data.startswith(_tag_list(tag)) for tag in BEHIND_THE_PIN)
    return command.ins in {INS.GET_DATA, INS.PUT_DATA} and named


def _tag_list(tag: int) -> bytes:
    return tlv.encode(_TAG_LIST, tag.to_bytes(3, "big"))


def _may_hold_secret(command: Command) -> bool:
    """By instruction. PUT DATA without a tag list is GIDS: it also puts in keys, and is told by length alone."""
    puts_no_piv_object = command.ins == INS.PUT_DATA and command.data[:1] != bytes([_TAG_LIST])
    unknown = command_name(command.ins).startswith("INS ")
    puts_protected = command.ins == INS.PUT_DATA and _is_behind_the_pin(command)
    return command.ins in _WITH_SECRETS or unknown or puts_no_piv_object or puts_protected


def _data_lines(command: Command) -> list[str]:
    if _may_hold_secret(command):
        return [f"data: {len(command.data)} bytes, not shown"]
    if command.ins == INS.SELECT or command.cla & CLA_CHAINING:
        return [f"data: {_shown(command.data)}"]
    return _tree_lines(command.data)


def _tree_lines(data: bytes) -> list[str]:
    try:
        items = tlv.tree(data, "")
    except CardAnswerMalformed:
        return [f"data: {_shown(data)}"]
    return [_tree_line(depth, item) for depth, item in items]


def _tree_line(depth: int, item: Tlv) -> str:
    value = "" if item.constructed and item.value else f" {_shown(item.value)}"
    return f"{'  ' * depth}{item.tag:02X} ({len(item.value)}){value}".rstrip()


def _shown(value: bytes) -> str:
    text = value[:_SHOWN_VALUE].hex().upper()
    return text if len(value) <= _SHOWN_VALUE else f"{text}…"


_DESCRIBERS: dict[int, Callable[[Command], str]] = {
    INS.SELECT: _selected,
    INS.GET_DATA: _object_name,
    INS.PUT_DATA: _object_name,
    INS.VERIFY: _presented,
    INS.CHANGE_REFERENCE_DATA: _presented,
    INS.RESET_RETRY_COUNTER: _presented,
    INS.GET_METADATA: _presented,
    INS.GENERATE_ASYMMETRIC_KEY_PAIR: _presented,
    INS.GENERAL_AUTHENTICATE: _used,
    INS.IMPORT_ASYMMETRIC_KEY: _used,
    INS.ATTEST: lambda command: _key_name(command.p1),
}
