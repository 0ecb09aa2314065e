"""Another PC/SC program on the same computer: it resets the card, or keeps it for itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from smartcard import scard as native

PROTOCOLS = native.SCARD_PROTOCOL_T0 | native.SCARD_PROTOCOL_T1


def reset(reader: str) -> None:
    """Reset the card, as a program does that worked with it in between."""
    with _connected(reader, native.SCARD_SHARE_SHARED, native.SCARD_RESET_CARD):
        pass


@contextmanager
def keeping(reader: str) -> Iterator[None]:
    """The card is this program's alone."""
    with _connected(reader, native.SCARD_SHARE_EXCLUSIVE, native.SCARD_LEAVE_CARD):
        yield


@contextmanager
def _connected(reader: str, share: int, disposition: int) -> Iterator[Any]:
    code, context = native.SCardEstablishContext(native.SCARD_SCOPE_USER)
    assert code == native.SCARD_S_SUCCESS
    try:
        code, handle, _protocol = native.SCardConnect(context, reader, share, PROTOCOLS)
        assert code == native.SCARD_S_SUCCESS, native.SCardGetErrorMessage(code)
        yield handle
        code = native.SCardDisconnect(handle, disposition)
        assert code == native.SCARD_S_SUCCESS, native.SCardGetErrorMessage(code)
    finally:
        native.SCardReleaseContext(context)
