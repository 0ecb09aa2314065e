"""What status words mean, as errors of ``cardtool.errors`` (ISO/IEC 7816-4:2020, 5.6; SP 800-73-5 part 2, 3)."""

from __future__ import annotations

from cardtool.errors import (
    CardCommandFailed,
    CardError,
    CardFull,
    NotSupportedByCard,
    ObjectNotFound,
    PinBlocked,
    PinRefused,
    PukBlocked,
    SecurityStatusNotSatisfied,
    WrongPin,
    WrongPuk,
)
from cardtool.pcsc.apdu import SW, Response

NOT_SUPPORTED = frozenset({SW.FUNCTION_NOT_SUPPORTED, SW.INSTRUCTION_NOT_SUPPORTED, SW.CLASS_NOT_SUPPORTED})
_NOT_FOUND = frozenset({SW.FILE_OR_APPLICATION_NOT_FOUND, SW.REFERENCED_DATA_NOT_FOUND})
_REFUSED_FORM = frozenset(
    {
        SW.INCORRECT_PARAMETERS_IN_DATA_FIELD,
        SW.WRONG_LENGTH,
        SW.CONDITIONS_OF_USE_NOT_SATISFIED,  # cards that demand a more complicated value
    }
)


def command_error(response: Response, command: str) -> CardError:
    """The error of any command that presents no PIN or PUK."""
    if response.sw in NOT_SUPPORTED:
        return NotSupportedByCard(command)
    if response.sw in _NOT_FOUND:
        return ObjectNotFound(command)
    if response.sw == SW.NOT_ENOUGH_MEMORY_SPACE:
        return CardFull()
    if response.sw == SW.SECURITY_STATUS_NOT_SATISFIED:
        return SecurityStatusNotSatisfied(command)
    return CardCommandFailed(command, response.sw)


def presentation_error(response: Response, command: str, *, puk: bool = False) -> CardError:
    """The error of a command that presents the PIN, or the PUK.

    63C0 is the wrong try that blocked it, 6983 every later one.
    """
    wrong, blocked = (WrongPuk, PukBlocked) if puk else (WrongPin, PinBlocked)
    if response.sw == SW.AUTHENTICATION_METHOD_BLOCKED or response.tries_left == 0:
        return blocked()
    if response.tries_left is not None or response.sw == SW.VERIFICATION_FAILED:
        return wrong(response.tries_left)
    if response.sw in _REFUSED_FORM:
        return PinRefused()
    return command_error(response, command)
