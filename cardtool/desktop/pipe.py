"""The private pipe between the window and its backstage: whole messages, one after the other.

Pickle may be used here because both ends are this very program: the pipe has no name, it is inherited by the one
child that the window starts and by nobody else. All the same only our own data is taken. A ``Secret`` is not
pickled. Its bytes go beside the message and become a ``Secret`` again, and the sender's is wiped.

A message: the number of its parts, then each part with its length before it (32 bits, big-endian). The first part
is the pickle, the others are the secrets in it.
"""

from __future__ import annotations

import logging
import os
import pickle
import struct
import threading
from enum import Enum
from io import BytesIO, FileIO
from typing import Any

from cardtool.secret import Secret

NUMBER = struct.Struct("!I")
OURS = "cardtool."
OTHERS = {("datetime", "datetime"), ("datetime", "timedelta"), ("datetime", "timezone")}

log = logging.getLogger(__name__)


class Pipe:
    """One end, of two files without buffers. ``send`` from any thread, ``receive`` from one."""

    def __init__(self, reading: FileIO, writing: FileIO) -> None:
        self._reading, self._writing = reading, writing
        self._lock = threading.Lock()

    def send(self, message: object) -> None:
        """Raises OSError when nobody reads any more; PicklingError and the like for what is no data."""
        stream = BytesIO()
        pickler = _Pickler(stream)
        try:
            pickler.dump(message)
            with self._lock:
                self._write(NUMBER.pack(1 + len(pickler.secrets)))
                self._write_part(stream.getbuffer())
                for secret in pickler.secrets:
                    with secret.view() as octets:
                        self._write_part(octets)
        finally:
            for secret in pickler.secrets:
                secret.wipe()

    def receive(self) -> object:
        """The next message. Raises EOFError when the other end is closed, or says what is not ours."""
        count = self._number()
        pickled, *secrets = [self._read(self._number()) for _ in range(count)]
        try:
            return _Unpickler(BytesIO(pickled), [_taken(octets) for octets in secrets]).load()
        except Exception as error:  # pickle: bytes that are no pickle of ours can raise nearly anything
            log.error("message refused", exc_info=error)
            raise EOFError from None

    def end(self) -> None:
        """Say no more; the other end finds the end of the pipe. What it says until then can be read."""
        with self._lock:
            self._writing.close()

    def close(self) -> None:
        """For the thread that receives."""
        self.end()
        self._reading.close()

    def _write_part(self, octets: memoryview) -> None:
        self._write(NUMBER.pack(len(octets)))
        self._write(octets)

    def _write(self, octets: bytes | memoryview) -> None:
        if self._writing.closed:
            raise BrokenPipeError
        rest = memoryview(octets)
        while rest:
            rest = rest[os.write(self._writing.fileno(), rest) :]

    def _number(self) -> int:
        return int(NUMBER.unpack(self._read(NUMBER.size))[0])

    def _read(self, size: int) -> bytearray:
        octets = bytearray(size)
        rest = memoryview(octets)
        while rest:
            try:
                count = self._reading.readinto(rest)
            except (OSError, ValueError):  # closed on our side
                count = 0
            if not count:
                raise EOFError
            rest = rest[count:]
        return octets


def _taken(octets: bytearray) -> Secret:
    secret = Secret(octets)
    octets[:] = bytes(len(octets))
    return secret


class _Pickler(pickle.Pickler):
    """Puts the number of each Secret in its place and keeps it for ``Pipe``."""

    def __init__(self, stream: BytesIO) -> None:
        super().__init__(stream, protocol=pickle.HIGHEST_PROTOCOL)
        self.secrets: list[Secret] = []

    def reducer_override(self, value: object) -> Any:
        """Python 3.11 would have the members of an Enum fetched by ``getattr``, which is not ours."""
        return (type(value), (value.value,)) if isinstance(value, Enum) else NotImplemented

    def persistent_id(self, value: object) -> int | None:
        if not isinstance(value, Secret):
            return None
        self.secrets.append(value)
        return len(self.secrets) - 1


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: BytesIO, secrets: list[Secret]) -> None:
        super().__init__(stream)
        self._secrets = secrets

    def persistent_load(self, place: int) -> Secret:
        return self._secrets[place]

    def find_class(self, module: str, name: str) -> Any:
        if not module.startswith(OURS) and (module, name) not in OTHERS:
            raise pickle.UnpicklingError(f"{module} is not ours")
        return super().find_class(module, name)
