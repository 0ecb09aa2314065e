"""Small secrets kept between commands, e.g. the RA session of the terminal front.

Only a real keyring of the operating system will do. The null back end swallows secrets silently and
plaintext ones show them, so both are refused. A keyring may ask the person to unlock it: never call this
on the GUI thread.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol

from cardtool.atomic import write_atomically
from cardtool.secret import Secret

REFUSED = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")


class SecretStore(Protocol):
    def get(self, name: str) -> Secret | None: ...

    def put(self, name: str, secret: Secret) -> bool:
        """False where nothing was kept because there is no safe place."""
        ...

    def delete(self, name: str) -> None: ...


class KeyringStore:
    """The OS keyring through ``keyring``, under one service name."""

    def __init__(self, service: str) -> None:
        self._service = service

    def get(self, name: str) -> Secret | None:
        import keyring  # noqa: PLC0415 - slow to import, and often not needed
        from keyring.errors import KeyringError  # noqa: PLC0415

        try:
            found = keyring.get_password(self._service, name) if _usable() else None
        except KeyringError:
            return None
        return Secret(found) if found is not None else None

    def put(self, name: str, secret: Secret) -> bool:
        import keyring  # noqa: PLC0415
        from keyring.errors import KeyringError  # noqa: PLC0415

        try:
            if _usable():
                keyring.set_password(self._service, name, secret.text())
                return True
        except KeyringError:
            pass
        return False

    def delete(self, name: str) -> None:
        import keyring  # noqa: PLC0415
        from keyring.errors import KeyringError  # noqa: PLC0415

        try:
            if _usable() and keyring.get_password(self._service, name) is not None:
                keyring.delete_password(self._service, name)
        except KeyringError:
            return


def _usable() -> bool:
    import keyring  # noqa: PLC0415

    backend = keyring.get_keyring()
    used = getattr(backend, "backends", [backend])
    return bool(used) and not any(type(one).__module__.startswith(REFUSED) for one in used)


class PracticeStore:
    """Practice mode alone: a file with mode 0600. What it holds opens nothing but the practice RA."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, name: str) -> Secret | None:
        found = self._read().get(name)
        return Secret(found) if found is not None else None

    def put(self, name: str, secret: Secret) -> bool:
        self._write({**self._read(), name: secret.text()})
        return True

    def delete(self, name: str) -> None:
        self._write({kept: value for kept, value in self._read().items() if kept != name})

    def _read(self) -> dict[str, str]:
        try:
            return {str(name): str(value) for name, value in json.loads(self._path.read_bytes()).items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def _write(self, values: dict[str, str]) -> None:
        write_atomically(self._path, json.dumps(values).encode("utf-8"))
