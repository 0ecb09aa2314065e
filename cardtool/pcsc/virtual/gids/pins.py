"""VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER (ISO/IEC 7816-4; GIDS 2.0)."""

from __future__ import annotations

from cardtool.pcsc.virtual.apdu import Command
from cardtool.pcsc.virtual.gids.applet import Applet
from cardtool.pcsc.virtual.status import (
    BLOCKED,
    COMMAND_NOT_ALLOWED,
    REFERENCE_NOT_FOUND,
    SECURITY_STATUS_NOT_SATISFIED,
    TRIES_LEFT,
    WRONG_LENGTH,
    WRONG_P1_P2,
    Refused,
)

PIN_REFERENCES = frozenset({0x00, 0x80})
LOG_OUT = 0x82
OLD_AND_NEW, NEW_ONLY = 0x00, 0x01
NEW_BY_ADMIN = 0x02


def verify(applet: Applet, command: Command) -> bytes:
    """P2 = 82 drops every status. A value that cannot be the PIN costs no try."""
    if command.p1 != 0x00:
        raise Refused(WRONG_P1_P2)
    if command.p2 == LOG_OUT:
        applet.session.drop_status()
        return b""
    _require_pin_reference(command)
    if not command.data:
        return _status(applet)
    if not applet.state.pin.tries:
        raise Refused(BLOCKED)
    if not _fits(applet, command.data):
        raise Refused(TRIES_LEFT | applet.state.pin.tries)
    _present(applet, command.data)
    return b""


def change_reference_data(applet: Applet, command: Command) -> bytes:
    """Old and new value without anything between them; or, verified already, the new value alone."""
    _require_pin_reference(command)
    if command.p1 == NEW_ONLY:
        return _set_new(applet, command.data)
    if command.p1 != OLD_AND_NEW:
        raise Refused(WRONG_P1_P2)
    pin = applet.state.pin
    if not pin.tries:
        raise Refused(BLOCKED)
    old, new = command.data[: len(pin.value)], command.data[len(pin.value) :]
    _present(applet, old)
    if not _fits(applet, new):
        raise Refused(WRONG_LENGTH)
    pin.replace(new)
    return b""


def reset_retry_counter(applet: Applet, command: Command) -> bytes:
    """The admin's status sets a new PIN, and is used up by it."""
    if not applet.state.operational:
        raise Refused(COMMAND_NOT_ALLOWED)
    if command.p1 != NEW_BY_ADMIN:
        raise Refused(WRONG_P1_P2)
    _require_pin_reference(command)
    if not applet.session.admin:
        raise Refused(SECURITY_STATUS_NOT_SATISFIED)
    if not _fits(applet, command.data):
        raise Refused(WRONG_LENGTH)
    applet.state.pin.replace(command.data)
    applet.session.drop_status()
    return b""


def _require_pin_reference(command: Command) -> None:
    if command.p2 not in PIN_REFERENCES:
        raise Refused(REFERENCE_NOT_FOUND)


def _status(applet: Applet) -> bytes:
    if applet.session.pin_verified and applet.personality.tells_verified:
        return b""
    tries = applet.state.pin.tries
    raise Refused(TRIES_LEFT | tries if tries else BLOCKED)


def _set_new(applet: Applet, value: bytes) -> bytes:
    """The first PIN of all is set without any status."""
    if applet.state.operational and not applet.session.pin_verified:
        raise Refused(SECURITY_STATUS_NOT_SATISFIED)
    if not _fits(applet, value):
        raise Refused(WRONG_LENGTH)
    applet.state.pin.replace(value)
    return b""


def _present(applet: Applet, value: bytes) -> None:
    """The try that reaches zero still answers 63C0, only later ones 6983, as most cards do."""
    applet.session.pin_verified = False
    pin = applet.state.pin
    if not pin.presented(value):
        raise Refused(TRIES_LEFT | pin.tries)
    applet.session.pin_verified = True


def _fits(applet: Applet, value: bytes) -> bool:
    return applet.personality.pin_shortest <= len(value) <= applet.personality.pin_longest
