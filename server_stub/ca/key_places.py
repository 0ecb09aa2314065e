"""Where the RA's keys are: files of the data folder, or the token that its ``token.toml`` names.

module = "/usr/lib/softhsm/libsofthsm2.so"
token = "label of the token"
key = "what the labels of its keys begin with"
pin_file = "a file of mode 0600, relative to the data folder; without it the PIN is asked for at start"
holds = ["ca", "master"]: the CA's keys, and what seals the master key; without it the CA's alone
"""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass, field
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from server_stub.ca.signer import FileKeys, Keys, TokenUnavailable
from server_stub.custody.private_file import read_private
from server_stub.custody.sealing import FilePermissions, Sealing
from server_stub.custody.token_sealing import TokenSealing

if TYPE_CHECKING:
    from server_stub.ca.token import Token

SETTING: Final = "token.toml"
_WANTED: Final = (
    'it needs module, token and key, and may have pin_file, all texts, and holds: ["ca", "master"]'
)


class BadTokenSetting(Exception):
    """The message says what is wrong. It never holds the PIN."""


@dataclass(frozen=True)
class _Setting:
    """The file as it is written above."""

    module: str
    token: str
    key: str
    pin_file: str = ""
    holds: list[str] = field(default_factory=lambda: ["ca"])


@dataclass(frozen=True)
class Places:
    """``sealing``: the master key's. ``known_sealings``: also what may have sealed it before."""

    keys: Keys
    sealing: Sealing
    known_sealings: tuple[Sealing, ...]


def places_of(data: Path) -> Places:
    """Raises BadTokenSetting, PrivateFileExposed (the PIN's file)."""
    plain = FilePermissions()
    if not (data / SETTING).exists():
        return Places(FileKeys(), plain, (plain,))
    setting = _read(data / SETTING)
    token = _open(data, setting)
    sealing = TokenSealing(token)
    return Places(
        keys=token if "ca" in setting.holds else FileKeys(),
        sealing=sealing if "master" in setting.holds else plain,
        known_sealings=(plain, sealing),
    )


def keys_of(data: Path) -> Keys:
    """The CA's keys alone. Raises as ``places_of``."""
    return places_of(data).keys


def _open(data: Path, setting: _Setting) -> Token:
    try:
        from server_stub.ca.token import Token  # noqa: PLC0415 (most RAs have none)

        return Token.open(setting.module, setting.token, setting.key, _pin(data, setting))
    except (TokenUnavailable, ImportError) as error:  # the RA of the frozen application knows no tokens
        raise BadTokenSetting(str(error)) from error


def asks_for_pin(data: Path) -> bool:
    """Whether somebody has to type the token's PIN at start. Raises BadTokenSetting."""
    return (data / SETTING).exists() and not _read(data / SETTING).pin_file


def _read(path: Path) -> _Setting:
    try:
        setting = _Setting(**tomllib.loads(path.read_text("utf-8")))
    except ValueError as error:
        raise BadTokenSetting(f"{path.name} is no TOML") from error
    except TypeError as error:
        raise BadTokenSetting(f"{path.name}: {_WANTED}") from error
    texts = (setting.module, setting.token, setting.key, setting.pin_file)
    if not all(isinstance(text, str) for text in texts) or not _is_known(setting.holds):
        raise BadTokenSetting(f"{path.name}: {_WANTED}")
    return setting


def _is_known(holds: object) -> bool:
    return isinstance(holds, list) and bool(holds) and set(holds) <= {"ca", "master"}


def _pin(data: Path, setting: _Setting) -> str:
    """From the file, or typed. Never an argument or the environment: others could read those."""
    if setting.pin_file:
        return read_private(data / setting.pin_file).decode().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise BadTokenSetting("the token's PIN needs a terminal, or pin_file")
    return getpass(f"PIN of the token {setting.token}: ")
