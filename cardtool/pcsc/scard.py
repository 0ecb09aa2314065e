"""Readers and cards by PC/SC. The only module that imports pyscard; imported late, by the wiring.

Every operation has a context of its own, so there is none to go stale when the service stops with its last
reader (Windows) or is restarted (Linux).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from smartcard import scard as native

from cardtool.errors import CardHeld, CardRemoved, CardToolError, NoCard, NoReader
from cardtool.pcsc.apdu import for_t0
from cardtool.pcsc.bounded import call_within
from cardtool.pcsc.status import LINK_LOST, Scard, error_for, unsigned
from cardtool.pcsc.transport import ReaderState

HELD_LIMIT = 10.0
"""Seconds until a card that another program holds counts as held; PC/SC itself would wait for ever."""
PULL_NOTICE_LIMIT = 0.8
"""Seconds within which pcscd notices a pull (it polls every 0.4 s)."""
RELIST_INTERVAL = 1.5
"""Seconds between looks at the list of readers where the system cannot notify (macOS)."""
PNP_NOTIFICATION = "\\\\?PnP?\\Notification"
CM_IOCTL_GET_FEATURE_REQUEST = native.SCARD_CTL_CODE(3400)
"""PC/SC part 10, 2.2."""
_ANY_PROTOCOL = native.SCARD_PROTOCOL_T0 | native.SCARD_PROTOCOL_T1
_RawState = tuple[str, int, list[int]]


def _check(code: int, reader: str = "") -> None:
    if unsigned(code) != Scard.S_SUCCESS:
        raise error_for(code, reader)


def _establish() -> Any:
    code, context = native.SCardEstablishContext(native.SCARD_SCOPE_USER)
    _check(code)
    return context


@contextmanager
def _context() -> Iterator[Any]:
    context = _establish()
    try:
        yield context
    finally:
        native.SCardReleaseContext(context)


def _raw_states(context: Any) -> list[_RawState]:
    """Name, state (its high 16 bits count insertions and removals) and ATR of every reader, now."""
    code, names = native.SCardListReaders(context, [])
    try:
        _check(code)
    except NoReader:
        return []
    if not names:
        return []
    code, states = native.SCardGetStatusChange(
        context, 0, [(name, native.SCARD_STATE_UNAWARE) for name in names]
    )
    _check(code)
    return list(states)


def _reader_state(raw: _RawState) -> ReaderState:
    name, state, atr = raw
    present = bool(state & native.SCARD_STATE_PRESENT)
    return ReaderState(
        name,
        bytes(octet & 0xFF for octet in atr) if present else None,
        bool(state & native.SCARD_STATE_MUTE),
        bool(state & (native.SCARD_STATE_INUSE | native.SCARD_STATE_EXCLUSIVE)),
        state >> 16 & 0xFFFF,
    )


def _seen(states: Sequence[ReaderState]) -> set[tuple[object, ...]]:
    return {(state.name, state.atr, state.mute, state.events) for state in states}


class ScardHub:
    """``ReaderHub`` over PC/SC."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[Any] = set()
        self._interrupted = threading.Event()

    def readers(self) -> Sequence[ReaderState]:
        with _context() as context:
            return [_reader_state(raw) for raw in _raw_states(context)]

    def connect(self, reader: str) -> ScardConnection:
        try:
            return call_within(HELD_LIMIT, lambda: _open(reader), lambda late: late.disconnect(reset=False))
        except TimeoutError:
            raise CardHeld(reader=reader) from None
        except CardRemoved:
            raise NoCard(reader) from None

    def wait_for_change(self, known: Sequence[ReaderState], timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        self._interrupted.clear()
        with _context() as context, self._interruptible(context):
            states = _raw_states(context)
            notified: int | None = len(states) << 16
            while _seen([_reader_state(raw) for raw in states]) == _seen(known):
                left = deadline - time.monotonic()
                if left <= 0 or self._interrupted.is_set():
                    return False
                notified = self._wait(context, states, notified, left)
                states = _raw_states(context)
            return True

    def _wait(
        self, context: Any, states: Sequence[_RawState], notified: int | None, left: float
    ) -> int | None:
        """Sleep until something may have changed. ``notified`` is the state of the PnP pseudo reader.

        Returns its next state, or None where it is not supported: then the list is looked at now and again.
        """
        if notified is None:
            left = min(left, RELIST_INTERVAL)
            if not states:
                self._interrupted.wait(left)
                return None
        watched = [(name, state & ~native.SCARD_STATE_CHANGED) for name, state, _atr in states]
        if notified is not None:
            watched.append((PNP_NOTIFICATION, notified))
        code, after = native.SCardGetStatusChange(context, int(left * 1000) + 1, watched)
        return _notified(code, after, notified)

    @contextmanager
    def _interruptible(self, context: Any) -> Iterator[None]:
        with self._lock:
            self._waiting.add(context)
        try:
            yield
        finally:
            with self._lock:
                self._waiting.discard(context)

    def interrupt(self) -> None:
        self._interrupted.set()
        with self._lock:
            for context in self._waiting:
                native.SCardCancel(context)


def _notified(code: int, after: Sequence[_RawState], before: int | None) -> int | None:
    """The PnP pseudo reader's state after a wait; None if this system does not know that reader."""
    status = unsigned(code)
    if status in {Scard.E_TIMEOUT, Scard.E_CANCELLED, Scard.F_COMM_ERROR} or before is None:
        return before  # the next look at the readers says what F_COMM_ERROR meant: the service is gone
    if status == Scard.E_UNKNOWN_READER:
        return None
    _check(code)
    state = next(
        (state for name, state, _atr in after if name == PNP_NOTIFICATION), native.SCARD_STATE_UNKNOWN
    )
    return None if state & native.SCARD_STATE_UNKNOWN else state & ~native.SCARD_STATE_CHANGED


def _open(reader: str) -> ScardConnection:
    context = _establish()
    try:
        code, handle, protocol = native.SCardConnect(
            context, reader, native.SCARD_SHARE_SHARED, _ANY_PROTOCOL
        )
        _check(code, reader)
        connection = ScardConnection(context, handle, protocol, reader)
        connection.keep_alive()
    except CardToolError:
        native.SCardReleaseContext(context)
        raise
    return connection


class ScardConnection:
    """``Connection`` over PC/SC, shared with other programs; short transactions keep them apart."""

    def __init__(self, context: Any, handle: Any, protocol: int, reader: str) -> None:
        self._context = context
        self._handle = handle
        self._protocol = protocol
        self._reader = reader
        self._atr = b""
        self._depth = 0
        self._features: dict[int, int] | None = None

    @property
    def reader(self) -> str:
        return self._reader

    @property
    def atr(self) -> bytes:
        return self._atr

    @property
    def features(self) -> Mapping[int, int]:
        if self._features is None:
            self._features = self._ask_features()
        return self._features

    def _ask_features(self) -> dict[int, int]:
        """PC/SC part 10, 2.2: triples of tag, length 4, control code (big-endian)."""
        try:
            answer = self.control(CM_IOCTL_GET_FEATURE_REQUEST, b"")
        except CardToolError:
            return {}  # a reader without part 10 refuses the request, each with another code
        entries = [answer[start : start + 6] for start in range(0, len(answer), 6)]
        return {entry[0]: int.from_bytes(entry[2:], "big") for entry in entries if len(entry) == 6}

    def transmit(self, command: bytes) -> bytes:
        raw = for_t0(command) if self._protocol == native.SCARD_PROTOCOL_T0 else command
        pci = native.SCARD_PCI_T0 if self._protocol == native.SCARD_PROTOCOL_T0 else native.SCARD_PCI_T1
        code, answer = native.SCardTransmit(self._open_handle(), pci, list(raw))
        self._check(code)
        if not answer:
            raise CardRemoved
        return bytes(octet & 0xFF for octet in answer)

    def control(self, code: int, data: bytes) -> bytes:
        status, answer = native.SCardControl(self._open_handle(), code, list(data))
        self._check(status)
        return bytes(octet & 0xFF for octet in answer)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._depth == 0:
            self._begin()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0 and self._handle is not None:
                native.SCardEndTransaction(self._handle, native.SCARD_LEAVE_CARD)

    def _begin(self) -> None:
        code = self._begin_within_limit()
        if unsigned(code) == Scard.W_RESET_CARD:
            # Somebody reset the card since we connected: nothing of ours was lost yet.
            reconnected = native.SCardReconnect(
                self._open_handle(), native.SCARD_SHARE_SHARED, _ANY_PROTOCOL, native.SCARD_LEAVE_CARD
            )
            self._check(reconnected[0])
            code = self._begin_within_limit()
        self._check(code)

    def _begin_within_limit(self) -> int:
        handle, context = self._open_handle(), self._context
        try:
            return call_within(
                HELD_LIMIT,
                lambda: int(native.SCardBeginTransaction(handle)),
                lambda _late: _close(context, handle, False),
            )
        except TimeoutError:
            self._handle = None  # the waiting call still owns it, and closes it when it returns
            raise CardHeld(reader=self._reader) from None

    def keep_alive(self) -> None:
        code, _name, _state, _protocol, atr = native.SCardStatus(self._open_handle())
        self._check(code)
        self._atr = bytes(octet & 0xFF for octet in atr)

    def disconnect(self, *, reset: bool) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            _close(self._context, handle, reset)

    def _open_handle(self) -> Any:
        if self._handle is None:
            raise CardRemoved
        return self._handle

    def _check(self, code: int) -> None:
        if unsigned(code) == Scard.S_SUCCESS:
            return
        if unsigned(code) in LINK_LOST:
            self._explain_lost_link()
        try:
            _check(code, self._reader)
        except NoCard:
            raise CardRemoved from None

    def _explain_lost_link(self) -> None:
        """Raises CardRemoved after a pull, ReaderServiceOff where the service has ended; else returns."""
        if self._is_pulled():
            raise CardRemoved
        with _context():
            """Only a service that is there gives a context."""

    def _is_pulled(self) -> bool:
        """Whether the service reports a pull soon; a card that only stopped answering stays present."""
        deadline = time.monotonic() + PULL_NOTICE_LIMIT
        while time.monotonic() < deadline:
            code = unsigned(native.SCardStatus(self._open_handle())[0])
            if code in {Scard.W_REMOVED_CARD, Scard.E_NO_SMARTCARD}:
                return True
            time.sleep(0.05)
        return False


def _close(context: Any, handle: Any, reset: bool) -> None:
    native.SCardDisconnect(handle, native.SCARD_RESET_CARD if reset else native.SCARD_LEAVE_CARD)
    native.SCardReleaseContext(context)
