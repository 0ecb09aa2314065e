"""VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER (SP 800-73-5 Part 2, 3.2.1 to 3.2.3)."""

from __future__ import annotations

from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.piv.applet import Applet
from cardtool.pcsc.virtual.piv.personality import Personality
from cardtool.pcsc.virtual.piv.state import Reference
from cardtool.pcsc.virtual.status import (
    BLOCKED,
    OK,
    REFERENCE_NOT_FOUND,
    TRIES_LEFT,
    WRONG_DATA,
    WRONG_P1_P2,
    Refused,
)

PIN = 0x80
PUK = 0x81
SIZE = 8
SHORTEST = 6


def verify(applet: Applet, command: Command) -> bytes:
    if command.p2 != PIN:
        raise Refused(REFERENCE_NOT_FOUND)
    if command.p1 == 0xFF and not command.data:
        return _log_out(applet)
    if command.p1 != 0x00:
        raise Refused(WRONG_P1_P2)
    if not command.data:
        return _status(applet)
    if len(command.data) != SIZE:
        raise Refused(WRONG_DATA)
    _present_pin(applet, command.data)
    applet.session.after.pin_verified = True
    return b""


def change_reference_data(applet: Applet, command: Command) -> bytes:
    if command.p1 != 0x00:
        raise Refused(WRONG_P1_P2)
    if command.p2 not in (PIN, PUK):
        raise Refused(REFERENCE_NOT_FOUND)
    _replace(applet, command, presented=command.p2, replaced=command.p2)
    return b""


def reset_retry_counter(applet: Applet, command: Command) -> bytes:
    """The PUK unblocks the PIN and sets a new one; the PIN's security status stays as it was."""
    command.require(p1=0x00, p2=PIN)
    _replace(applet, command, presented=PUK, replaced=PIN)
    return b""


def _replace(applet: Applet, command: Command, *, presented: int, replaced: int) -> None:
    """Data: the value that is presented, then the new one. Cards differ in what they look at first."""
    if len(command.data) != 2 * SIZE:
        raise Refused(WRONG_DATA)
    value, new = command.data[:SIZE], command.data[SIZE:]
    form_first = applet.personality.checks_form_first
    if form_first:
        _check_form(new, applet.personality, replaced)
    (_present_pin if presented == PIN else _present_puk)(applet, value)
    if not form_first:
        _check_form(new, applet.personality, replaced)
    (applet.state.pin if replaced == PIN else applet.state.puk).replace(new)


def _status(applet: Applet) -> bytes:
    if applet.session.pin_verified:
        return b""
    tries = applet.state.pin.tries
    raise Refused(TRIES_LEFT | tries if tries else BLOCKED)


def _log_out(applet: Applet) -> bytes:
    if applet.personality.pin_logout_sw != OK:
        raise Refused(applet.personality.pin_logout_sw)
    applet.session.pin_verified = False
    return b""


def _present_pin(applet: Applet, value: bytes) -> None:
    applet.session.pin_verified = False
    _present(applet, applet.state.pin, value)
    applet.session.pin_verified = True


def _present_puk(applet: Applet, value: bytes) -> None:
    if applet.session.puk_accepted and applet.personality.accepts_any_puk_after_success:
        return
    _present(applet, applet.state.puk, value)
    applet.session.puk_accepted = True


def _present(applet: Applet, reference: Reference, value: bytes) -> None:
    """The try that reaches zero still answers 63C0, only later ones 6983, as most cards do."""
    if not reference.tries:
        raise Refused(BLOCKED)
    if not reference.presented(value):
        _erase_if_beyond_help(applet)
        raise Refused(TRIES_LEFT | reference.tries)


def _erase_if_beyond_help(applet: Applet) -> None:
    state = applet.state
    if applet.personality.erases_keys_when_blocked and not state.pin.tries and not state.puk.tries:
        state.keys.clear()


def _check_form(value: bytes, personality: Personality, reference: int) -> None:
    """A PIN is six to eight characters and padding; a PUK any eight bytes, unless only digits are taken."""
    body = value.rstrip(b"\xff")
    if reference == PIN and (len(body) < SHORTEST or b"\xff" in body):
        raise Refused(WRONG_DATA)
    if personality.digits_only and not body.isdigit():
        raise Refused(WRONG_DATA)
