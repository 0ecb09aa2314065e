"""Where the CA's keys are: files of the data folder, or the token that its ``token.toml`` names.

module = "/usr/lib/softhsm/libsofthsm2.so"
token = "label of the token"
key = "what the labels of its keys begin with"
pin_file = "a file of mode 0600, relative to the data folder; without it the PIN is asked for at start"
"""

from __future__ import annotations

import sys
import tomllib
from getpass import getpass
from pathlib import Path
from typing import Final

from server_stub.ca.signer import FileKeys, Keys, TokenUnavailable
from server_stub.custody.private_file import read_private

SETTING: Final = "token.toml"


class BadTokenSetting(Exception):
    """The message says what is wrong. It never holds the PIN."""


def keys_of(data: Path) -> Keys:
    """Raises BadTokenSetting, PrivateFileExposed (the PIN's file)."""
    if not (data / SETTING).exists():
        return FileKeys()
    from server_stub.ca.token import Token  # noqa: PLC0415 (most RAs have none)

    setting = _read(data / SETTING)
    try:
        return Token.open(setting["module"], setting["token"], setting["key"], _pin(data, setting))
    except TokenUnavailable as error:
        raise BadTokenSetting(str(error)) from error


def asks_for_pin(data: Path) -> bool:
    """Whether somebody has to type the token's PIN at start. Raises BadTokenSetting."""
    return (data / SETTING).exists() and "pin_file" not in _read(data / SETTING)


def _read(path: Path) -> dict[str, str]:
    try:
        setting = tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise BadTokenSetting(f"{path.name} is no TOML") from error
    needed, known = {"module", "token", "key"}, {"module", "token", "key", "pin_file"}
    if not needed <= setting.keys() <= known or not all(isinstance(value, str) for value in setting.values()):
        raise BadTokenSetting(f"{path.name} needs module, token and key, and may have pin_file: all texts")
    return setting


def _pin(data: Path, setting: dict[str, str]) -> str:
    """From the file, or typed. Never an argument or the environment: others could read those."""
    if "pin_file" in setting:
        return read_private(data / setting["pin_file"]).decode().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise BadTokenSetting("the token's PIN needs a terminal, or pin_file")
    return getpass(f"PIN of the token {setting['token']}: ")
