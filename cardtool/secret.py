"""A buffer for PINs, PUKs, passwords and session tokens that can be wiped.

CPython copies strings freely, so wiping is best effort: it shortens the time a secret
stays in memory, it does not prove its absence (docs/security.md lists what remains).
"""

from __future__ import annotations

from types import TracebackType
from typing import NoReturn, Self


class Secret:
    """Holds a secret as bytes. Never shows it: repr, str, pickling and copying are closed."""

    __slots__ = ("_buffer",)

    def __init__(self, value: str | bytes | bytearray) -> None:
        self._buffer = bytearray(value.encode("utf-8") if isinstance(value, str) else value)

    def bytes(self) -> bytes:
        """A copy for the one call that needs it; do not keep it."""
        return bytes(self._buffer)

    def text(self) -> str:
        """The secret as text (UTF-8), for the one call that needs it; do not keep it."""
        return self._buffer.decode("utf-8")

    def copy(self) -> Secret:
        """A second buffer with its own life, for a receiver that wipes what it is given."""
        return Secret(self._buffer)

    def view(self) -> memoryview:
        """The buffer itself, for a call that needs no copy. Release it (``with``): until then it cannot be wiped."""
        return memoryview(self._buffer)

    def wipe(self) -> None:
        """Overwrite the buffer with zeros and empty it. Safe to call twice."""
        for index in range(len(self._buffer)):
            self._buffer[index] = 0
        self._buffer.clear()

    def __len__(self) -> int:
        return len(self._buffer)

    def __bool__(self) -> bool:
        return bool(self._buffer)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        import hmac  # noqa: PLC0415 - brings OpenSSL, which the window's process does without

        return hmac.compare_digest(self._buffer, other._buffer)

    __hash__ = None  # type: ignore[assignment]  # a secret is not a key

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: hand it over explicitly")
