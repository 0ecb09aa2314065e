"""The child process that writes to cards during personalisation: a CardTool flow, spoken to in JSON lines.

Secrets travel in the pipe only. The RA tells what the card shall become; the child asks for certificates
and says when it is done. It does one card after the other until its standard input is closed.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO, Any, Self

_SECONDS_PER_CARD = 120
_SECONDS_TO_END = 5

Certify = Callable[[str, str], str]
"""What the CSR is for (``verification_csr`` or ``signing_csr``) and its PEM → the certificate's PEM."""


class PersonaliserFailed(Exception):
    """The child said no, or nonsense, or nothing. The card stays as it is and can be tried again."""


class Personaliser:
    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 (the operator's own command, no shell)
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _pipe(self._process.stdout):
            with suppress(BrokenPipeError):  # it ended before us, with something of ours unread
                _pipe(self._process.stdin).close()
            try:
                self._process.wait(_SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def personalise(self, job: Mapping[str, object], certify: Certify) -> int | None:
        """Make one card; the vendor's serial number where it has one. Raises PersonaliserFailed."""
        watchdog = threading.Timer(_SECONDS_PER_CARD, self._process.kill)
        watchdog.start()
        try:
            return self._converse(job, certify)
        except (OSError, ValueError, TypeError) as error:
            raise PersonaliserFailed(type(error).__name__) from error
        finally:
            watchdog.cancel()
            watchdog.join()

    def _converse(self, job: Mapping[str, object], certify: Certify) -> int | None:
        answer = self._ask(job)
        while "done" not in answer:
            use = next((name for name in ("verification_csr", "signing_csr") if name in answer), None)
            if use is None:
                raise PersonaliserFailed(str(answer.get("error", "protocol")))
            answer = self._ask({"certificate": certify(use, str(answer[use]))})
        serial = answer.get("serial")
        return int(serial) if serial is not None else None

    def _ask(self, message: Mapping[str, object]) -> dict[str, Any]:
        stdin = _pipe(self._process.stdin)
        stdin.write(json.dumps(message) + "\n")
        stdin.flush()
        answer = json.loads(_pipe(self._process.stdout).readline())
        if not isinstance(answer, dict):
            raise TypeError("not an object")
        return answer


def _pipe(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise TypeError("the child was started without pipes")
    return stream
